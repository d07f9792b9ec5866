"""The local Triton server as data: its model repository, its command line, and whether it answers."""

import hashlib
import json
import os
import re
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

import tritonclient.grpc
from tritonclient.utils import InferenceServerException

from inference import heavy
from inference.heavy import Added
from processors.errors import ServiceUnavailableError

TEMPLATES = Path(__file__).parent / "models"
KERNELS = Path(__file__).parent / "kernels"
#: networks of our own training; the others come out of a wheel
WEIGHTS = Path(__file__).parent / "weights"

#: Calls that can run code or attach memory: only with the admin header (see `TritonClient`).
RESTRICTED = "model-repository,shared-memory,trace,logging"


@dataclass(frozen=True, slots=True)
class ModelTemplate:
    """What a model of the repository is made of, beside its own folder under `inference/models`."""

    name: str
    #: modules of `inference/kernels` that model.py imports
    kernels: tuple[str, ...]
    #: file in `rapidocr/models` of the payload, unless it is one of our own
    weights: str
    #: whether the file lies in `inference/weights`
    own: bool = False


MODELS = (
    ModelTemplate("textdet", ("contract", "network", "detection"), "PP-OCRv6_det_small.onnx"),
    ModelTemplate("textrec", ("contract", "network", "recognition"), "PP-OCRv6_rec_small.onnx"),
    ModelTemplate(
        "inpaint",
        ("contract", "network", "libraries", "pixelwise", "filling", "restoring"),
        "inpaint.onnx",
        own=True,
    ),
    ModelTemplate("strokes", ("contract", "network", "libraries", "pixelwise", "stroking"), "strokes.onnx", own=True),
)
#: What every network that an operator added is served by.
HEAVY = ModelTemplate("heavy", ("contract", "network", "libraries", "heavy"), "weights.onnx")
#: Beside its engine, whose version can change what a model answers.
LIBRARIES = ("numpy", "opencv-contrib-python-headless")


@dataclass(frozen=True, slots=True)
class TritonHome:
    """Where the parts of the server lie."""

    #: virtual environment with the packages of infra/locks/triton.txt; the model processes run on it
    python_env: Path
    #: folder into which the wheels of infra/locks/payload.txt were installed
    payload: Path
    #: folder for the repositories that `materialise` builds; may be shared by several checkouts
    repository: Path
    #: processes per model, one thread each: the number of cores that the models may fill; each up to 1.3 GB of memory
    instances: int = 2
    #: networks that an operator added, each served as a model of its own with one process
    added: tuple[Added, ...] = ()


@dataclass(frozen=True, slots=True)
class ServerCommand:
    """How to start the server; the environment is complete, nothing needs to be inherited."""

    argv: tuple[str, ...]
    env: dict[str, str]
    #: files in /dev/shm that begin so belong to this server, and are garbage once it is gone
    shm_prefix: str


_ASK = """
import importlib.metadata, json, sysconfig
packages = {each.name: each.version for each in importlib.metadata.distributions()}
print(json.dumps([sysconfig.get_python_version(), sysconfig.get_config_var("LIBDIR"), packages]))
"""


@dataclass(frozen=True, slots=True)
class _Interpreter:
    """The Python that the model processes embed."""

    #: `3.11`
    version: str
    #: folder of its libpython
    libdir: Path
    #: installed distributions and their versions, among them the engines that the configs name
    packages: dict[str, str]


def code_sha256(model: ModelTemplate) -> str:
    """Digest of everything of ours that decides what the model answers: model.py, configs and kernels."""
    digest = hashlib.sha256()
    for path in _sources(model):
        digest.update(f"{path.name}\0{path.stat().st_size}\0".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def materialise(home: TritonHome) -> Path:
    """Build the runnable folder (`models/`, `backends/`) unless it is there, and return it.

    The folder is named by what went into it and appears in one step, so that a half-built one is never
    used and several checkouts can share `home.repository`. Raises ServiceUnavailableError if a part is missing.
    """
    python = _interpreter(home.python_env)
    try:
        built = home.repository / _key(home, python)
    except FileNotFoundError as missing:
        raise ServiceUnavailableError("triton", f"{missing.filename} is missing from this installation") from missing
    if built.exists():
        return built
    home.repository.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=home.repository, prefix=".building-") as scratch:
        draft = Path(scratch) / "draft"
        try:
            _build_backend(home.payload, python.version, draft / "backends" / "python")
            for model in MODELS:
                _build_model(model, home, python, draft / "models" / model.name)
            for added in home.added:
                _build_added(added, home, python, draft / "models" / added.served_as)
        except FileNotFoundError as missing:
            raise ServiceUnavailableError("triton", f"{missing.filename} is missing; run `make setup`") from missing
        try:
            draft.rename(built)
        except OSError:
            # Another process built the same folder meanwhile: same name, same content.
            if not built.exists():
                raise
    return built


