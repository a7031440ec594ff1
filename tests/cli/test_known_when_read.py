"""What a run's data tell of its spec, once they are read and before the first step."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.cli.run import here

SPEC = "netspec: 1\nname: few\ninput: [4, 4, 1]\nfc: [{}]\ndata: {{source: npz, path: set.npz, validation: {}}}\ntrain: {{epochs: 1, {}}}\n"


@pytest.mark.parametrize(
    ("layers", "validation", "train", "code"),
    [
        ("3", 0.01, "early_stopping: {metric: validation_loss}", "NS520"),
        ("3", 0, "batch_size: 10, schedule: {type: one_cycle}", "NS220"),
    ],
)
def test_it_ends_before_the_first_step(layers: str, validation: float, train: str, code: str, tmp_path: Path) -> None:
    rng, labels = np.random.default_rng(0), np.arange(30) % 3
    np.savez(
        tmp_path / "set.npz",
        x_train=rng.normal(size=(30, 4, 4)),
        y_train=labels,
        x_test=rng.normal(size=(30, 4, 4)),
        y_test=labels,
    )
    (tmp_path / "few.yaml").write_text(SPEC.format(layers, validation, train))
    done = here("train", str(tmp_path / "few.yaml"), "--output", str(tmp_path / "run"), "--tune", "off")
    assert (done.exit_code, f"error[{code}]" in done.output) == (1, True), done.output
    assert not (tmp_path / "run").exists()
