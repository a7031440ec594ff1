"""The public functions: what the commands do, as Python. JAX is loaded when one of them computes."""

from __future__ import annotations

import io
import os
import signal
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from netspec.analysis.plan import Plan
from netspec.analysis.report import Report
from netspec.diagnostics.diagnostic import Diagnostic
from netspec.diagnostics.errors import DamagedFile, DataError, DeviceError, NetspecError, RunError, SpecError
from netspec.repair.check import check_source, readable_source, sound_plan
from netspec.text.mappings import source_of
from netspec.text.source import Source

if TYPE_CHECKING:
    import numpy as np

    from netspec.importing.imported import Imported
    from netspec.training.session import Watcher
    from netspec.training.step import TrainableNetwork
    from netspec.training.trained import TrainedNetwork
    from netspec.workflows.evaluate import Evaluated
    from netspec.workflows.pixels import File
    from netspec.workflows.predict import AnyPrediction, LabelsPrediction, NumbersPrediction, Prediction
    from netspec.workflows.train import Run

__all__ = [
    "DamagedFile",
    "DataError",
    "DeviceError",
    "Diagnostic",
    "Evaluated",
    "Imported",
    "LabelsPrediction",
    "NetspecError",
    "NumbersPrediction",
    "Plan",
    "Prediction",
    "Report",
    "Run",
    "RunError",
    "SpecError",
    "TrainableNetwork",
    "TrainedNetwork",
    "Watcher",
    "check",
    "compile",
    "evaluate",
    "from_torch",
    "load",
    "predict",
    "train",
]

LATE = {
    "Evaluated": "netspec.workflows.evaluate",
    "Imported": "netspec.importing.imported",
    "LabelsPrediction": "netspec.workflows.predict",
    "NumbersPrediction": "netspec.workflows.predict",
    "Prediction": "netspec.workflows.predict",
    "Run": "netspec.workflows.train",
    "TrainableNetwork": "netspec.training.step",
    "TrainedNetwork": "netspec.training.trained",
    "Watcher": "netspec.training.session",
}
"""The classes whose modules load JAX."""

AnyPath = str | os.PathLike[str]
Spec = AnyPath | Mapping[str, Any] | Source


def __getattr__(name: str) -> Any:
    from importlib import import_module

    if name in LATE:
        return getattr(import_module(LATE[name]), name)
    raise AttributeError(f"module 'netspec.api' has no attribute {name!r}")


def check(spec: Spec | None = None, *, text: str | None = None, fixes: bool = True) -> Report:
    """Checks a spec, as `netspec validate` does: `.diagnostics`, `.ok`, `.plan` (None where not ok).

    `spec` is a path, or a mapping with what a spec's text would hold; or its text is given as `text`. Without `fixes`,
    which take most of the time where something is wrong, no repairs are proposed. Paths in a mapping or a text are
    relative to the working directory.

    Raises:
        SpecError: the file cannot be read; it is an OSError too. What is wrong in a spec is in the report.
        TypeError: the mapping has a value that no spec can hold.
    """
    return check_source(_source(spec, text), fixes)


def compile(
    spec: Spec | None = None, *, text: str | None = None, steps_per_epoch: int | None = None
) -> TrainableNetwork:
    """The network of a spec (as for `check`) as JAX functions: `init`, `apply`, `predict`, `init_training`, `train_step`.

    Each layer runs the algorithm that is quickest on this machine's kind of device; those of the CPU have first-order
    reverse-mode derivatives only. `steps_per_epoch` is needed where the schedule counts in shares of the run and the data
    set is not a published one: without it `init_training` and `train_step` raise a ValueError, as they do where the run has
    too few steps for the schedule.

    Raises:
        SpecError: the spec has errors, or cannot be read.
    """
    plan = sound_plan(check(spec, text=text))

    from netspec.lowering.planner import choices_here
    from netspec.training.step import TrainableNetwork

    chosen = choices_here(plan, plan.spec.train.value.batch_size)
    return TrainableNetwork(plan, chosen, steps_per_epoch)


