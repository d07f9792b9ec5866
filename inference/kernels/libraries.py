"""The libraries beside the engine whose version can change an answer, checked before a model serves."""

import importlib.metadata
import json

from .contract import ContractError


def check(model_config: str) -> None:
    """Compare with Triton's JSON of a config.pbtxt; raises ContractError unless those versions are installed."""
    stated = json.loads(model_config)["parameters"]["libraries"]["string_value"]
    for library in stated.split(", "):
        name, _, version = library.partition(" ")
        installed = importlib.metadata.version(name)
        if installed != version:
            raise ContractError(f"{name} {installed} is installed, {version} configured")
