"""PyTorch's modules and exported programs, and Darknet's weights, held against PyTorch."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import pytest

import netspec
from netspec.diagnostics.errors import SpecError
from netspec.importing.imported import imported
from tests.importing.test_onnx import applied

torch = pytest.importorskip("torch")
nn = torch.nn
pytestmark = pytest.mark.filterwarnings("ignore")


class Block(nn.Module):  # type: ignore[misc, name-defined]
    """A residual block."""

    def __init__(self, read: int, given: int, stride: int = 1) -> None:
        super().__init__()
        self.one, self.two = (
            nn.Conv2d(read, given, 3, stride, 1, bias=False),
            nn.Conv2d(given, given, 3, 1, 1, bias=False),
        )
        self.a, self.b, self.relu = nn.BatchNorm2d(given), nn.BatchNorm2d(given), nn.ReLU(inplace=True)
        down = nn.Sequential(nn.Conv2d(read, given, 1, stride, bias=False), nn.BatchNorm2d(given))
        self.down = down if stride > 1 else nn.Identity()

    def forward(self, x: Any) -> Any:
        return self.relu(self.b(self.two(self.relu(self.a(self.one(x))))) + self.down(x))


def residual() -> Any:
    """A network with what a flattened map, a spatial dropout and an unpadded pooling may do wrong."""
    torch.manual_seed(0)
    stem = nn.Sequential(
        nn.Conv2d(3, 8, 5, padding=2), nn.BatchNorm2d(8, eps=1e-3, momentum=0.2), nn.Mish(), nn.Dropout2d(0.1)
    )
    blocks = [Block(8, 8), Block(8, 8), Block(8, 16, 2), Block(16, 16)]
    end = [
        nn.MaxPool2d(3, 2, ceil_mode=True),
        nn.Flatten(),
        nn.BatchNorm1d(144),
        nn.Linear(144, 12),
        nn.GELU(),
        nn.Dropout(0.5),
        nn.Linear(12, 4),
    ]
    network = nn.Sequential(stem, *blocks, *end).train()
    network(torch.rand(8, 3, 14, 14))
    return network.eval()


@pytest.mark.slow
def test_a_module_comes_in_with_its_weights(tmp_path: Path) -> None:
    import numpy as np

    network, images = residual(), torch.rand(2, 3, 14, 14)
    found = netspec.from_torch(network, images)
    expected = network(images).detach().numpy()
    given = applied(found, images.numpy().transpose(0, 2, 3, 1))
    assert np.abs(given - expected).max() <= 1e-5 * np.abs(expected).max()
    assert "    conv: [{filters: 16, first: {stride: 2}}, {filters: 16, activation: none}]" in found.text
    found.save(tmp_path / "net.yaml", tmp_path / "net.safetensors")
    assert netspec.check(tmp_path / "net.yaml").ok


def test_what_a_module_does_besides_is_named() -> None:
    class Shuffle(nn.Module):  # type: ignore[misc, name-defined]
        def forward(self, x: Any) -> Any:
            return x.view(-1, 2, 2, 6, 6).transpose(1, 2).reshape(-1, 4, 6, 6)

    network = nn.Sequential(nn.Conv2d(3, 4, 3), Shuffle(), nn.Conv2d(4, 4, 3))
    with pytest.raises(SpecError, match=r"NS290.*`1`: a map is laid out anew") as caught:
        netspec.from_torch(network, torch.rand(1, 3, 8, 8))
    assert {one.code for one in caught.value.diagnostics} == {"NS290"}


@pytest.mark.slow
def test_darknet_s_weights_lie_as_it_writes_them(tmp_path: Path) -> None:
    import numpy as np

    sections = [
        "batch_normalize=1\nfilters=4\nsize=3\npad=1\nactivation=leaky",
        "filters=6\nsize=1\nstride=2\nactivation=linear",
    ]
    head = "[net]\nheight=6\nwidth=6\nchannels=3\n"
    text = (
        head + "".join(f"[convolutional]\n{one}\n" for one in sections) + "[connected]\noutput=5\nactivation=linear\n"
    )
    (tmp_path / "net.cfg").write_text(text)
    torch.manual_seed(0)
    one, norm, two, end = (
        nn.Conv2d(3, 4, 3, 1, 1, bias=False),
        nn.BatchNorm2d(4),
        nn.Conv2d(4, 6, 1, 2),
        nn.Linear(54, 5),
    )
    nn.init.uniform_(norm.weight)
    norm.running_var.uniform_(0.5, 1)
    norm.running_mean.normal_()
    parts = [
        norm.bias,
        norm.weight,
        norm.running_mean,
        norm.running_var,
        one.weight,
        two.bias,
        two.weight,
        end.bias,
        end.weight,
    ]
    numbers = b"".join(part.detach().numpy().tobytes() for part in parts)
    (tmp_path / "net.weights").write_bytes(np.array([0, 2, 5, 0, 0], "<i4").tobytes() + numbers)
    found = imported(str(tmp_path / "net.cfg"), weights=str(tmp_path / "net.weights"))
    images = torch.rand(2, 3, 6, 6)
    with warnings.catch_warnings():
        expected = nn.Sequential(one, norm, nn.LeakyReLU(0.1), two, nn.Flatten(), end).eval()(images).detach().numpy()
    given = applied(found, images.numpy().transpose(0, 2, 3, 1))
    assert np.abs(given - expected).max() <= 1e-5 * np.abs(expected).max()
    turned = b"".join(part.detach().numpy().tobytes() for part in [*parts[:-1], end.weight.detach().T.contiguous()])
    (tmp_path / "net.weights").write_bytes(np.array([1001, 2, 5, 0], "<i4").tobytes() + turned)
    again = imported(str(tmp_path / "net.cfg"), weights=str(tmp_path / "net.weights"))
    assert again.arrays is not None
    assert found.arrays is not None
    assert all(np.array_equal(array, found.arrays[key]) for key, array in again.arrays.items())
    (tmp_path / "net.weights").write_bytes(np.array([0, 2, 5, 0, 0], "<i4").tobytes() + numbers[:-4])
    with pytest.raises(SpecError, match=r"NS292.*end before the network does"):
        imported(str(tmp_path / "net.cfg"), weights=str(tmp_path / "net.weights"))