def train(
    spec: Spec | None = None,
    *,
    text: str | None = None,
    data: AnyPath | None = None,
    output: AnyPath | None = None,
    resume: AnyPath | None = None,
    devices: int = 1,
    tune: str = "auto",
    choices: AnyPath | None = None,
    watchers: Sequence[Watcher] = (),
) -> Run:
    """Trains the network of a spec (as for `check`) into a run directory, as `netspec train` does.

    `data` is where the images are, instead of the spec's `data.path`; `output` the run directory, by default the next free
    `runs/NAME-1`, `runs/NAME-2` and so on. `resume` goes on with a run, or from one of its checkpoints; the spec may then be
    left out. Each batch is divided among `devices`. `tune` is `auto`, `off` or `full`, `choices` a run or a file whose
    algorithms are taken. `watchers` are told of each step and epoch. Warnings are Python's.

    SIGINT, SIGTERM and SIGHUP end the training after its step: it is saved, and then the signal is raised again, SIGINT as
    KeyboardInterrupt. In a thread that is not the main one no signal is heard.

    Raises:
        SpecError, DataError: the spec or the images are wrong.
        DeviceError: the devices are not there, do not divide the batch, or have too little memory.
        RunError: `output` holds a run or is in use, the run cannot go on, or a number was not finite.
        DamagedFile: the checkpoint to go on from is damaged.
        ValueError: arguments have no meaning together.
        OSError: something cannot be written.
    """
    from netspec.runs.directory import SPEC
    from netspec.workflows import resuming
    from netspec.workflows.telling import as_warnings
    from netspec.workflows.train import train

    resumed = None
    own = spec is not None or text is not None
    if resume is not None:
        chosen = choices is not None or tune != "auto"
        resumed = resuming.resumed(Path(resume), output, chosen=chosen, moved=own)
        spec = spec if own else resumed.run / SPEC
    report = check(spec, text=text)
    plan = sound_plan(report)
    as_warnings(report.diagnostics)
    done = train(
        plan,
        data=_name(data),
        output=_name(output),
        resumed=resumed,
        devices=devices,
        tune=tune,
        pinned=_name(choices),
        watchers=tuple(watchers),
        tell=as_warnings,
    )
    if done.outcome.interrupted is not None:
        signal.raise_signal(done.outcome.interrupted)
    return done


def evaluate(run: AnyPath | TrainedNetwork, *, data: AnyPath | None = None, checkpoint: str = "model") -> Evaluated:
    """What a trained network does on its test set, as `netspec evaluate` does: `.metrics`, `.loss`, `.measures`, `.accuracy`.

    `run` is what `train` or `load` gave, or a path as for `load`, and `checkpoint` as there. `data` is where the images are,
    where they are no longer where the training found them.

    Raises:
        RunError, DamagedFile: as `load`; RunError also where the loss is not finite.
        DataError: the images are not there, or wrong.
        ValueError: as `load`; `data` where the images come with netspec, `checkpoint` where the network is loaded.
    """
    from netspec.workflows.evaluate import evaluate
    from netspec.workflows.telling import as_warnings

    return evaluate(_network(run, checkpoint), _name(data), as_warnings)


def predict(
    run: AnyPath | TrainedNetwork,
    images: AnyPath | np.ndarray | Sequence[AnyPath | np.ndarray],
    *,
    resize: bool = False,
    checkpoint: str = "model",
) -> list[AnyPrediction]:
    """What a network says of images, as `netspec predict` does: of each the class's `.name`, its `.label`, `.probabilities`.

    Of several labels the `.names` of those that are on, and `.probabilities`; of numbers the `.numbers`.

    `run` and `checkpoint` are as for `evaluate`. `images` is an image file, a folder of them, a `.npy` file or a `.csv`, an array of one
    image (height, width[, channels]) or of several (n, height, width, channels) with pixel values as in the training data,
    or a list of these. With `resize` image files of another size are made to fit;
    an array is taken as it is.

    Raises:
        DataError: one of them cannot be read, or is no image for this network. Each stands for itself: the answers to the
            others are its `made`.
        RunError, DamagedFile: as `load`; RunError also where an answer is not finite, with those before it as `made`.
        TypeError: `images` is something else.
        ValueError: as `load`; `checkpoint` where the network is loaded.
    """
    from netspec.workflows.predict import predictions
    from netspec.workflows.telling import as_warnings

    network = _network(run, checkpoint)
    made: list[AnyPrediction] = []
    try:
        made.extend(predictions(network, _files(images), resize, as_warnings, _passed_over))
    except NetspecError as error:
        error.made = tuple(made)
        raise
    return made


