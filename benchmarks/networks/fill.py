"""Training of the network that fills: crops from a process of their own, a loss that counts every crop in decibels."""

import multiprocessing
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from multiprocessing.queues import Queue
from pathlib import Path

import cv2
import numpy as np
import torch
from torch import Tensor, nn

from benchmarks.networks import crops, export, fitting
from benchmarks.networks.nets import FillNet

BATCH = 16
SHARD = 256
#: crops of the photos held out, drawn once, on which progress is told
CHECKED = 192


@dataclass(frozen=True, slots=True)
class Sources:
    """Files to learn from and files to check on."""

    photos: Sequence[Path]
    shapes: Sequence[Path]
    held_out: Sequence[Path]


def train(sources: Sources, steps: int, seed: int, out: Path) -> None:
    """Train for `steps` batches and write the network to `out` as ONNX, again with every report."""
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    torch.manual_seed(seed)
    checked = crops.examples(crops.loaded(sources.held_out), shapes_of(sources.shapes[:400]), CHECKED, seed=1)
    check = [_tensors(checked, index) for index in np.array_split(np.arange(CHECKED), CHECKED // BATCH)]

    def report(step: int, loss: float, net: nn.Module) -> None:
        print(f"  masked PSNR on photos held out: {_decibels(net, check)}", flush=True)
        export.save(net, out, channels=8, names=("input", "residual"), contract="inpaint-residual-1", note=f"{step=}")

    context = multiprocessing.get_context("spawn")
    queue: Queue[crops.Examples] = context.Queue(maxsize=3)
    maker = context.Process(target=_make, args=(sources, seed, queue), daemon=True)
    maker.start()
    net = fitting.fit(FillNet(), _batches(queue), loss, fitting.Plan(steps), report, out.with_suffix(".state"))
    report(steps, 0.0, net)
    maker.kill()


def shapes_of(paths: Sequence[Path]) -> list[crops.Bytes]:
    """Return the masks of rendered overlays, 0/1, without the empty ones."""
    planes = (np.asarray(cv2.imread(str(path), cv2.IMREAD_GRAYSCALE) > 127, dtype=np.uint8) for path in paths)
    return [plane for plane in planes if plane.any()]


def loss(residual: Tensor, batch: tuple[Tensor, ...]) -> Tensor:
    """Error of the fill inside the mask.

    Charbonnier (Charbonnier et al. 1994) for colours, the difference of gradients for edges and texture, and the
    logarithm of each crop's squared error: so a crop on a plain ground, where an error is seen at once, weighs as
    much as one in grass, and the mean of decibels is what falls.
    """
    planes, after = batch
    mask = planes[:, 6:7]
    share = mask.mean((1, 2, 3)) + 1e-6
    filled = planes[:, :3] * (1 - mask) + (planes[:, :3] + residual) * mask
    error = (filled - after) * mask
    colours = torch.sqrt(error**2 + 1e-6).mean((1, 2, 3)) / share
    whole = torch.where(mask > 0, filled, after)
    edges = sum((_gradient(whole, axis) - _gradient(after, axis)).abs().mean((1, 2, 3)) for axis in (2, 3)) / share
    squared = (error**2).mean((1, 2, 3)) / share
    return (colours + 0.3 * edges + 0.03 * torch.log(squared + 2e-5)).mean()


def _gradient(planes: Tensor, axis: int) -> Tensor:
    length = planes.shape[axis]
    return planes.narrow(axis, 1, length - 1) - planes.narrow(axis, 0, length - 1)


def _make(sources: Sources, seed: int, queue: "Queue[crops.Examples]") -> None:
    cv2.setNumThreads(1)
    for shard in crops.shards(crops.loaded(sources.photos), shapes_of(sources.shapes), SHARD, 10000 * seed):
        queue.put(shard)


def _batches(queue: "Queue[crops.Examples]") -> Iterator[tuple[Tensor, ...]]:
    while True:
        shard = queue.get()
        for start in range(0, len(shard), BATCH):
            yield _tensors(shard, np.arange(start, start + BATCH))


def _tensors(shard: crops.Examples, index: np.ndarray) -> tuple[Tensor, Tensor]:
    planes = np.stack([crops.inputs_of(shard.before[i], shard.mask[i], shard.prefill[i]) for i in index])
    after = shard.after[index].transpose(0, 3, 1, 2).astype(np.float32) / 255
    return torch.from_numpy(planes), torch.from_numpy(after)


@torch.no_grad()
def _decibels(net: nn.Module, check: Sequence[tuple[Tensor, Tensor]]) -> str:
    """The network, the diffusion fill it begins with, and Telea: mean of the crops' masked PSNR in dB."""
    rows = []
    for planes, after in check:
        with torch.autocast("cpu", dtype=torch.bfloat16):
            residual = net(planes.to(memory_format=torch.channels_last)).float()
        for one, two, truth in zip(planes, residual, after, strict=True):
            mask = one[6] > 0
            known = torch.where(mask, 0, (one[3:6] * 255).round()).byte().permute(1, 2, 0).contiguous().numpy()
            telea = cv2.inpaint(known, mask.byte().numpy(), 3, cv2.INPAINT_TELEA)
            fills = (one[:3] + two).clamp(0, 1), one[:3], torch.from_numpy(telea).permute(2, 0, 1) / 255
            rows.append([-10 * float(torch.log10(((f - truth)[:, mask] ** 2).mean() + 1e-6)) for f in fills])
    own, prefill, telea_db = np.mean(rows, axis=0)
    better = float(np.mean([row[0] > row[2] for row in rows]))
    worst = min(row[0] - row[2] for row in rows)
    return f"own {own:.2f} ns {prefill:.2f} telea {telea_db:.2f} better {better:.2f} worst {worst:.2f}"
