"""Examine one picture file for a training set: decode it, judge it, and tell what it is."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from reverse_oldify.data.cache import Entry, encode_lab
from reverse_oldify.data.duplicates import Fingerprint, fingerprint
from reverse_oldify.data.screen import Reason, Unfit, decode, judge_colour, shrink
from reverse_oldify.data.sources import PictureFile, Source
from reverse_oldify.errors import OptionError, UnreadableError
from reverse_oldify.types import ByteArray


@dataclass(frozen=True, kw_only=True)
class PrepareOptions:
    """How a set is prepared.

    Attributes
    ----------
    kind : str or None
        Kind of the pictures that no ``index.csv`` labels; None: the name of their top folder.
    short_side : int
        Larger pictures are scaled down to this many pixels on the short side.
    min_side : int
        Pictures whose short side is smaller are dropped.
    val_fraction : float
        Share of the unlabelled pictures that goes to validation, chosen by content.
    """

    kind: str | None = None
    short_side: int = 256
    min_side: int = 96
    val_fraction: float = 0.05

    def __post_init__(self) -> None:
        if not 0.0 <= self.val_fraction < 1.0:
            raise OptionError(
                f"validation fraction is {self.val_fraction}; choose a number from 0 to below 1"
            )
        if not 1 <= self.min_side <= self.short_side:
            raise OptionError(
                f"short side is {self.short_side}, smallest side {self.min_side}; "
                "choose 1 <= smallest side <= short side"
            )


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """A picture that passed screening.

    Attributes
    ----------
    entry : Entry
        Its row of the index, but for the offset, which is that in the spool.
    area : int
        Pixels of the file's picture, before it was scaled down.
    fingerprint : Fingerprint
        What near-duplicates are found by.
    """

    entry: Entry
    area: int
    fingerprint: Fingerprint

    @property
    def preference(self) -> tuple[bool, int, str, str, str]:
        """Sort key: of near-duplicates the first is kept, a validation or else the largest one."""
        entry = self.entry
        return (entry.split != "val", -self.area, entry.id, entry.source, entry.name)

    @property
    def index_order(self) -> tuple[str, str, str, str]:
        """Sort key: by kind, then place; the id decides where an archive holds a name twice."""
        entry = self.entry
        return (entry.kind, entry.source, entry.name, entry.id)


def examine(
    source: Source, file: PictureFile, offset: int, options: PrepareOptions
) -> tuple[Candidate, ByteArray]:
    """Decode, screen and fingerprint one picture.

    Parameters
    ----------
    source, file : Source, PictureFile
        Where it is.
    offset : int
        Where in the spool its pixels will be, in bytes.
    options : PrepareOptions
        What is asked of it.

    Returns
    -------
    Candidate, uint8 (H, W, 3)
        What is known of it; its pixels as packed Lab, scaled down.

    Raises
    ------
    Unfit
        It is to be dropped.
    """
    srgb = _decode(file)
    height, width = srgb.shape[:2]
    if min(height, width) < options.min_side:
        raise Unfit(Reason.TINY, f"{width} x {height} pixels")
    packed = encode_lab(shrink(srgb, options.short_side))
    reason = judge_colour(packed)
    if reason is not None:
        raise Unfit(reason)
    picture_id = _content_id(srgb)
    unlabelled = (split_of(picture_id, options.val_fraction), source.kind)
    split, kind = source.labels.get(file.name, unlabelled)
    entry = Entry(
        id=picture_id,
        source=source.label,
        name=file.name,
        kind=kind,
        split=split,
        width=packed.shape[1],
        height=packed.shape[0],
        offset=offset,
    )
    area = height * width
    return Candidate(entry=entry, area=area, fingerprint=fingerprint(packed)), packed


def split_of(picture_id: str, val_fraction: float) -> str:
    """Return ``"val"`` for about the given fraction of ids (64-bit hex), ``"train"`` otherwise."""
    return "val" if int(picture_id, 16) < val_fraction * 2**64 else "train"


def _decode(file: PictureFile) -> ByteArray:
    try:
        return decode(file.read())
    except UnreadableError as error:
        raise Unfit(Reason.BROKEN, str(error)) from error


def _content_id(srgb: ByteArray) -> str:
    """First 64 bits, in hex, of the SHA-256 of the size and the pixels."""
    height, width = srgb.shape[:2]
    digest = hashlib.sha256(f"{width}x{height}:".encode())
    digest.update(srgb.tobytes())
    return digest.hexdigest()[:16]
