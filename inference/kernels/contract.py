"""What a model's configuration promises about its engine and weights, checked before the model serves."""

import hashlib
import importlib.metadata
import json
from dataclasses import dataclass
from pathlib import Path


class ContractError(Exception):
    """The model can't be run as its configuration says; better no model than another one."""


@dataclass(frozen=True, slots=True)
class Contract:
    """The parameters of a config.pbtxt, as strings."""

    #: name of the Python distribution that does the arithmetic
    engine: str
    engine_version: str
    precision: str
    #: hex digest of weights.onnx; empty where the model has none
    weights_sha256: str


def read(model_config: str) -> Contract:
    """Read Triton's JSON of a config.pbtxt; raises ContractError unless that engine version is installed."""
    parameters = json.loads(model_config)["parameters"]
    names = ("engine", "engine_version", "precision", "weights_sha256")
    contract = Contract(*(parameters[name]["string_value"] for name in names))
    installed = importlib.metadata.version(contract.engine)
    if installed != contract.engine_version:
        raise ContractError(f"{contract.engine} {installed} is installed, {contract.engine_version} configured")
    return contract


def read_weights(path: Path, sha256: str) -> bytes:
    """Return the file's bytes; raises ContractError unless they have this digest."""
    content = path.read_bytes()
    found = hashlib.sha256(content).hexdigest()
    if found != sha256:
        raise ContractError(f"{path.name} has digest {found}, {sha256} configured")
    return content
