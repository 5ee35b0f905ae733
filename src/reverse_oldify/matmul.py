"""Products of matrices: without false alarms, or the same to the bit in strips as in the whole."""

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


def mixed(
    matrix: NDArray[Any], planes: NDArray[Any], out: NDArray[Any] | None = None
) -> NDArray[Any]:
    """Product of a matrix (n, k) and planes (k, ...), pixel by pixel the same in any part of them.

    How `numpy.matmul` rounds a pixel depends on how many others there are, by the processor: BLAS
    has ways of its own for small products, and strips of a picture would differ from the whole.
    NumPy's own sums of products go along the pixels, in one way for all; but for a single one.
    """
    if planes[0].size == 1:
        alone = mixed(matrix, np.repeat(planes, 2, -1))[..., :1]
        if out is None:
            return alone
        out[:] = alone
        return out
    return np.asarray(np.einsum("ij,j...->i...", matrix, planes, out=out))
