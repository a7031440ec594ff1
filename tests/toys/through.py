"""Goes with the toy kinds through every stage, in a process in which they were in the table from the beginning.

`python -m tests.toys.through front|training` prints what each stage makes of them as JSON.
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path
from typing import Any

from tests.toys.kinds import register

SPEC = """\
netspec: 1
name: toys
input: [8, 8, 3]
data: {source: npz, path: t.npz}
blocks:
  - conv: {filters: 4, kernel: 3, padding: same}
    pool: {window: 2}
  - repeat: 2
    conv: {filters: 4, kernel: 3, padding: same}
    scale: {by: 2}
    bridge: {}
    pool: {window: 2, stride: 1}
fc: [3]
train: {batch_size: 32, optimizer: {type: sgd, learning_rate: 0.05}}
"""
WIDE = """\
netspec: 1
name: wide
input: [32, 32, 3]
data: {source: npz, path: t.npz}
blocks:
  - conv: {filters: 16, kernel: 3, padding: same}
  - repeat: 4
    conv: {filters: 16, kernel: 3, padding: same}
    scale: {by: 0.5}
    bridge: {}
fc: [10]
"""
"""Where what bridges keep alive is most of what training takes."""
STRIDED = SPEC.replace(
    "    conv: {filters: 4, kernel: 3, padding: same}\n    scale", "    conv: {filters: 4, kernel: 3}\n    scale"
)


def front() -> dict[str, Any]:
    """What the commands and the editor say."""
    from jsonschema import Draft202012Validator

    from netspec.editor.completion import completions
    from netspec.editor.document import Document
    from netspec.editor.hints import hints
    from netspec.editor.hover import hover
    from netspec.language.schema import schema
    from netspec.text.nodes import plain
    from netspec.text.reader import read
    from netspec.text.source import Source
    from tests.cli.run import here

    found: dict[str, Any] = {}
    layers = "scale: {by: 2}\n    bridge: {}"
    texts = {
        "spec": SPEC,
        "typo": SPEC.replace("by: 2", "bye: 2"),
        "unequal": STRIDED,
        "order": SPEC.replace(layers, "bridge: {}\n    scale: {by: 2}"),
        "empty": SPEC.replace("fc:", "  - {repeat: 2}\nfc:"),
    }
    with tempfile.TemporaryDirectory() as folder:
        for name, text in texts.items():
            path = Path(folder, f"{name}.yaml")
            path.write_text(text)
            done = here("validate", str(path), "--format", "json")
            found[name] = [done.exit_code, json.loads(done.stdout)["diagnostics"]]
        for form in ("json", "table", "markdown", "csv"):
            found[form] = here("summary", str(Path(folder, "spec.yaml")), "--format", form).stdout
        found["diagram"] = here("diagram", str(Path(folder, "spec.yaml"))).stdout
        found["schema command"] = here("schema").stdout
    whole = Document(Source("s.yaml", SPEC))
    assert whole.report.spec is not None
    for name, spec in {
        "reads": whole.report.spec,
        "reads without scale": whole.report.spec.keeping(lambda layer: layer.kind != "scale"),
        "reads without block 2": whole.report.spec.keeping(lambda layer: not layer.name.startswith("block2")),
    }.items():
        found[name] = [[layer.name, *layer.reads] for layer in spec.layers]
    root, _ = read(Source("s.yaml", SPEC))
    assert root is not None
    found["schema"] = [error.message for error in Draft202012Validator(schema()).iter_errors(plain(root))]
    lines = SPEC.splitlines()
    at = lines.index("    bridge: {}")
    typed = Document(Source("s.yaml", "\n".join([*lines[:at], "    ", *lines[at + 1 :]])))
    found["keys of a block"] = {one.label: one.insert for one in completions(typed, at + 1, 5)}
    typed = Document(Source("s.yaml", SPEC.replace("{by: 2}", "{}")))
    found["keys of scale"] = [one.label for one in completions(typed, at, len("    scale: {") + 1)]
    shown = hover(whole, at, 6)
    found["hover"] = shown.text if shown else ""
    found["hints"] = {hint.line: hint.text for hint in hints(whole, 1, 99)}
    found["line"] = at
    return found


def training() -> dict[str, Any]:
    """What the network computes and what a step of training changes and takes."""
    import jax
    import numpy as np

    from netspec.analysis.memory import training_bytes
    from netspec.export.torch import kinds
    from tests.lowering.networks import network, plan
    from tests.lowering.test_truth import compare
    from tests.toys.peers import KINDS
    from tests.training.memory import compiled_bytes

    kinds.KINDS |= KINDS
    for chosen in (False, True):
        compare(SPEC, chosen=chosen, training=True)
    found: dict[str, Any] = {}
    rng = np.random.default_rng(0)
    images = rng.normal(size=(32, 8, 8, 3)).astype(np.float32)
    labels = rng.integers(0, 3, 32).astype(np.int32)
    net = network(SPEC, chosen=True)
    state = net.init_training(0)
    state["variables"]["params"]["block2.scale"] = {"scale": jax.numpy.asarray([1.0, 2.0, 3.0, 4.0])}
    outputs = net.activations(state["variables"], images)
    wanted = outputs["block1.pool"] + outputs["block2.conv1"] * np.float32([2, 4, 6, 8])
    found["bridge"] = float(np.abs(outputs["block2.bridge"] - wanted).max())
    losses = []
    for _ in range(8):
        state, metrics = net.train_step(state, images, labels)
        losses.append(float(metrics["loss"]))
    found["losses"] = losses
    found["scale"] = np.asarray(state["variables"]["params"]["block2.scale"]["scale"]).tolist()
    found["bytes"] = [training_bytes(plan(WIDE), 64), compiled_bytes(plan(WIDE), 64)]
    return found


if __name__ == "__main__":
    register()
    print(json.dumps({"front": front, "training": training}[sys.argv[1]]()))
