"""Settings come from the environment, then the local servers, then the defaults; what is wrong stops the start."""

import json
import re
from pathlib import Path

import pytest

from infra import settings


def with_home(folder: Path, **more: str) -> dict[str, str]:
    return {"CLEANPLATE_HOME": str(folder), **more}


def refusal(folder: Path, **variables: str) -> str:
    with pytest.raises(settings.SettingsError) as caught:
        settings.load(with_home(folder, **variables))
    return str(caught.value)


def test_without_anything_the_defaults_hold(tmp_path: Path) -> None:
    assert settings.load(with_home(tmp_path)) == settings.Settings()


def test_the_environment_counts_more_than_the_local_servers(tmp_path: Path) -> None:
    written = {
        "kafka": {"bootstrap": "127.0.0.1:1111"},
        "store": {"kind": "minio", "endpoint": "127.0.0.1:2222", "secret_key": "s3cret", "queue_arn": "arn:x"},
    }
    (tmp_path / "local.json").write_text(json.dumps(written))
    loaded = settings.load(with_home(tmp_path, CLEANPLATE_STORE__ENDPOINT="store:443", CLEANPLATE_STORE__SECURE="true"))
    assert loaded.kafka.bootstrap == "127.0.0.1:1111"
    assert (loaded.store.endpoint, loaded.store.secure) == ("store:443", True)
    assert (loaded.store.secret_key, loaded.store.queue_arn) == ("s3cret", "arn:x")
    assert loaded.triton == settings.TritonSettings()


def test_values_are_read_as_what_they_are(tmp_path: Path) -> None:
    loaded = settings.load(
        with_home(
            tmp_path,
            CLEANPLATE_GUARD__PIXELS="1000",
            CLEANPLATE_POLICY__SCORE_MIN="0.9",
            CLEANPLATE_SANDBOX__WALL_S="1.5",
            CLEANPLATE_KAFKA__CA_FILE="/etc/ca.pem",
        )
    )
    assert (loaded.guard.pixels, loaded.policy.score_min, loaded.sandbox.wall_s) == (1000, 0.9, 1.5)
    assert loaded.kafka.ca_file == "/etc/ca.pem", "a setting whose own name ends like this is a value"


def test_a_secret_may_lie_in_a_file(tmp_path: Path) -> None:
    secret = tmp_path / "password"
    secret.write_text("geheim \n")
    loaded = settings.load(with_home(tmp_path, CLEANPLATE_KAFKA__PASSWORD_FILE=str(secret)))
    assert loaded.kafka.password == "geheim"


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    said = refusal(tmp_path, CLEANPLATE_KAFKA__PASSWORD_FILE=str(tmp_path / "absent"))
    assert said.startswith("CLEANPLATE_KAFKA__PASSWORD_FILE: ")


@pytest.mark.parametrize(
    ("wrong", "meant"),
    [
        ("CLEANPLATE_KAFKA__BOOTSTRP", "CLEANPLATE_KAFKA__BOOTSTRAP"),
        ("CLEANPLATE_KAFKA_GROUP", "CLEANPLATE_KAFKA__GROUP"),
        ("CLEANPLATE_POLICY__SCORE_MINI", "CLEANPLATE_POLICY__SCORE_MIN"),
        ("CLEANPLATE_STORE__SECRET_KEYFILE", "CLEANPLATE_STORE__SECRET_KEY"),
    ],
)
def test_a_misspelt_name_stops_the_start_and_is_corrected(tmp_path: Path, wrong: str, meant: str) -> None:
    assert refusal(tmp_path, **{wrong: "1"}) == f"{wrong}: there is no such setting; did you mean {meant}?"


def test_a_name_like_no_other_is_refused_too(tmp_path: Path) -> None:
    assert "`cleanplate settings` shows all" in refusal(tmp_path, CLEANPLATE_TURBO="1")


def test_what_is_no_setting_is_let_alone(tmp_path: Path) -> None:
    names = ("CLEANPLATE_CACHE", "CLEANPLATE_FAILPOINT", "CLEANPLATE_TEST_X", "PATH", "OTHER__GROUP")
    assert settings.load(with_home(tmp_path, **dict.fromkeys(names, "x"))) == settings.Settings()


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("CLEANPLATE_KAFKA__PARTITIONS", "0"),
        ("CLEANPLATE_KAFKA__PARTITIONS", "twelve"),
        ("CLEANPLATE_KAFKA__SECURITY", "tls"),
        ("CLEANPLATE_KAFKA__BOOTSTRAP", "kafka"),
        ("CLEANPLATE_KAFKA__BOOTSTRAP", "kafka:9092, other:9092"),
        ("CLEANPLATE_STORE__ENDPOINT", "http://store:9000"),
        ("CLEANPLATE_STORE__SECURE", "perhaps"),
        ("CLEANPLATE_STORE__EDITS_BUCKET", "Edits"),
        ("CLEANPLATE_STORE__TIMEOUT_S", "-1"),
        ("CLEANPLATE_TRITON__URL", "http://triton:8001"),
        ("CLEANPLATE_GUARD__BYTES", "0"),
        ("CLEANPLATE_POLICY__SCORE_MIN", "1.1"),
        ("CLEANPLATE_POLICY__REPEATS_MIN", "9"),
        ("CLEANPLATE_SANDBOX__WORKERS", "0"),
        ("CLEANPLATE_WORKER__BATCH", "1000"),
        ("CLEANPLATE_LOG__LEVEL", "loud"),
    ],
)
def test_a_value_out_of_range_stops_the_start_with_one_line(tmp_path: Path, variable: str, value: str) -> None:
    said = refusal(tmp_path, **{variable: value})
    assert said.startswith(f"{variable}: ")
    assert "\n" not in said
    meaning = next(meaning for name, _, meaning in settings.describe() if name == variable)
    assert meaning in said, "it says what the setting is for"


def test_a_wrong_secret_is_not_repeated(tmp_path: Path) -> None:
    (tmp_path / "local.json").write_text('{"store": {"secret_key": 1234567}}')
    said = refusal(tmp_path)
    assert said.startswith("CLEANPLATE_STORE__SECRET_KEY: ")
    assert "1234567" not in said


def test_one_bucket_cannot_be_two(tmp_path: Path) -> None:
    said = refusal(tmp_path, CLEANPLATE_STORE__EDITS_BUCKET="catalog-incoming")
    assert "four different buckets" in said


def test_a_broken_file_of_the_local_servers_is_named(tmp_path: Path) -> None:
    (tmp_path / "local.json").write_text('{"kafka": ')
    assert str(tmp_path / "local.json") in refusal(tmp_path)


def test_every_setting_has_a_meaning_and_every_secret_is_called_one() -> None:
    told = list(settings.describe())
    assert len(told) > 40
    assert {variable.split("__")[0] for variable, _, _ in told} == {
        f"CLEANPLATE_{group}".upper() for group in settings.Settings.__struct_fields__
    }
    for variable, _, meaning in told:
        assert len(meaning) > 10, variable
        secret = bool(re.search("PASSWORD|SECRET", variable))
        assert meaning.endswith("secret") == secret, variable


NUMBERS = [
    variable
    for variable, default, _ in settings.describe()
    if isinstance(default, int | float) and not isinstance(default, bool)
]


@pytest.mark.parametrize("variable", NUMBERS)
@pytest.mark.parametrize("endless", ["-1", "1e30", "nan", "inf"])
def test_every_number_has_a_range(tmp_path: Path, variable: str, endless: str) -> None:
    assert refusal(tmp_path, **{variable: endless}).startswith(variable)