def launch(home: TritonHome, *, grpc_port: int, metrics_port: int, admin_secret: str) -> ServerCommand:
    """Return the command of a server on loopback with all models; builds the repository if needed.

    Raises ServiceUnavailableError if a part is missing or a model that was added is not what it was.

    `admin_secret` (letters and digits) is what `TritonClient` must send to load or unload models.
    """
    built = materialise(home)
    python = _interpreter(home.python_env)
    for added in home.added:
        _check_unchanged(added)
    # A port has one owner, so what carries its number is ours alone.
    shm_prefix = f"cleanplate-{grpc_port}-"
    argv = (
        str(home.payload / "pytriton" / "tritonserver" / "bin" / "tritonserver"),
        f"--model-repository={built / 'models'}",
        f"--backend-directory={built / 'backends'}",
        f"--backend-config=python,shm-region-prefix-name={shm_prefix}",
        "--model-control-mode=explicit",
        *(f"--load-model={model.name}" for model in MODELS),
        *(f"--load-model={added.served_as}" for added in home.added),
        "--disable-auto-complete-config",
        "--exit-on-error=true",
        "--strict-readiness=true",
        # Ending the model processes takes up to 6 s on two busy cores.
        "--exit-timeout-secs=10",
        "--allow-http=false",
        "--grpc-address=127.0.0.1",
        f"--grpc-port={grpc_port}",
        f"--grpc-restricted-protocol={RESTRICTED}:admin={admin_secret}",
        "--metrics-address=127.0.0.1",
        f"--metrics-port={metrics_port}",
        "--allow-gpu-metrics=false",
        "--log-format=ISO8601",
    )
    env = {
        # The model processes take their packages from the first python3 on PATH and ignore PYTHONPATH.
        "PATH": f"{home.python_env / 'bin'}:/usr/local/bin:/usr/bin:/bin",
        # Without the interpreter's own folder the stub takes the system's libpython and fails in its stdlib.
        "LD_LIBRARY_PATH": f"{home.payload / 'nvidia_pytriton.libs'}:{python.libdir}",
        "LANG": "C.UTF-8",
        "OMP_NUM_THREADS": "1",
    }
    return ServerCommand(argv, env, shm_prefix)


def is_ready(url: str, *, timeout_s: float = 1.0) -> bool:
    """Say whether the server at `host:port` answers with all models loaded.

    True also where a model process is dead or hangs; only `TritonClient.canary` knows about that.
    """
    client = tritonclient.grpc.InferenceServerClient(url)
    try:
        return bool(client.is_server_ready(client_timeout=timeout_s))
    except InferenceServerException:
        return False
    finally:
        client.close()


def _sources(model: ModelTemplate) -> list[Path]:
    folder = TEMPLATES / model.name
    own = [folder / "config.pbtxt", *sorted(folder.glob("configs/*.pbtxt")), folder / "1" / "model.py"]
    return own + [KERNELS / f"{name}.py" for name in model.kernels]


def _weights(model: ModelTemplate, home: TritonHome) -> Path:
    return (WEIGHTS if model.own else home.payload / "rapidocr" / "models") / model.weights


def _key(home: TritonHome, python: _Interpreter) -> str:
    parts = [python.version, python.packages, home.instances, str(home.payload.resolve())]
    parts += [code_sha256(model) for model in MODELS]
    # Their digests are in the configurations, but a file may be newer than its configuration while both are changed.
    parts += [hashlib.sha256(_weights(model, home).read_bytes()).hexdigest() for model in MODELS if model.own]
    parts += [[code_sha256(HEAVY), one.name, str(one.path), one.sha256, one.convention] for one in home.added]
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:16]


