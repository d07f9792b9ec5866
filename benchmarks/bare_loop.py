"""The same steps in one bare loop per core: no Kafka, no store, no Triton, no worker.

Run by benchmarks.path with the Python of Triton's models (OpenVINO lives there): it reads pictures from a folder,
cleans its share and prints one line of JSON.
"""

import asyncio
import json
import os
import sys
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np

# Behind the models' own numpy and OpenCV, which are imported by now.
sys.path.append(os.environ["CLEANPLATE_TEST_SITE"])

from inference import contracts
from inference.inpainting import TritonInpainter
from inference.kernels import contract, detection, filling, network, recognition, restoring, stroking
from inference.reading import TritonTextReader
from inference.strokes import TritonStrokes
from inference.triton import Reply
from infra import error_file, jpegs, policy_file
from infra.settings import PoliciesSettings, QualitySettings, Settings
from processors import decoding, encoding, engines, marking, masks, patches, quality, views
from processors.pictures import Mask, Picture
from processors.routing import Policy, Router
from streams import routes
from streams.cleaning import PictureCleaner
from streams.standing import OnTrial

#: What is timed, by the name of the stage; CPU time of the one thread.
STAGES = {
    "decode": (decoding, ("decode",)),
    "view": (views, ("upright", "colour", "visible", "layers")),
    "decide": (Router, ("__call__",)),
    "mask": (masks, ("strokes", "crops")),
    "engine choice": (engines, ("choose",)),
    "put back": (masks, ("assemble",)),
    "colour back": (views, ("with_layers",)),
    "mark": (marking, ("marked",)),
    "patch": (patches, ("make", "pixels_sha256")),
    "splice": (jpegs, ("splice",)),
    "encode": (encoding, ("encode", "encode_mask")),
    "measure": (quality, ("assess",)),
}


_inside: list[str] = []


class DirectModels:
    """The kernels of the models, called as functions; has the one method of TritonClient that is used."""

    def __init__(self, repository: Path) -> None:
        cv2.setNumThreads(1)
        self.cpu_s: dict[str, float] = defaultdict(float)
        self._detect = detection.Detector(_network(repository / "models" / "textdet"))
        self._read = recognition.Recogniser(_network(repository / "models" / "textrec"))
        self._own = restoring.Restorer(_network(repository / "models" / "inpaint"))
        self._strokes = stroking.StrokeFinder(_network(repository / "models" / "strokes"))

    async def infer(self, model: contracts.Model, inputs: contracts.Arrays, *, deadline_s: float) -> Reply:
        began = time.thread_time()
        arrays = self._answer(model.name, inputs)
        self.cpu_s[model.name] += time.thread_time() - began
        return Reply(arrays, 1, "direct")

    def _answer(self, name: str, inputs: contracts.Arrays) -> contracts.Arrays:
        match name:
            case "textdet":
                boxes, scores = self._detect(inputs["picture"])
                return {"boxes": boxes, "scores": scores}
            case "textrec":
                texts, scores = self._read(inputs["strip"], inputs["widths"])
                return {"texts": np.array(texts, np.object_), "scores": scores}
            case "strokes":
                return {"probability": self._strokes(inputs["crop"], inputs["box"])}
            case _:
                crop, mask, engine = inputs["crop"], inputs["mask"], inputs["engine"][0].decode()
                if engine == "own":
                    return {"filled": self._own(crop, mask)}
                return {"filled": filling.fill(crop, mask, engine, int(inputs["radius"][0]))}


class DirectDecoder:
    """Decoding and writing without a child process."""

    async def decode(self, data: bytes) -> Picture:
        return decoding.decode(data)

    async def splice(self, source: bytes, wanted: Picture, mask: Mask) -> jpegs.Spliced:
        return jpegs.splice(source, wanted, mask)


class NoModels:
    """Nothing to ask about versions."""

    async def facts(self) -> tuple[()]:
        return ()


def _network(folder: Path) -> network.Network:
    promised = contract.Contract(weights_sha256="", engine="openvino", engine_version="", precision="f32")
    return network.open_network((folder / "1" / "weights.onnx").read_bytes(), promised)


def _timed(stage: str, function: Callable[..., Any], spent: dict[str, float]) -> Callable[..., Any]:
    def call(*args: Any, **named: Any) -> Any:
        # Stages that call each other count once, for the outer one.
        if _inside:
            return function(*args, **named)
        _inside.append(stage)
        began = time.thread_time()
        try:
            return function(*args, **named)
        finally:
            spent[stage] += time.thread_time() - began
            _inside.pop()

    return call


async def _run(files: list[Path], repository: Path) -> dict[str, Any]:
    models = DirectModels(repository)
    stages: dict[str, float] = defaultdict(float)
    for stage, (module, names) in STAGES.items():
        for name in names:
            setattr(module, name, _timed(stage, getattr(module, name), stages))
    cleaner = PictureCleaner(
        decoder=DirectDecoder(),
        reader=TritonTextReader(models),  # type: ignore[arg-type]  # it uses `infer` alone
        inpainter=TritonInpainter(models),  # type: ignore[arg-type]
        stroke_finder=TritonStrokes(models),  # type: ignore[arg-type]
        models=NoModels(),
        decide=routes.router(Settings()),
        policy=Policy(),
        certification=OnTrial(),
        error_model=error_file.read(QualitySettings()),
        policies=policy_file.read(PoliciesSettings()),
    )
    await cleaner.clean(files[0].read_bytes())
    stages.clear()
    models.cpu_s.clear()
    print("ready", flush=True)
    sys.stdin.readline()
    began, cpu = time.perf_counter(), time.process_time()
    kinds: dict[str, int] = defaultdict(int)
    for file in files:
        kinds[(await cleaner.clean(file.read_bytes())).kind] += 1
    return {
        "pictures": len(files),
        "seconds": time.perf_counter() - began,
        "cpu_s": time.process_time() - cpu,
        "models_cpu_s": dict(models.cpu_s),
        "stages_cpu_s": dict(stages),
        "kinds": kinds,
    }


def _inline(function: Callable[..., Any], /, *args: Any, **named: Any) -> Any:
    async def call() -> Any:
        return function(*args, **named)

    return call()


if __name__ == "__main__":
    # No threads: one picture after the other, as a script would do it.
    asyncio.to_thread = _inline
    share, of, folder, repository_folder = int(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3]), Path(sys.argv[4])
    mine = sorted(folder.iterdir())[share::of]
    print(json.dumps(asyncio.run(_run(mine, repository_folder))), flush=True)