def load(run: AnyPath, *, checkpoint: str = "model") -> TrainedNetwork:
    """A trained network back: `.variables`, `.classes`, and all that `compile` gives.

    `run` is what `train` gave, a run directory, a model file or a checkpoint. `checkpoint` is `model` (as the run ended; of a
    run that has not ended, its newest checkpoint) or `best` (by validation). On a device of the kind that trained it, it
    computes by the run's algorithms: its predictions are those that were evaluated, bit for bit. On another kind of device,
    by those that are chosen for it.

    Raises:
        RunError: there is no run, or nothing in it to load.
        DamagedFile: the file does not hold what was written into it.
        ValueError: `checkpoint` is unknown, or `best` is asked of a file, which holds one network.
    """
    from netspec.workflows.runs import load

    return load(run, checkpoint)


def from_torch(module: Any, images: Any, *, partial: bool = False) -> Imported:
    """The spec of a PyTorch module, as a person would write it, and its weights: `.text`, `.plan`, `.arrays`, `.save(...)`.

    `images` is a tensor (batch, channels, height, width), on which `torch.export` runs the module. The spec is proved to be the
    same network, operation by operation. With `partial`, what the format cannot say is left out, and told in `.findings`.
    `netspec import` does it for files, of other systems too.

    Raises:
        SpecError: PyTorch does not export the module, or the format cannot say it; the diagnostics name the layers.
        ImportError: PyTorch is not installed.
    """
    from netspec.importing.module import from_torch

    return from_torch(module, images, partial=partial)


def _source(spec: Spec | None, text: str | None) -> Source:
    if (spec is None) == (text is None):
        raise TypeError("give a spec, or its text")
    if text is not None:
        return Source("<text>", text)
    if isinstance(spec, Source):
        return spec
    if isinstance(spec, Mapping):
        return source_of(spec)
    assert spec is not None
    return readable_source(os.fspath(spec))


def _network(run: AnyPath | TrainedNetwork, checkpoint: str) -> TrainedNetwork:
    from netspec.training.trained import TrainedNetwork

    if not isinstance(run, TrainedNetwork):
        return load(run, checkpoint=checkpoint)
    if checkpoint != "model":
        raise ValueError("the network is loaded already: give checkpoint to load")
    return run


def _files(images: AnyPath | np.ndarray | Sequence[AnyPath | np.ndarray]) -> Iterator[File]:
    """Each of them as a file; an array as the `.npy` that would hold it: it is held to the same."""
    import numpy as np

    given = (
        [images] if _is_one(images) or isinstance(images, bytes) or not isinstance(images, Iterable) else list(images)
    )
    for number, image in enumerate(given):
        if not _is_one(image):
            raise TypeError(
                f"images are files, folders and NumPy arrays, or a list of these; not {type(image).__name__}"
            )
        if isinstance(image, str | os.PathLike):
            yield Path(image), None
        else:
            stream = io.BytesIO()
            np.save(stream, np.asarray(image), allow_pickle=False)
            yield Path(f"images[{number}]" if len(given) > 1 else "images"), stream.getvalue()


def _is_one(image: object) -> bool:
    return isinstance(image, str | os.PathLike) or hasattr(image, "__array__")


def _passed_over(line: str) -> None:
    import warnings

    warnings.warn(line, stacklevel=5)


def _name(path: AnyPath | None) -> str | None:
    return None if path is None else os.fspath(path)
