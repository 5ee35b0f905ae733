"""The classic baseline: VGG-16 features, a convolutional decoder, and the mean squared error.

::

    lightness -> VggEncoder -> 512 channels at stride 32      (once per picture)
    512 channels -> ClassicDecoder -> ab / 128 at stride 2

Simonyan and Zisserman 2015, "Very Deep Convolutional Networks", under the decoder that many early
colourisers put on it. See ``docs/classic.md`` for the study that this rebuilds, and its bugs.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor, nn

from reverse_oldify.errors import ModelError
from reverse_oldify.models.encoder import lightness_to_gray

AB_SCALE = 128.0  # tanh reaches -1..1; a* and b* are that times 128

_STAGES = ((64, 64), (128, 128), (256, 256, 256), (512, 512, 512), (512, 512, 512))
_MEAN, _STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)  # of the ImageNet weights, on 0..1
_WANTED = (
    "the classic network wants torchvision's VGG-16 weights: give the path of "
    'vgg16-397923af.pth as encoder_weights, or encoder_weights = "random" to train from random '
    "weights"
)


class VggEncoder(nn.Module):
    """The thirteen convolutions and five pools of VGG-16, named as in torchvision's files."""

    normalisation = (
        "sRGB grey (0..1) of the lightness in three channels, minus 0.485, 0.456, 0.406, "
        "divided by 0.229, 0.224, 0.225"
    )
    mean: Tensor
    std: Tensor

    def __init__(self) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        width, self._ends = 3, [0]
        for stage in _STAGES:
            for outputs in stage:
                layers += [nn.Conv2d(width, outputs, 3, padding=1), nn.ReLU(inplace=True)]
                width = outputs
            layers.append(nn.MaxPool2d(2))
            self._ends.append(len(layers))
        self.features = nn.Sequential(*layers)
        self.width = width
        self.register_buffer("mean", torch.tensor(_MEAN)[:, None, None], persistent=False)
        self.register_buffer("std", torch.tensor(_STD)[:, None, None], persistent=False)
        for layer in layers:
            if isinstance(layer, nn.Conv2d):  # without norms, thirteen layers need it (He 2015)
                nn.init.kaiming_normal_(layer.weight, mode="fan_out", nonlinearity="relu")
                nn.init.zeros_(layer.bias)  # type: ignore[arg-type]

    def forward(self, lightness: Tensor) -> Tensor:
        """Encode.

        Parameters
        ----------
        lightness : float (N, 1, H, W)
            L*, 0..100; H and W multiples of 32.

        Returns
        -------
        float (N, 512, H / 32, W / 32)
        """
        gray = lightness_to_gray(lightness)
        features: Tensor = self.features((gray - self.mean) / self.std)
        return features

    def freeze(self, stages: int) -> None:
        """Keep the first ``stages`` stages (0: nothing, 5: all) as they are."""
        self.features[: self._ends[stages]].requires_grad_(False)

    def load_torchvision(self, path: Path | str) -> None:
        """Take the weights of torchvision's ``vgg16``; those of its classifier are left out.

        Raises
        ------
        ModelError
            If the file is missing, damaged, or of another network.
        """
        if not Path(path).is_file():
            raise ModelError(f"{path}: no such file; {_WANTED}")
        try:
            published = torch.load(path, map_location="cpu", weights_only=True)
            kept = {key: value for key, value in published.items() if key.startswith("features.")}
            self.load_state_dict(kept)
        except Exception as error:  # torch raises many kinds for damaged files
            raise ModelError(f"{path}: not the weights of VGG-16; {_WANTED}") from error


class ClassicDecoder(nn.Module):
    """3x3 convolutions with ReLU, doubled by nearest neighbour, then tanh.

    Parameters
    ----------
    inputs : int
        Channels of the encoder's map.
    widths : five ints
        Channels at stride 32, 32, 16, 8 and 4.
    """

    def __init__(self, inputs: int, widths: Sequence[int]) -> None:
        super().__init__()
        if len(widths) != 5:
            raise ModelError(f"the classic decoder has 5 widths, not {widths}")
        layers: list[nn.Module] = []
        for number, width in enumerate(widths):
            layers += [nn.Conv2d(inputs, width, 3, padding=1), nn.ReLU(inplace=True)]
            if number > 0:
                layers.append(nn.Upsample(scale_factor=2.0, mode="nearest"))
            inputs = width
        self.layers = nn.Sequential(*layers, nn.Conv2d(inputs, 2, 3, padding=1), nn.Tanh())
        for layer in self.layers:
            if isinstance(layer, nn.Conv2d):  # Keras's default start, which the study had
                nn.init.xavier_uniform_(layer.weight)
                nn.init.zeros_(layer.bias)  # type: ignore[arg-type]

    def forward(self, features: Tensor) -> Tensor:
        """(N, inputs, H / 32, W / 32) -> ab / 128 (N, 2, H / 2, W / 2)."""
        ab: Tensor = self.layers(features)
        return ab


class ClassicNet(nn.Module):
    """Encoder and decoder.

    The study doubled the tanh's output once more by nearest neighbour. That repeats values and
    changes no gradient, so the grid stays at stride 2 and the product's own upsampling follows.

    Parameters
    ----------
    widths : five ints
        See `ClassicDecoder`.
    """

    stride = 2
    multiple = 32

    def __init__(self, widths: Sequence[int]) -> None:
        super().__init__()
        self.encoder = VggEncoder()
        self.decoder = ClassicDecoder(self.encoder.width, widths)

    def forward(self, lightness: Tensor) -> Tensor:
        """(N, 1, H, W) L*, 0..100 -> ab / 128 (N, 2, H / 2, W / 2), -1..1."""
        ab: Tensor = self.decoder(self.encoder(lightness))
        return ab
