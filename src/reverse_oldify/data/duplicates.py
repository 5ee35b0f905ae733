"""Near-duplicates: the same photograph again in another size, quality or file format.

A 64-bit difference hash (dHash, N. Krawetz 2013) of the lightness proposes pairs; a small Lab
thumbnail confirms them, because skies and seas share hashes without being the same picture.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from reverse_oldify.matmul import matmul
from reverse_oldify.types import ByteArray, FloatArray

HASH_BITS = 64
MAX_BITS = 10
MAX_DELTA = 6.0
THUMBNAIL = 16

_BLOCK = 256


@dataclass(frozen=True, kw_only=True)
class Fingerprint:
    """What a picture is recognised by.

    Attributes
    ----------
    bits : bool (64,)
        dHash: whether lightness grows from each cell of a 9 x 8 grid to its right neighbour.
    thumbnail : uint8 (16, 16, 3)
        Packed Lab, averaged over area.
    """

    bits: NDArray[np.bool_]
    thumbnail: ByteArray


def fingerprint(packed: ByteArray) -> Fingerprint:
    """Fingerprint of a picture in packed Lab (uint8 (H, W, 3), see `data.cache.encode_lab`)."""
    image = Image.fromarray(packed)
    grid = np.asarray(image.getchannel(0).resize((9, 8), Image.Resampling.BOX), np.int16)
    thumbnail = image.resize((THUMBNAIL, THUMBNAIL), Image.Resampling.BOX)
    return Fingerprint(
        bits=(grid[:, 1:] > grid[:, :-1]).reshape(-1), thumbnail=np.asarray(thumbnail)
    )


def find_near_duplicates(fingerprints: list[Fingerprint]) -> dict[int, int]:
    """Find the pictures that repeat an earlier one.

    Parameters
    ----------
    fingerprints : list of Fingerprint
        In order of preference: of two near-duplicates the one that comes first is kept.

    Returns
    -------
    dict
        Number of each picture to drop -> number of the kept one that it repeats.
    """
    if not fingerprints:
        return {}
    bits = np.stack([print_.bits for print_ in fingerprints])
    signs = np.where(bits, 1, -1).astype(np.float32)
    thumbnails = np.stack([print_.thumbnail for print_ in fingerprints])
    repeats: dict[int, int] = {}
    for start in range(0, len(signs), _BLOCK):
        block = signs[start : start + _BLOCK]
        # The product of two rows of signs counts their equal bits minus the different ones.
        different = (HASH_BITS - matmul(block, signs[: start + len(block)].T)) / 2
        for number, distances in enumerate(different, start):
            similar = np.flatnonzero(distances[:number] <= MAX_BITS)
            close = similar[_delta(thumbnails[similar], thumbnails[number]) <= MAX_DELTA]
            kept = (earlier for earlier in close.tolist() if earlier not in repeats)
            original = next(kept, None)
            if original is not None:
                repeats[number] = original
    return repeats


def _delta(thumbnails: ByteArray, other: ByteArray) -> FloatArray:
    """Root mean square CIE76 difference of each thumbnail to the other one; float32 (n,)."""
    difference = (thumbnails.astype(np.float32) - other) / np.array([2.55, 1, 1], np.float32)
    return np.asarray(np.sqrt(np.square(difference).sum(-1).mean((1, 2))))
