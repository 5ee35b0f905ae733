"""Models that ship inside the package, by name."""

from __future__ import annotations

from pathlib import Path

from reverse_oldify.errors import ModelError
from reverse_oldify.runtime.info import DECODE_FILE

DEFAULT_MODEL = "lite2"
MODELS = (DEFAULT_MODEL,)


def find_model(name: str | Path | None = None) -> Path:
    """Folder of a model.

    Parameters
    ----------
    name : str or Path, optional
        A name in `MODELS` (default: the first), or a folder written by ``reverse-oldify export``.

    Raises
    ------
    ModelError
        If it is neither.
    """
    if name is None or name in MODELS:
        return Path(__file__).with_name("weights") / str(name or DEFAULT_MODEL)
    if isinstance(name, str | Path) and (Path(name) / DECODE_FILE).is_file():
        return Path(name)
    raise ModelError(
        f"no model {str(name)!r}: choose {' or '.join(MODELS)}, or a folder that "
        "'reverse-oldify export' wrote"
    )
