"""The picture that is never whole: rows are made when they are looked at, and forgotten."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from reverse_oldify.files.arrays import padded
from reverse_oldify.files.lightness import LightnessOfRows
from reverse_oldify.files.picture import Picture, Pixels, Raster
from reverse_oldify.files.strips import bands, in_order
from reverse_oldify.types import Plane


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class LazyPicture(Raster):
    """A picture that is made a few rows at a time, again at each look; see `Raster`.

    Attributes
    ----------
    make : callable
        Gives some rows as a `Picture`, pixels and alpha, with ``shape``, ``dtype`` and
        ``has_alpha`` as they are said here; may be called by several threads.
    opacity_of : Raster or None
        Another picture with the same opacity, which is quicker to look at.
    shrink : callable or None
        Gives the mean codes of blocks of so many pixels a side, where that is quicker than to look
        at all rows.
    is_padded : bool
        Whether pixels come as `arrays.padded` takes them, which makes them quicker to keep.
    """

    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    has_alpha: bool = False
    make: Callable[[slice], Picture]
    opacity_of: Raster | None = None
    shrink: Callable[[int], Pixels] | None = None
    is_padded: bool = False

    def rows(self, rows: slice) -> Picture:
        """Make some rows."""
        return self.make(rows)

    @property
    def is_opaque(self) -> bool:
        """Whether nothing shows through."""
        return super().is_opaque if self.opacity_of is None else self.opacity_of.is_opaque

    @property
    def lazy_lightness(self) -> Plane:
        """L*, computed where it is looked at."""
        return LightnessOfRows(self)

    def mapped(self, change: Callable[[Picture], Picture], dtype: DTypeLike) -> LazyPicture:
        """Return the picture whose rows are these, changed; each pixel for itself."""
        make = lambda rows: change(self.make(rows))  # noqa: E731
        return replace(self, dtype=np.dtype(dtype), make=make, shrink=None, is_padded=False)

    def at_8_bits(self) -> LazyPicture:
        """Return the same picture, rounded to 8 bits."""
        return self if self.dtype == np.uint8 else self.mapped(Picture.at_8_bits, np.uint8)

    def at_16_bits(self) -> LazyPicture:
        """Return the same picture at 16 bits: 255 becomes 65535."""
        return self.mapped(Picture.at_16_bits, np.uint16)

    def loaded(self) -> Picture:
        """Make all of it, and keep it."""
        whole = np.empty((*self.size, 4), np.uint8) if self.is_padded else None
        pixels: Pixels = np.empty(self.shape, self.dtype) if whole is None else whole[..., :3]
        alpha: Pixels | None = np.empty(self.size, self.dtype) if self.has_alpha else None

        def fill(rows: slice) -> None:
            strip = self.make(rows)
            part = None if whole is None else padded(strip.pixels)
            if whole is None or part is None:
                pixels[rows] = strip.pixels
            else:
                whole[rows] = part
            if alpha is not None and strip.alpha is not None:
                alpha[rows] = strip.alpha

        for _ in in_order(fill, bands(*self.size), self.threads):
            pass
        return Picture(
            pixels=pixels,
            alpha=alpha,
            format=self.format,
            metadata=self.metadata,
            source=self.source,
            notes=self.notes,
            page_count=self.page_count,
        )


def lazily(
    like: Raster,
    make: Callable[[slice], Picture],
    *,
    shape: tuple[int, ...],
    dtype: DTypeLike,
    threads: int | None,
    is_padded: bool = False,
) -> LazyPicture:
    """Make a `LazyPicture` of which the same is said as of another picture, opacity included."""
    return LazyPicture(
        make=make,
        shape=shape,
        dtype=np.dtype(dtype),
        has_alpha=like.has_alpha,
        opacity_of=like,
        threads=threads,
        is_padded=is_padded,
        format=like.format,
        metadata=like.metadata,
        source=like.source,
        notes=like.notes,
        page_count=like.page_count,
    )
