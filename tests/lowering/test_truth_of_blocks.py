"""Shortcuts, branches, groups, orders, norms, gates: netspec's numbers and gradients against PyTorch's."""

from __future__ import annotations

import pytest

from tests.lowering.test_truth import compare

HEAD = "netspec: 1\nname: t\n"
NETWORKS = {
    "pre-activation, with a projection behind the leading steps": """
input: [9, 8, 3]
defaults: {conv: {kernel: 3, padding: 1, norm: {type: batch, eps: 1e-3, momentum: 0.8}, order: [norm, activation, conv]}}
blocks:
  - repeat: 2
    conv: [{filters: 4, first: {stride: 2}}, {filters: 6, activation: {type: elu, alpha: 0.5}}]
    shortcut: add
  - pool: {type: average, window: all, norm: batch, activation: tanh, order: [norm, activation, pool]}
fc: [{units: 5, norm: batch, activation: tanh, order: [norm, activation, fc]}, 3]
""",
    "branches, gates and a join that is normalized": """
input: [8, 8, 3]
blocks:
  - branches:
      - []
      - conv: {filters: 4, kernel: 1, gate: {reduction: 2}, norm: {type: group, groups: 2}, activation: prelu}
      - [{pool: {type: average, window: 3, stride: 1, padding: 1, count_padding: true}}, {conv: {filters: 3, kernel: 1}}]
    join: concat
    norm: {type: layer, shift: false}
    activation: {type: leaky_relu, slope: 0.3}
  - branches:
      - conv: {groups: depthwise, kernel: 3, padding: 1, gate: {units: 0.5x, activation: prelu, gate: hard_sigmoid}}
      - conv: {filters: 10, kernel: 1, norm: {type: batch, scale: false}, activation: none}
    join: add
    pool: {window: all, type: average}
fc: [3]
""",
    "projections without weights, and a group": """
input: {height: 7, width: 5, channels: 2, norm: {type: batch, momentum: 0.7}}
defaults: {conv: {kernel: 3, padding: 1, activation: {type: gelu, approximate: false}}}
blocks:
  - conv: {filters: 4, stride: 2, norm: {type: local_response, size: 4, alpha: 0.5}, order: [conv, activation, norm]}
    shortcut: {type: add, projection: pool}
  - conv: {filters: 6, stride: 2, norm: instance, activation: none}
    shortcut: {type: add, projection: slice}
    activation: mish
  - repeat: 2
    shortcut: concat
    blocks:
      - {conv: {filters: 4}, norm: batch}
      - {conv: {filters: 0.5x, kernel: 1, padding: 0}, shortcut: {type: add, projection: skip}}
fc: [3]
""",
}


@pytest.mark.parametrize("name", NETWORKS)
def test_blocks(name: str) -> None:
    compare(HEAD + NETWORKS[name].lstrip(), chosen=True, training=True)


def test_a_norm_before_the_sum_of_an_fc_layer_normalizes_the_flattened_map() -> None:
    text = HEAD + NETWORKS["pre-activation, with a projection behind the leading steps"].lstrip()
    compare(text.replace("window: all", "window: 2"), chosen=False, training=False)
