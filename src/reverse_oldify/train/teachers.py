"""Networks that have learnt already, and tell another one what they would say.

Distillation (Hinton et al. 2015): what several networks say together is nearer the truth than what
one says, and tells a pupil more than one photograph can: that this coat is brown, but might have
been blue.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from reverse_oldify.models.colornet import ColorNet


class Teachers:
    """Some networks; no module, so that they are neither trained nor saved with the pupil.

    Parameters
    ----------
    networks
        Of the pupil's bins and stride; at least one.
    """

    def __init__(self, networks: Sequence[ColorNet]) -> None:
        self._networks = [
            network.eval().requires_grad_(requires_grad=False) for network in networks
        ]

    def __deepcopy__(self, memo: object) -> Teachers:
        """Never changed, they serve every copy of their pupil."""
        return self

    @torch.no_grad()
    def __call__(self, lightness: Tensor, palette: Tensor, cells: Tensor) -> Tensor:
        """What they say of some cells, together: their logarithmic opinion pool (Heskes 1998).

        Parameters
        ----------
        lightness : float32 (N, 1, H, W)
            L*, 0..100, better preserved than what the pupil sees.
        palette : float32 (N, bins)
            As the pupil is given it.
        cells : int64 (n,)
            Which cells of the grid, counted along its rows.

        Returns
        -------
        float32 (N, n, bins)
            Probabilities.
        """
        lightness = lightness.contiguous(memory_format=torch.channels_last)
        said = [
            network.to(lightness.device).log_probability(lightness, palette, cells)
            for network in self._networks
        ]
        return torch.stack(said).mean(0).softmax(-1)
