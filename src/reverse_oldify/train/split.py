"""Which pictures of a prepared set a run learns from, and which only judge it."""

from __future__ import annotations

from reverse_oldify.data.cache import PictureCache
from reverse_oldify.data.examine import split_of
from reverse_oldify.errors import DataError
from reverse_oldify.train.recipe import DataSection


def pictures_of(cache: PictureCache, split: str, data: DataSection) -> list[int]:
    """Numbers of the pictures of a split, ``"train"`` or ``"val"``.

    The split is the prepared set's, or, where ``data.val_fraction`` is above 0, drawn anew by the
    pictures' content. Both draw by the same rule: of two fractions, the larger one's validation
    pictures include the smaller one's.

    Raises
    ------
    DataError
        If there are none.
    """
    if data.val_fraction > 0:
        candidates = cache.select("train", data.kinds) + cache.select("val", data.kinds)
        numbers = [
            number
            for number in sorted(candidates)
            if split_of(cache.entries[number].id, data.val_fraction) == split
        ]
    else:
        numbers = cache.select(split, data.kinds)
    if not numbers:
        kinds = ", ".join(data.kinds) or "any kind"
        raise DataError(
            f"{cache.folder}: no {split} pictures of {kinds}; change val_fraction or kinds under "
            "[data] in the recipe"
        )
    return numbers


def one_pass(cache: PictureCache, numbers: list[int], data: DataSection) -> list[int]:
    """Training pictures as a pass over them shows them: twice where ``data.doubled`` says so.

    Raises
    ------
    DataError
        If there are none of a kind that is to come twice.
    """
    again = [number for number in numbers if cache.entries[number].kind in data.doubled]
    missing = sorted(set(data.doubled) - {cache.entries[number].kind for number in again})
    if missing:
        raise DataError(f"{cache.folder}: no train pictures of {', '.join(missing)} to double")
    return numbers + again