def _interpreter(python_env: Path) -> _Interpreter:
    program = python_env / "bin" / "python3"
    try:
        answer = subprocess.run([program, "-Ic", _ASK], capture_output=True, text=True, check=True, timeout=30)
    except (OSError, subprocess.SubprocessError) as failure:
        raise ServiceUnavailableError("triton", f"{program} does not run; run `make setup`") from failure
    version, libdir, packages = json.loads(answer.stdout)
    return _Interpreter(version, Path(libdir), packages)


def _build_backend(payload: Path, python_version: str, target: Path) -> None:
    wheel = payload / "pytriton" / "tritonserver"
    target.mkdir(parents=True)
    for name in ("libtriton_python.so", "triton_python_backend_utils.py"):
        shutil.copy(wheel / "backends" / "python" / name, target)
    shutil.copy(wheel / "python_backend_stubs" / python_version / "triton_python_backend_stub", target)


def _build_model(model: ModelTemplate, home: TritonHome, python: _Interpreter, target: Path) -> None:
    template = TEMPLATES / model.name
    code = _build_code(model, target)
    # What lies in the checkout may be written over in place, and would change here too if it were linked.
    put = shutil.copy if model.own else _link
    put(_weights(model, home), code / "weights.onnx")
    for config in template.glob("**/*.pbtxt"):
        written = target / config.relative_to(template)
        written.parent.mkdir(exist_ok=True)
        written.write_text(_config(config.read_text(), model, home.instances, python.packages))


def _check_unchanged(added: Added) -> None:
    """The model process looks too, but says so in the log alone, and the server ends."""
    try:
        found = heavy.digest(added.path)
    except FileNotFoundError:
        found = "none"
    if found != added.sha256:
        detail = f"the file of model {added.name} has digest {found}, {added.sha256} was added"
        raise ServiceUnavailableError("triton", f"{detail}; cleanplate models remove {added.name}, and add it again")


def _build_added(added: Added, home: TritonHome, python: _Interpreter, target: Path) -> None:
    code = _build_code(HEAVY, target)
    # A link: such files are large, never change in place, and are looked at by their digest when they are loaded.
    (code / "weights.onnx").symlink_to(added.path)
    text = (TEMPLATES / HEAVY.name / "config.pbtxt").read_text()
    text = text.replace('name: "heavy"', f'name: "{added.served_as}"')
    for key, value in (("weights_sha256", added.sha256), ("convention", added.convention)):
        text = text.replace(f'key: "{key}" value {{ string_value: ""', f'key: "{key}" value {{ string_value: "{value}"')
    (target / "config.pbtxt").write_text(_config(text, HEAVY, 1, python.packages))


def _build_code(model: ModelTemplate, target: Path) -> Path:
    code = target / "1"
    (code / "kernels").mkdir(parents=True)
    shutil.copy(TEMPLATES / model.name / "1" / "model.py", code)
    for name in ("__init__", *model.kernels):
        shutil.copy(KERNELS / f"{name}.py", code / "kernels")
    return code


def _config(text: str, model: ModelTemplate, instances: int, packages: dict[str, str]) -> str:
    """Fill in what the template can't know: how many processes, what is installed, the digest of the code."""
    engine = re.search(r'key: "engine" value { string_value: "([^"]+)"', text)
    assert engine, model.name
    facts = {
        "code_sha256": code_sha256(model),
        "engine_version": packages.get(engine[1], ""),
        "libraries": ", ".join(f"{name} {packages.get(name, '')}" for name in LIBRARIES),
    }
    lines = [f'parameters {{ key: "{key}" value {{ string_value: "{value}" }} }}' for key, value in facts.items()]
    return re.sub(r"KIND_CPU count: \d+", f"KIND_CPU count: {instances}", text) + "\n".join([*lines, ""])


def _link(source: Path, target: Path) -> None:
    """Hard-link, or copy where the file system doesn't allow it."""
    try:
        os.link(source.resolve(strict=True), target)
    except FileNotFoundError:
        raise
    except OSError:
        shutil.copy(source, target)
