"""`netspec export`: a trained network, or the network of a spec, as other systems load it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from netspec.cli import computing, messages, options, specs, written
from netspec.cli.compile import compile_into, platform, steps_per_epoch
from netspec.cli.outcome import Outcome
from netspec.text.recognition import ENDINGS

if TYPE_CHECKING:
    from netspec.analysis.plan import Plan
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
    "overwrite": tuple(name for name in (*TRAINED, *CODE) if name != "stablehlo"),
}
"""The options that are for some targets alone."""
OPTIONS = {"platforms": "platform", "steps_per_epoch": "steps-per-epoch"}
"""Those that are called otherwise on the command line."""
NEXT = {
    "onnx": "onnxruntime.InferenceSession({})",
    "keras": "keras.saving.load_model({})",
    "litert": "ai_edge_litert.interpreter.Interpreter({})",
    "safetensors": "safetensors.numpy.load_file({})",
    "torch": "module.load_state_dict(safetensors.torch.load_file({})), of the module that --to pytorch-code writes",
    "pytorch-code": "import it; --to torch writes the weights of a run for it",
    "keras-code": "import it; --to keras writes a model with the weights of a run",
    "flax-code": "import it; --to safetensors --names flax writes the weights of a run for it",
}
"""What is done with a file that was written, given its name as Python has it."""
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
@written.overwrite
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
    overwrite = bool(given.pop("overwrite", False))
    if output != "-" and os.path.realpath(output) in map(os.path.realpath, (file, specs.of_run(file))):
        raise click.BadParameter("that is what is read", param_hint="--output")
    plan, data = (
        _code(file, target, output, overwrite) if target in CODE else _trained(file, target, output, overwrite, given)
    )
    if output == "-":
        return Outcome(result=lambda _: [data or b""])
    if data is None:
        written.say(output, written.size(plan))
        written.say_next(f"{messages.safe(str(Path(output, 'README.txt')))} says how it is loaded")
        return Outcome()
    written.write(output, data)
    written.say(output, f"{written.size(plan)}, {len(data):,} bytes")
    written.say_next(NEXT[target].format(messages.safe(repr(output))))
    return Outcome()


def _code(file: str, target: str, output: str, overwrite: bool) -> tuple[Plan, bytes]:
    """The network of a spec, of a run, or of a file of weights, and its text."""
    written.require_free(output, overwrite)
    trained = file.endswith(MODEL) or (Path(file).is_dir() and not specs.is_run(file))  # or neither run nor spec
    if trained:
        computing.begin()
    plan = _network(file).plan if trained else specs.require_plan(specs.of_run(file))
    from netspec.workflows.export import code

    return plan, code(plan, target).encode()


def _trained(run: str, target: str, output: str, overwrite: bool, given: dict[str, Any]) -> tuple[Plan, bytes | None]:
    """A trained network, and its file; None where it was written into a directory."""
    if run == "-" or (run.endswith(ENDINGS) and not Path(run).is_dir()):
        raise click.UsageError(
            f"--to {target} needs a trained network, and {messages.safe(run)} is a spec: name a run directory, a model file, or "
            f"weights that `import` wrote. A spec goes with {', '.join(f'--to {code}' for code in CODE)}."
        )
    if target in PACKAGES:
        messages.require_extra(*PACKAGES[target])
    computing.begin()
    from netspec.runs.directory import is_part

    if output != "-" and is_part(Path(output), Path(run)):
        raise click.BadParameter("that is a file of the run itself", param_hint="--output")
    if target != "stablehlo":
        written.require_free(output, overwrite)
    network = _network(run, given.pop("checkpoint", "model"))
    from netspec.workflows.export import trained

    if target == "stablehlo":
        compile_into(output, network.plan, run, network, **given)
        return network.plan, None
    if network.plan.spec.train.value.precision != "float32":
        click.echo("trained in bfloat16; what is written computes in float32: the last digits differ", err=True)
    return network.plan, trained(network, target, given)


def _network(file: str, checkpoint: str = "model") -> TrainedNetwork:
    from netspec.workflows.runs import load

    return load(file, checkpoint, messages.tell, imported=True)
