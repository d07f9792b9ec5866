"""The server's repository is built once and whole, and its command line keeps to loopback."""

import hashlib
from pathlib import Path

import pytest

from inference import server
from processors.errors import ServiceUnavailableError
from tests import triton_server


@pytest.fixture
def home(tmp_path: Path) -> server.TritonHome:
    return triton_server.hollow(tmp_path, instances=3)


def test_a_repository_holds_code_kernels_weights_and_configs(home: server.TritonHome) -> None:
    built = server.materialise(home)
    for model in server.MODELS:
        folder = built / "models" / model.name
        assert (folder / "1" / "model.py").is_file()
        assert {path.stem for path in (folder / "1" / "kernels").iterdir()} == {"__init__", *model.kernels}
        assert (folder / "1" / "weights.onnx").is_file()
        config = (folder / "config.pbtxt").read_text()
        assert "KIND_CPU count: 3" in config
        assert f'key: "code_sha256" value {{ string_value: "{server.code_sha256(model)}"' in config
        assert 'key: "engine_version"' in config
    assert (built / "models" / "textdet" / "configs" / "gpu.pbtxt").is_file()
    assert (built / "backends" / "python" / "triton_python_backend_stub").is_file()


@pytest.mark.parametrize("model", [model for model in server.MODELS if model.own], ids=lambda model: model.name)
def test_the_weights_of_our_own_are_those_that_the_configuration_pins(model: server.ModelTemplate) -> None:
    digest = hashlib.sha256((server.WEIGHTS / model.weights).read_bytes()).hexdigest()
    assert f'value {{ string_value: "{digest}" }}' in (server.TEMPLATES / model.name / "config.pbtxt").read_text()


def test_a_repository_is_built_once(home: server.TritonHome) -> None:
    built = server.materialise(home)
    before = (built / "models" / "textdet" / "config.pbtxt").stat().st_mtime_ns
    assert server.materialise(home) == built
    assert (built / "models" / "textdet" / "config.pbtxt").stat().st_mtime_ns == before
    assert list(home.repository.iterdir()) == [built]


def test_another_number_of_processes_is_another_repository(home: server.TritonHome) -> None:
    other = server.TritonHome(home.python_env, home.payload, home.repository, instances=1)
    assert server.materialise(other) != server.materialise(home)


def test_a_missing_part_is_named_and_leaves_nothing_behind(home: server.TritonHome) -> None:
    (home.payload / "rapidocr" / "models" / "PP-OCRv6_rec_small.onnx").unlink()
    with pytest.raises(ServiceUnavailableError, match=r"PP-OCRv6_rec_small.onnx is missing; run `make setup`"):
        server.materialise(home)
    assert list(home.repository.iterdir()) == []


def test_a_missing_environment_is_named(home: server.TritonHome, tmp_path: Path) -> None:
    nowhere = server.TritonHome(tmp_path / "nowhere", home.payload, home.repository)
    with pytest.raises(ServiceUnavailableError, match="nowhere"):
        server.materialise(nowhere)


def test_the_command_keeps_to_loopback_and_guards_what_can_run_code(home: server.TritonHome) -> None:
    command = server.launch(home, grpc_port=4001, metrics_port=4002, admin_secret="abc")
    assert {"--grpc-address=127.0.0.1", "--metrics-address=127.0.0.1", "--allow-http=false"} <= set(command.argv)
    assert {"--grpc-port=4001", "--metrics-port=4002", "--model-control-mode=explicit"} <= set(command.argv)
    assert any("model-repository" in part and part.endswith(":admin=abc") for part in command.argv)
    assert [part for part in command.argv if part.startswith("--load-model=")] == [
        "--load-model=textdet",
        "--load-model=textrec",
        "--load-model=inpaint",
        "--load-model=strokes",
    ]


def test_two_servers_never_share_the_names_of_their_memory(home: server.TritonHome) -> None:
    prefixes = [
        server.launch(home, grpc_port=port, metrics_port=4002, admin_secret="abc").shm_prefix for port in (400, 4000)
    ]
    assert not prefixes[1].startswith(prefixes[0])


def test_the_environment_is_complete_and_puts_the_models_packages_first(home: server.TritonHome) -> None:
    env = server.launch(home, grpc_port=4001, metrics_port=4002, admin_secret="abc").env
    assert env["PATH"].split(":")[0] == str(home.python_env / "bin")
    assert env["LD_LIBRARY_PATH"].split(":")[0] == str(home.payload / "nvidia_pytriton.libs")


def test_nobody_listening_is_not_ready() -> None:
    assert not server.is_ready("127.0.0.1:9")
