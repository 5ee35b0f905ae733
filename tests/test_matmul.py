from __future__ import annotations

import numpy as np

from reverse_oldify.matmul import matmul


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
