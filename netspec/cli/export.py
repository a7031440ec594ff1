"""`netspec export`: a trained network, or the network of a spec, as other systems load it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from netspec.cli import computing, messages, options, specs
from netspec.cli.compile import compile_into, platform, steps_per_epoch
from netspec.cli.outcome import Outcome
from netspec.text.recognition import ENDINGS

if TYPE_CHECKING:
    from netspec.training.trained import TrainedNetwork

TRAINED = ("onnx", "keras", "litert", "stablehlo", "safetensors", "torch")
"""What is written of a trained network."""
PACKAGES: dict[str, tuple[str, dict[str, str]]] = {
    "onnx": ("export", {"onnx": "onnx"}),
    "keras": ("export", {"h5py": "h5py"}),
    "litert": ("litert", {"litert_converter": "litert-converter"}),
}
"""What that needs besides what training does: the extra, its modules, and the packages that have them."""
CODE = ("pytorch-code", "keras-code", "flax-code")
"""What is written of a spec."""
OWN = {
    "layout": ("onnx",),
    "normalized": ("onnx", "keras", "litert"),
    "logits": ("onnx", "keras", "litert"),
    "names": ("safetensors",),
    "platforms": ("stablehlo",),
    "steps_per_epoch": ("stablehlo",),
    "checkpoint": TRAINED,
}
"""The options that are for some targets alone."""
OPTIONS = {"platforms": "platform", "steps_per_epoch": "steps-per-epoch"}
"""Those that are called otherwise on the command line."""
MODEL = ".safetensors"
"""How files end that hold a network."""


@click.command(
    short_help="Write a network as other systems load it.",
    epilog="Example: netspec export runs/digits-1 --to onnx -o digits.onnx",
)
@click.argument("file", type=options.FILE)
@click.option("--to", "target", required=True, type=click.Choice([*TRAINED, *CODE]), help="What is written.")
@click.option(
    "-o",
    "--output",
    "output",
    metavar="PATH",
    required=True,
    type=options.FILE,
    help="The file to write, of stablehlo the directory; - for standard output.",
)
@click.option(
    "--layout",
    type=click.Choice(["nchw", "nhwc"]),
    help="How images lie: channels first, which is usual, or last.  [default: nchw]",
)
@click.option(
    "--normalized", is_flag=True, help="Images are given normalized; else the model does it, and takes raw ones."
)
@click.option("--logits", is_flag=True, help="Give the last layer's numbers, not probabilities.")
@click.option(
    "--names",
    type=click.Choice(["netspec", "torch", "keras", "flax"]),
    help="Whose names and layouts arrays have.  [default: netspec]",
)
@platform
@steps_per_epoch
@options.checkpoint
@options.forms()
def export(file: str, target: str, output: str, **own: Any) -> Outcome:
    """Write a network as other systems load it, without netspec. The same network gives the same bytes.

    FILE is a run directory, a model file, or weights that `import` wrote; for code a spec too, `-` for standard input.

    \b
    onnx          what `predict` computes, for any number of images, with names of classes
    keras         the same as Keras saves a model (.keras); a layer that Keras has not is refused
    litert        the same for one image, as LiteRT reads it (.tflite)
    stablehlo     the directory that `compile` writes: prediction and a training step
    safetensors   the arrays, with --names torch, keras or flax as these have them
    torch         the state dict of the module that pytorch-code writes, as safetensors
    pytorch-code  a module of PyTorch with the same layers
    keras-code    a functional model of Keras, for what Keras has
    flax-code     a module of Flax (nnx), for what Flax has
    """
    given = {name: value for name, value in own.items() if value and (name, value) != ("checkpoint", "model")}
    for name in given:
        if target not in OWN[name]:
            option = OPTIONS.get(name, name)
            raise click.UsageError(f"--{option} is not for --to {target}, but for {', '.join(OWN[name])}.")
    data = _code(file, target, output) if target in CODE else _trained(file, target, output, given)
    if data is None:
        return Outcome()
    if output == "-":
        return Outcome(result=lambda _: [data])
    from netspec.storage.writing import write_atomic

    write_atomic(Path(output), data)
    return Outcome()


def _code(file: str, target: str, output: str) -> bytes:
    """The network of a spec, of a run, or of a file of weights."""
    if output != "-" and os.path.realpath(output) in map(os.path.realpath, (file, specs.of_run(file))):
        raise click.BadParameter("that is what is read", param_hint="--output")
    trained = file.endswith(MODEL) or (Path(file).is_dir() and not specs.is_run(file))  # or neither run nor spec
    plan = _network(file).plan if trained else specs.require_plan(specs.of_run(file))
    from netspec.workflows.export import code

    return code(plan, target).encode()


def _trained(run: str, target: str, output: str, given: dict[str, Any]) -> bytes | None:
    """A trained network; None where it was written into a directory."""
    if run == "-" or (run.endswith(ENDINGS) and not Path(run).is_dir()):
        raise click.UsageError(
            f"--to {target} needs a trained network, and {messages.safe(run)} is a spec: name a run directory, a model file, or "
            f"weights that `import` wrote. A spec goes with {', '.join(f'--to {code}' for code in CODE)}."
        )
    if target in PACKAGES:
        messages.require_extra(*PACKAGES[target])
    network = _network(run, given.pop("checkpoint", "model"))
    from netspec.runs.directory import is_part
    from netspec.workflows.export import trained

    if output != "-" and is_part(Path(output), Path(run)):
        raise click.BadParameter("that is a file of the run itself", param_hint="--output")
    if target == "stablehlo":
        compile_into(output, network.plan, run, network, **given)
        return None
    if network.plan.spec.train.value.precision != "float32":
        click.echo("trained in bfloat16; what is written computes in float32: the last digits differ", err=True)
    return trained(network, target, given)


def _network(file: str, checkpoint: str = "model") -> TrainedNetwork:
    computing.begin()
    from netspec.workflows.runs import load

    return load(file, checkpoint, messages.tell, imported=True)
