"""Palettes: from a reference picture, a file or a look; and how far they pull the distribution.

The network is told the palette, as in training. What it makes of it depends on the picture; the
rest is done when the distribution is decoded: each bin is weighed by how much more of it there is
in the reference than in the picture, damped, for a forest has no use for all the blue of a sea.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np

from reverse_oldify.color.bins import ab_bins, histogram
from reverse_oldify.color.lab import srgb_to_lab
from reverse_oldify.errors import OptionError
from reverse_oldify.files.json_file import read_json, write_json
from reverse_oldify.files.picture import Picture
from reverse_oldify.files.read import read
from reverse_oldify.matmul import matmul
from reverse_oldify.options import Palette
from reverse_oldify.pipeline.looks import LOOKS, look
from reverse_oldify.types import FloatArray

_VERSION = 1
_SIDE = 256  # of what is counted of a reference, in pixels
_LEAST_SHARE = 1e-5  # of what is remembered of a picture
_FLOOR = 2e-3  # share of a bin below which its scarcity says nothing
_BLUR = 6.0  # standard deviation in ab of what counts as the same colour
_DAMPING = 0.5
_ROUNDS = 4
_MOST = 4.0  # log of a factor: what the network rules out stays out


def find_palette(name: str | Path) -> Palette:
    """Palette of what a user named: a look, a saved palette (.json), or a picture in colour.

    Raises
    ------
    OptionError
        If it is none of them.
    InputError
        If the picture cannot be read.
    """
    if not isinstance(name, str | Path):
        raise OptionError(f"palette is {name!r}; name a look, a .json or a picture in colour")
    if isinstance(name, str) and name in LOOKS:
        return look(name)
    path = Path(name)
    if path.suffix.lower() == ".json":
        return load_palette(path)
    if not path.exists():
        raise OptionError(
            f"no palette {str(name)!r}: choose {', '.join(LOOKS)}, a picture or a .json"
        )
    return palette_of(read(path))


def palette_of(picture: Picture) -> Palette:
    """Palette of a reference picture; a few ten thousand of its pixels are counted.

    What is transparent counts for less: editors leave any colour where nothing is seen.

    Raises
    ------
    OptionError
        If it is black and white.
    """
    name = picture.source.name if picture.source else ""
    if not picture.is_coloured:
        raise OptionError(f"{name or 'the palette'}: black and white; choose a picture in colour")
    counted = picture.thinned(_SIDE)
    shares = histogram(srgb_to_lab(counted.srgb)[..., 1:], counted.opacity)
    kept = shares > _LEAST_SHARE
    rows = np.column_stack([ab_bins()[kept], shares[kept]]).astype(float).round(6).tolist()
    return Palette(colors=tuple((a, b, share) for a, b, share in rows), name=name)


def save_palette(palette: Palette, path: Path | str, *, overwrite: bool = False) -> None:
    """Write a palette as JSON, for `load_palette` or ``--palette``.

    Raises
    ------
    ExistsError, OutputError
        If the file exists and ``overwrite`` is false, or cannot be written.
    """
    table = {"version": _VERSION, **palette.to_json()}
    write_json(path, table, indent=None, overwrite=overwrite)


def load_palette(path: Path | str) -> Palette:
    """Undo `save_palette`.

    Raises
    ------
    OptionError
        If the file cannot be read, or is no palette.
    """
    table = read_json(path)
    if not isinstance(table, dict) or table.pop("version", None) != _VERSION:
        raise OptionError(f'{path}: not a palette: expected {{"version": {_VERSION}, "colors": …}}')
    try:
        return Palette.from_json(table)
    except OptionError as error:
        raise OptionError(f"{path}: {error}") from error


def palette_histogram(palette: Palette | str) -> FloatArray:
    """Histogram over `ab_bins`, float32 (n,), sums to 1; a string names a look."""
    if isinstance(palette, str):
        palette = look(palette)
    values = np.array(palette.colors)
    return histogram(values[:, :2], values[:, 2] / values[:, 2].max())  # whose sum is finite


def tilt(scores: FloatArray, reference: FloatArray) -> FloatArray:
    """What to add to the scores of the bins so that the picture has more of the reference.

    Parameters
    ----------
    scores : float32 (n, gh, gw)
        Log probabilities, but for a constant, of each cell.
    reference : float32 (n,)
        Histogram; sums to 1.

    Returns
    -------
    float32 (n,)
    """
    flat = scores.reshape(len(scores), -1)
    flat = flat - flat.max(0)
    blur = _blur()
    wanted = matmul(blur, reference) + _FLOOR
    added = np.zeros(len(scores), np.float32)
    for _ in range(_ROUNDS):
        weight = flat + added[:, None]
        np.exp(weight, out=weight)
        weight /= weight.sum(0)
        own = weight.mean(1)
        added += _DAMPING * np.log(wanted / (matmul(blur, own) + _FLOOR))
        np.clip(added, -_MOST, _MOST, out=added)
    return added


@cache
def _blur() -> FloatArray:
    """Spreads a histogram over neighbouring bins: near colours are much the same; (n, n)."""
    squared = np.square(ab_bins()[:, None] - ab_bins()).sum(-1)
    kernel = np.exp(-0.5 * squared / _BLUR**2)
    return np.asarray(kernel / kernel.sum(0), np.float32)
