"""A trained network as an ONNX file of any height and width, weights rounded to 16 bits and computed in 32."""

from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import numpy_helper
from torch import nn


def save(net: nn.Module, out: Path, *, channels: int, names: tuple[str, str], contract: str, note: str) -> None:
    """Write `net` (1 x channels x h x w to 1 x c x h x w) with its contract and a note on its training."""
    raw = out.with_suffix(".raw.onnx")
    net = net.to(memory_format=torch.contiguous_format)
    torch.onnx.export(
        net.eval(),
        (torch.zeros(1, channels, 64, 96),),
        str(raw),
        input_names=[names[0]],
        output_names=[names[1]],
        dynamic_axes={name: {2: "height", 3: "width"} for name in names},
        opset_version=17,
        dynamo=False,
    )
    net.train()
    net.to(memory_format=torch.channels_last)
    model = onnx.load(raw)
    raw.unlink()
    _halve(model.graph)
    onnx.helper.set_model_props(model, {"cleanplate_contract": contract, "training": note})
    onnx.checker.check_model(model, full_check=True)
    onnx.save(model, out)


def _halve(graph: onnx.GraphProto) -> None:
    """Keep weights as float16 and cast them at the door: half the file, and still one float32 computation."""
    casts = []
    for weight in list(graph.initializer):
        values = numpy_helper.to_array(weight)
        if values.dtype != np.float32 or values.size < 256:
            continue
        name = weight.name
        small = numpy_helper.from_array(values.astype(np.float16), f"{name}.half")
        graph.initializer.remove(weight)
        graph.initializer.append(small)
        casts.append(
            onnx.helper.make_node("Cast", [small.name], [name], to=onnx.TensorProto.FLOAT, name=f"{name}.cast")
        )
    for cast in reversed(casts):
        graph.node.insert(0, cast)
