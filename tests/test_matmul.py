from __future__ import annotations

import numpy as np
import pytest

from reverse_oldify.matmul import matmul, mixed


def test_it_is_the_product() -> None:
    first, second = np.random.default_rng(0).normal(size=(2, 5, 5)).astype(np.float32)
    out = np.empty_like(first)
    assert matmul(first, second, out=out) is out
    np.testing.assert_allclose(out, np.einsum("ij,jk->ik", first, second), rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(matmul(first[0], second), out[0], rtol=1e-5, atol=1e-6)


def test_flags_of_the_processor_do_not_warn() -> None:
    large = np.full((2, 2), 1e38, np.float32)
    assert np.isinf(matmul(large, large)).all()
    assert np.isnan(matmul(matmul(large, large), 0 * large)).all()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_mixed_planes_are_the_product_to_the_bit_in_any_part(dtype: type[np.floating]) -> None:
    random = np.random.default_rng(0)
    matrix = random.normal(size=(4, 3)).astype(dtype)
    planes = random.normal(size=(3, 40, 50)).astype(dtype)
    whole = mixed(matrix, planes)
    assert whole.dtype == dtype
    np.testing.assert_allclose(whole, np.tensordot(matrix, planes, 1), atol=4 * np.finfo(dtype).eps)
    for left in range(5):
        for width in range(1, 46):
            columns = slice(left, left + width)
            part = planes[:, 3:4, columns]
            for same in (part, part.copy()):
                assert np.array_equal(mixed(matrix, same), whole[:, 3:4, columns])
    out = np.empty_like(whole)
    assert mixed(matrix, planes, out=out) is out
    assert np.array_equal(out, whole)
