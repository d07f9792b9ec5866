"""The networks in PyTorch: small residual U-Nets whose levels are multiples of 16 channels, as AVX-512 likes them."""

from collections.abc import Sequence
from itertools import pairwise

from torch import Tensor, nn
from torch.nn import functional


class FillNet(nn.Module):
    """What to add to a diffusion fill: n x 8 x h x w (see crops.inputs_of) to n x 3 x h x w in -1..1.

    A U-Net (Ronneberger et al. 2015) on pixel-unshuffled input with dilated residual blocks at the bottom, where
    holes wider than a kernel are bridged. The head begins at zero, so that training begins at the diffusion fill.
    """

    def __init__(self, widths: Sequence[int] = (32, 64, 96, 128), dilations: Sequence[int] = (1, 2, 4, 8)) -> None:
        super().__init__()
        self.body = _UNet(8 * 4, widths, dilations)
        self.head = nn.Conv2d(widths[0], 3 * 4, 3, padding=1)
        nn.init.zeros_(self.head.weight)
        nn.init.zeros_(self.head.bias)  # type: ignore[arg-type]  # the stubs know of no bias that is off

    def forward(self, planes: Tensor) -> Tensor:
        """Return the residual of each pixel; h and w are multiples of 16."""
        return functional.pixel_shuffle(self.head(self.body(functional.pixel_unshuffle(planes, 2))), 2)


class StrokeNet(nn.Module):
    """Which pixels an overlay changed: n x 4 x h x w (RGB 0..1, the line's box) to n x 1 x h x w of logits."""

    def __init__(self, widths: Sequence[int] = (32, 32, 64, 96), dilations: Sequence[int] = (1, 2, 4)) -> None:
        super().__init__()
        self.body = _UNet(4 * 4, widths, dilations)
        self.head = nn.Conv2d(widths[0], 4, 3, padding=1)

    def forward(self, planes: Tensor) -> Tensor:
        """Return a logit for each pixel; h and w are multiples of 16."""
        return functional.pixel_shuffle(self.head(self.body(functional.pixel_unshuffle(planes, 2))), 2)


class _UNet(nn.Module):
    """h x w x channels to h x w x widths[0], with three halvings on the way."""

    def __init__(self, channels: int, widths: Sequence[int], dilations: Sequence[int]) -> None:
        super().__init__()
        self.enter = nn.Conv2d(channels, widths[0], 3, padding=1)
        self.down = nn.ModuleList(_Block(width) for width in widths[:-1])
        self.halve = nn.ModuleList(nn.Conv2d(one, two, 3, stride=2, padding=1) for one, two in pairwise(widths))
        self.bottom = nn.Sequential(*(_Block(widths[-1], dilation) for dilation in dilations))
        self.widen = nn.ModuleList(nn.Conv2d(two, one, 1) for one, two in pairwise(widths))
        self.up = nn.ModuleList(_Block(width) for width in widths[:-1])

    def forward(self, planes: Tensor) -> Tensor:
        """Return features of the size that came in."""
        planes = functional.relu(self.enter(planes))
        kept = []
        for block, halve in zip(self.down, self.halve, strict=True):
            planes = block(planes)
            kept.append(planes)
            planes = functional.relu(halve(planes))
        planes = self.bottom(planes)
        for block, widen, skip in zip(reversed(self.up), reversed(self.widen), reversed(kept), strict=True):
            planes = block(skip + functional.interpolate(widen(planes), scale_factor=2, mode="nearest"))
        return planes


class _Block(nn.Module):
    """A residual block (He et al. 2016) without normalisation: batches are small and colours must stay true."""

    def __init__(self, width: int, dilation: int = 1) -> None:
        super().__init__()
        self.one = nn.Conv2d(width, width, 3, padding=dilation, dilation=dilation)
        self.two = nn.Conv2d(width, width, 3, padding=1)
        nn.init.zeros_(self.two.weight)
        nn.init.zeros_(self.two.bias)  # type: ignore[arg-type]  # the stubs know of no bias that is off

    def forward(self, planes: Tensor) -> Tensor:
        """Return what came in plus what was learned."""
        changed: Tensor = planes + self.two(functional.relu(self.one(planes)))
        return changed
