from __future__ import annotations

import pickle

import pytest

from reverse_oldify import errors
from reverse_oldify.errors import MissingExtraError, ReverseOldifyError

ERRORS = [
    MissingExtraError("training", "train"),
    *(
        kind("a message")
        for kind in vars(errors).values()
        if isinstance(kind, type) and issubclass(kind, ReverseOldifyError)
        if kind is not MissingExtraError
    ),
]


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
def test_errors_reach_other_processes(error: ReverseOldifyError) -> None:
    """A pool of processes waits for ever for an error that cannot be unpickled."""
    found = pickle.loads(pickle.dumps(error))
    assert (type(found), str(found)) == (type(error), str(error))
