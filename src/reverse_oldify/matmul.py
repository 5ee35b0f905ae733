"""Matrix products without false alarms."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


def matmul(
    first: NDArray[Any], second: NDArray[Any], out: NDArray[Any] | None = None
) -> NDArray[Any]:
    """`numpy.matmul`, without its warnings of division by zero, overflow and invalid values.

    On ARM the libraries below it (Apple's Accelerate, OpenBLAS) compute on what lies beside their
    operands as well; the product is right, but NumPy finds the processor's flags raised and warns
    (numpy/numpy#28687). Every product of two matrices goes through here, so that a Mac is silent.
    """
    with np.errstate(divide="ignore", over="ignore", invalid="ignore"):
        return np.asarray(np.matmul(first, second, out=out))
