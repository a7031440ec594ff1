"""The reference against sums written out in numpy: XLA's own convolution is not always right."""

from __future__ import annotations

import numpy as np
import pytest

from netspec.analysis.convolution import Geometry
from netspec.lowering.convolution import reference
from tests.lowering.convolution.geometries import arrays


@pytest.mark.parametrize("padding", [(0, 0), (1, 1), (3, 1), (1, 3), (4, 4)])
@pytest.mark.parametrize("stride", [1, 2])
def test_gradients_are_right_with_padding_beyond_the_kernel(padding: tuple[int, int], stride: int) -> None:
    """With (3, 1) under a kernel of 3, XLA:CPU alone reads outside the array (openxla/xla#48713)."""
    g = Geometry((5, 4, 2), (3, 1), 3, (stride, 1), (padding, (1, 0)))
    x, w, dy = (np.asarray(array, np.float64) for array in arrays(g))
    padded = np.pad(x, ((0, 0), *g.padding, (0, 0)))
    y, dx, dw = np.zeros(dy.shape), np.zeros(padded.shape), np.zeros(w.shape)
    for row in range(g.output[0]):
        for i in range(3):
            cells = row * stride + i
            y[:, row] += padded[:, cells] @ w[i, 0]
            dx[:, cells] += dy[:, row] @ w[i, 0].T
            dw[i, 0] += np.einsum("bwc,bwf->cf", padded[:, cells], dy[:, row])
    inside = dx[:, padding[0] : padding[0] + 5, 1:]
    x32, w32, dy32 = arrays(g)
    np.testing.assert_allclose(reference.output(x32, w32, g), y, rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(reference.input_gradient(dy32, w32, g), inside, rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(reference.weight_gradient(x32, dy32, g), dw, rtol=1e-5, atol=1e-5)
