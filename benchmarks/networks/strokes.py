"""Training of the network that tells the strokes of an overlay from what lies behind them."""

import multiprocessing
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from multiprocessing.queues import Queue
from pathlib import Path

import cv2
import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from benchmarks.networks import export, fitting, letters
from benchmarks.networks.nets import StrokeNet

BATCH = 16
SHARD = 512
CHECKED = 320


@dataclass(frozen=True, slots=True)
class Sources:
    """Rendered sets; lines on photos of part k of n are held out."""

    folders: Sequence[Path]
    held_out: tuple[int, int]


class _Answering(nn.Module):
    """The network as it serves: probabilities instead of logits."""

    def __init__(self, net: nn.Module) -> None:
        super().__init__()
        self.net = net

    def forward(self, planes: Tensor) -> Tensor:
        return torch.sigmoid(self.net(planes))


def train(sources: Sources, steps: int, seed: int, out: Path) -> None:
    """Train for `steps` batches and write the network to `out` as ONNX, again with every report."""
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    torch.manual_seed(seed)
    held_out = [
        line for folder in sources.folders for line in letters.lines_of(folder, sources.held_out, held_out=True)
    ]
    checked = letters.examples(held_out, CHECKED, seed=1)
    check = [_tensors(checked, index) for index in np.array_split(np.arange(CHECKED), CHECKED // BATCH)]

    def report(step: int, loss: float, net: nn.Module) -> None:
        print(f"  lines held out: {_overlap(net, check)}", flush=True)
        answering, names = _Answering(net), ("input", "probability")
        export.save(answering, out, channels=4, names=names, contract="strokes-1", note=f"{step=}")

    context = multiprocessing.get_context("spawn")
    queue: Queue[letters.Examples] = context.Queue(maxsize=3)
    maker = context.Process(target=_make, args=(sources, seed, queue), daemon=True)
    maker.start()
    fitting.fit(StrokeNet(), _batches(queue), loss, fitting.Plan(steps), report, out.with_suffix(".state"))
    maker.kill()


def loss(logits: Tensor, batch: tuple[Tensor, ...]) -> Tensor:
    """Cross-entropy, heavy along edges, and each crop's own dice: a plate must not outweigh a line of letters."""
    _, mask, counts, edges = batch
    weights = counts * (0.25 + 4 * edges)
    entropy = functional.binary_cross_entropy_with_logits(logits, mask, weight=weights, reduction="none")
    likely = torch.sigmoid(logits) * counts
    common, both = (likely * mask).sum((1, 2, 3)), (likely + mask * counts).sum((1, 2, 3))
    dice = 1 - (2 * common + 20) / (both + 20)
    return (entropy.sum((1, 2, 3)) / weights.sum((1, 2, 3)) + dice).mean()


def _make(sources: Sources, seed: int, queue: "Queue[letters.Examples]") -> None:
    cv2.setNumThreads(1)
    lines = [line for folder in sources.folders for line in letters.lines_of(folder, sources.held_out, held_out=False)]
    for shard in letters.shards(lines, SHARD, 1000 * seed):
        queue.put(shard)


def _batches(queue: "Queue[letters.Examples]") -> Iterator[tuple[Tensor, ...]]:
    while True:
        shard = queue.get()
        for start in range(0, len(shard), BATCH):
            yield _tensors(shard, np.arange(start, start + BATCH))


def _tensors(shard: letters.Examples, index: np.ndarray) -> tuple[Tensor, ...]:
    rgb = shard.rgb[index].transpose(0, 3, 1, 2).astype(np.float32) / 255
    edges = np.stack([_edges(shard.mask[i]) for i in index])[:, None]
    box, mask, counts = (plane[index][:, None].astype(np.float32) for plane in (shard.box, shard.mask, shard.counts))
    return tuple(map(torch.from_numpy, (np.concatenate((rgb, box), axis=1), mask, counts, edges)))


def _edges(mask: letters.Bytes) -> np.ndarray:
    """1 at the border of the mask, falling to nothing within some 8 pixels on both sides."""
    distance = np.maximum(*(cv2.distanceTransform(plane, cv2.DIST_L2, 3) for plane in (mask, 1 - mask)))
    return np.exp(-np.minimum(distance, 30) / 3).astype(np.float32)


@torch.no_grad()
def _overlap(net: nn.Module, check: Sequence[tuple[Tensor, ...]]) -> str:
    """Mean over the crops of intersection over union, precision and recall at probability 0.5."""
    rows = []
    for planes, mask, counts, _ in check:
        with torch.autocast("cpu", dtype=torch.bfloat16):
            logits = net(planes.to(memory_format=torch.channels_last)).float()
        found, real = (logits > 0) & (counts > 0), (mask > 0) & (counts > 0)
        both = (found & real).sum((1, 2, 3)).float()
        first, second = found.sum((1, 2, 3)).float(), real.sum((1, 2, 3)).float()
        rows.append(torch.stack((both / (first + second - both), both / (first + 1e-6), both / second), dim=1))
    values = torch.cat(rows)
    iou, precision, recall = values.mean(dim=0)
    low = float(torch.quantile(values[:, 0], 0.1))
    return f"IoU {iou:.3f} (tenth {low:.3f}) precision {precision:.3f} recall {recall:.3f}"
