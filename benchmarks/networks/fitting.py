"""One way of training for both networks: AdamW, a cosine, bfloat16 where the processor has it, averaged weights."""

import copy
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn


@dataclass(frozen=True, slots=True)
class Plan:
    """How long and how fast to learn."""

    steps: int
    rate: float = 2e-3
    #: share of the steps over which the rate rises
    warmup_share: float = 0.02
    #: share of the old in the running average of the weights, per step
    average: float = 0.998
    #: steps between two reports
    report: int = 500


def fit(
    net: nn.Module,
    batches: Iterator[tuple[Tensor, ...]],
    loss: Callable[[Tensor, tuple[Tensor, ...]], Tensor],
    plan: Plan,
    report: Callable[[int, float, nn.Module], None],
    kept: Path,
) -> nn.Module:
    """Return the running average of the weights after all steps; a batch is (input, what the loss needs …).

    The state is kept at `kept` with every report and taken up from there, so a run can be stopped and continued.
    """
    net = net.to(memory_format=torch.channels_last)
    averaged = copy.deepcopy(net)
    optimiser = torch.optim.AdamW(net.parameters(), lr=plan.rate, weight_decay=1e-4, betas=(0.9, 0.99))
    begun = 0
    if kept.exists():
        state = torch.load(kept)
        net.load_state_dict(state["net"])
        averaged.load_state_dict(state["averaged"])
        optimiser.load_state_dict(state["optimiser"])
        begun = state["step"]
    total = 0.0
    since = time.monotonic()
    for step in range(begun + 1, plan.steps + 1):
        planes, *others = next(batches)
        for group in optimiser.param_groups:
            group["lr"] = _rate(step, plan)
        with torch.autocast("cpu", dtype=torch.bfloat16):
            answer = net(planes.to(memory_format=torch.channels_last))
        error = loss(answer.float(), (planes, *others))
        optimiser.zero_grad(set_to_none=True)
        error.backward()  # type: ignore[no-untyped-call]  # torch's own
        nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        optimiser.step()
        _mix(averaged, net, min(plan.average, step / (step + 10)))
        total += float(error.detach())
        if step % plan.report == 0 or step == plan.steps:
            print(f"step {step} loss {total / plan.report:.4f} s/step {(time.monotonic() - since) / plan.report:.3f}")
            report(step, total / plan.report, averaged)
            total, since = 0.0, time.monotonic()
            _keep(kept, net, averaged, optimiser, step)
    return averaged


def _rate(step: int, plan: Plan) -> float:
    rise = max(1.0, plan.warmup_share * plan.steps)
    if step < rise:
        return plan.rate * step / rise
    done = torch.tensor((step - rise) / max(1.0, plan.steps - rise))
    return float(plan.rate * (0.01 + 0.99 * 0.5 * (1 + torch.cos(torch.pi * done))))


def _mix(averaged: nn.Module, net: nn.Module, share: float) -> None:
    with torch.no_grad():
        for old, new in zip(averaged.parameters(), net.parameters(), strict=True):
            old.lerp_(new, 1 - share)


def _keep(kept: Path, net: nn.Module, averaged: nn.Module, optimiser: torch.optim.Optimizer, step: int) -> None:
    state = {"net": net.state_dict(), "averaged": averaged.state_dict(), "optimiser": optimiser.state_dict()}
    fresh = kept.with_suffix(".new")
    torch.save({**state, "step": step}, fresh)
    fresh.replace(kept)
