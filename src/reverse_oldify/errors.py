"""Everything that can go wrong, as one tree.

::

    ReverseOldifyError
    ├── InputError              a picture (or folder) that cannot be used
    │   ├── UnreadableError     missing, empty, damaged, or not a picture
    │   ├── UnsupportedError    a picture, but in a form that is not handled
    │   ├── ChangedError        replaced or rewritten while it was read
    │   ├── TooLargeError       more pixels than the limit allows
    │   └── ColouredError       in colour already, where such pictures are to be left alone
    ├── OutputError             a result that cannot be written
    │   ├── ExistsError         the output exists (or is the input), and may not be replaced
    │   └── LossError           its format cannot hold all of it, and no loss was allowed
    ├── OptionError             an option, hint or recipe value out of range  (also a ValueError)
    ├── ModelError              weights that are missing, damaged, or of another kind
    ├── DataError               a training set that cannot be used
    └── MissingExtraError       an optional dependency that is not installed  (also an ImportError)

Every message says what was given, what is wrong with it, and what to do next, on one line.
"""

from __future__ import annotations

DAMAGED = "damaged or cut off; restore it from a copy"
"""What is said of a file that ends too soon, or does not hold what it says that it does."""


def reason_of(error: OSError) -> str:
    """What the system says of a failure, in lower case, for the middle of a sentence."""
    return (error.strerror or str(error)).lower()


class ReverseOldifyError(Exception):
    """Base of every error that this package raises on purpose."""


class InputError(ReverseOldifyError):
    """A picture or folder that cannot be used."""


class UnreadableError(InputError):
    """The file is missing, empty, damaged, or not a picture at all."""


class UnsupportedError(InputError):
    """The file is a picture, but in a form that this version does not handle."""


class TooLargeError(InputError):
    """The picture has more pixels than the limit allows."""


class ChangedError(InputError):
    """The file was replaced or rewritten while it was read."""


class ColouredError(InputError):
    """The picture is in colour already, and such pictures are to be left alone."""


class OutputError(ReverseOldifyError):
    """The result cannot be written."""


class ExistsError(OutputError):
    """The output exists already, or is the input itself, and overwriting was not asked for."""


class LossError(OutputError):
    """The format cannot hold all of the picture, and losing some of it was not allowed."""


class OptionError(ReverseOldifyError, ValueError):
    """An option, hint or recipe value is out of its range."""


class ModelError(ReverseOldifyError):
    """The weights are missing, damaged, or of another kind than asked for."""


class DataError(ReverseOldifyError):
    """A training or evaluation set that cannot be used."""


class MissingExtraError(ReverseOldifyError, ImportError):
    """An optional dependency is not installed.

    Parameters
    ----------
    what : str
        What was attempted, for example ``"training"``.
    extra : str
        The extra that brings the dependency, for example ``"train"``.
    """

    def __init__(self, what: str, extra: str) -> None:
        super().__init__(f"{what} needs more packages: pip install 'reverse-oldify[{extra}]'")
        self._given = what, extra

    def __reduce__(self) -> tuple[type[MissingExtraError], tuple[str, str]]:
        """Pickle what it was made of: by its message alone no other process could make it anew."""
        return type(self), self._given
