"""Kinds of samples in TIFF that Pillow takes for others, or does not read."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from PIL import ImageFile, UnidentifiedImageError

from reverse_oldify.errors import UnsupportedError
from reverse_oldify.files.tiff.ifd import Directory
from reverse_oldify.files.tiff.layout import BITS, COMPRESSION, SAMPLE_FORMAT

_SIGNED, _FLOATING = 2, 3
_COLOR_MAP = 320
_WEBP = 50001
_KINDS = {_SIGNED: "signed integers", _FLOATING: "floating-point numbers"}
_RARE_BITS = set(range(1, 65)) - {1, 2, 4, 8, 16}  # other numbers are damage


def refuse_misread(page: Directory) -> None:
    """See that a page is none whose samples Pillow takes for others.

    Raises
    ------
    UnsupportedError
        Signed integers of 8 bits, for which it has no mode, and says nothing.
    """
    if page.numbers(BITS) == (8,) and page.number(SAMPLE_FORMAT) == _SIGNED:
        raise _not_read(page)


@contextmanager
def kind_told(page: Directory) -> Iterator[None]:
    """Say of samples that Pillow does not know what they are: else they would seem damaged.

    Raises
    ------
    UnsupportedError
        They are of an unusual kind, or compressed as WebP, which few builds of libtiff know.
    """
    try:
        yield
    except (OSError, SyntaxError) as error:
        if page.number(COMPRESSION) == _WEBP:
            raise UnsupportedError(
                "is compressed as WebP, which is not read in TIFF; save it with another compression"
            ) from error
        if not isinstance(error, (UnidentifiedImageError, SyntaxError)):
            raise
        usual_bits = _RARE_BITS.isdisjoint(page.numbers(BITS, 1))
        if usual_bits and page.number(SAMPLE_FORMAT, 1) not in (_SIGNED, _FLOATING):
            raise
        raise _not_read(page) from error


def in_order_of_machine(tile: ImageFile._Tile) -> ImageFile._Tile:
    """Tell Pillow of 32 bits what it knows of 16: libtiff gives them in the machine's order."""
    raw_mode, *more = tile.args if isinstance(tile.args, tuple) else (tile.args,)
    if tile.codec_name != "libtiff" or ";32B" not in str(raw_mode):
        return tile
    return tile._replace(args=(str(raw_mode).replace(";32B", ";32N"), *more))


def palette_of_8_bits(page: Directory) -> bytes | None:
    """Palette of a page, R, G, B of each colour, where some program forgot that it has 16 bits.

    libtiff takes all below 256 for 8 bits; Pillow would make it black.
    """
    colours = page.numbers(_COLOR_MAP)
    if not colours or len(colours) % 3 or max(colours) > 255 or max(colours) == 0:
        return None
    third = len(colours) // 3
    return bytes(colours[channel * third + code] for code in range(third) for channel in range(3))


def _not_read(page: Directory) -> UnsupportedError:
    bits = "/".join(str(bits) for bits in dict.fromkeys(page.numbers(BITS, 1)))
    kind = _KINDS.get(page.number(SAMPLE_FORMAT, 1), "integers")
    return UnsupportedError(
        f"its samples are {kind} of {bits} bits, which are not read here; "
        "save it as grey or RGB of 8 or 16 bits"
    )
