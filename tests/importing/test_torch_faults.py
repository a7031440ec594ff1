"""What PyTorch's modules say by attributes that are easily passed over: taken as it is, or refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

import netspec
from netspec.diagnostics.errors import SpecError

torch = pytest.importorskip("torch")
nn, F = torch.nn, torch.nn.functional
pytestmark = pytest.mark.filterwarnings("ignore")


class Net(nn.Module):  # type: ignore[misc, name-defined]
    """A convolution, and what a function does behind it."""

    def __init__(self, body: Callable[..., Any], *parts: Any) -> None:
        super().__init__()
        self.body, self.conv, self.parts = body, nn.Conv2d(3, 4, 3), nn.ModuleList(parts)

    def forward(self, x: Any) -> Any:
        return self.body(self.conv(x), *self.parts)


def flattened(y: Any, linear: Any) -> Any:
    return linear(torch.cat([y.flatten(1), F.relu(y).flatten(1)], 1))


def written_over(y: Any) -> Any:
    flat = y.flatten(1)
    F.relu(y, inplace=True)
    return torch.sigmoid(flat)


def gated(y: Any, squeeze: Any, excite: Any) -> Any:
    return y * torch.sigmoid(excite(torch.relu(squeeze(y.mean((2, 3), keepdim=True)))))


REFUSED: dict[str, tuple[Any, str]] = {
    "softplus": (Net(F.softplus), ""),
    "steep softplus": (Net(lambda y: F.softplus(y, 2.0)), "with beta 2"),
    "running instance norm": (
        Net(lambda y, norm: norm(y), nn.InstanceNorm2d(4, track_running_stats=True)),
        "by running statistics",
    ),
    "two results": (Net(lambda y: (y, F.relu(y))), "2 results"),
    "cut": (Net(lambda y, conv: conv(F.pad(y, (-1, 1, 0, 0))), nn.Conv2d(4, 2, 3)), "negative padding"),
    "padded result": (Net(lambda y: F.pad(y, (1, 1, 1, 1))), "its result is padded"),
    "written over": (Net(written_over), "wrote over"),
    "flattened maps": (Net(flattened, nn.Linear(288, 2)), "flattened maps are joined"),
    "laid out anew": (Net(lambda y: y.mean((2, 3)).view(-1, 1, 2, 2)), "laid out anew"),
    "softmax of rows": (Net(lambda y: y.softmax(3)), "a softmax along the axis 3"),
    "zeros around a softplus": (Net(lambda y: F.max_pool2d(F.pad(F.softplus(y), (1, 1, 1, 1)), 2)), ""),
    "zeros around a sum": (Net(lambda y: F.max_pool2d(F.pad(y, (1, 1, 1, 1)), 2)), "may be its largest numbers"),
    "gate": (Net(gated, nn.Conv2d(4, 2, 1), nn.Conv2d(2, 4, 1)), ""),
    "gate of groups": (Net(gated, nn.Conv2d(4, 2, 1, groups=2), nn.Conv2d(2, 4, 1)), "are multiplied"),
    "gate of larger kernels": (Net(gated, nn.Conv2d(4, 2, 3, 1, 1), nn.Conv2d(2, 4, 1)), "are multiplied"),
}
"""Modules with what is said of them; nothing where they come in."""


@pytest.mark.parametrize("name", REFUSED)
def test_no_attribute_is_passed_over(name: str) -> None:
    network, words = REFUSED[name]
    images = torch.rand(2, 3, 8, 8)
    if not words:
        assert netspec.from_torch(network.eval(), images).plan.parameters
        return
    with pytest.raises(SpecError, match=words) as caught:
        netspec.from_torch(network.eval(), images)
    assert all(one.message.startswith("`Net`: ") for one in caught.value.diagnostics)
