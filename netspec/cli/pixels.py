"""Image files and arrays as a trained network takes them: what does not fit it is refused, what hardly can is told."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from netspec.cli import messages

if TYPE_CHECKING:
    import numpy as np

    from netspec.training.run import TrainedNetwork

FAR = 100.0
"""So many deviations from the mean is another scale: where one pixel of 10,000 is white, it has a hundred."""
WIDE = 5.0
"""Where the training data deviate by more, numbers from 0 to 1 were divided by 255 or the like."""


def read(network: TrainedNetwork, path: Path, resize: bool) -> list[tuple[str, np.ndarray]]:
    """The images of one file with a name each; exits where it has none that fit."""
    from netspec.training.data.problem import Refused

    try:
        if path.suffix == ".npy":
            stack = _array(path, network.plan.input)
            if (fact := _other_scale(network, stack)) is not None:
                messages.warn("NS517", f"`{path}` {fact}", "give pixel values as the training data have them")
            return _named(path, stack)
        from netspec.training.data.images import decode

        height, width, channels = network.plan.input
        image: np.ndarray = decode(path, (height, width, channels), resize)
        return [(str(path), _as_trained(network, path, image))]
    except Refused as refused:
        problem = refused.problems[0]
        # what helps a training set helps no single image: its spec is the run's, and nobody's file is to be removed
        size = "x".join(map(str, network.plan.input[:2]))
        own = {
            "NS502": "give an image file or a .npy array",
            "NS508": f"add --resize, or give an image of {size} pixels",
        }
        help = own.get(problem.code, problem.help)
        messages.fail(problem.code, problem.message, help, status=2 if problem.code == "NS501" else 1)
    except OSError as error:
        messages.fail("NS501", f"`{path}`: {error.strerror or error}", None, status=2)


def _as_trained(network: TrainedNetwork, path: Path, image: np.ndarray) -> np.ndarray:
    """The bytes of an image file as the training data has its pixels; exits where their range is not known."""
    import numpy as np

    white = _white(network)
    if white is None:
        message = f"`{path}` has bytes, and the network was trained on the numbers of an `.npz` file"
        messages.fail("NS516", message, "give a `.npy` array with numbers as in the training data", status=1)
    return image if white == 255 else image.astype(np.float32) * np.float32(white / 255)


def _white(network: TrainedNetwork) -> int | None:
    """The largest pixel of the training data, 0 being the least; None where that is not known."""
    from netspec.language.data import KNOWN

    source = network.plan.spec.data.value.source
    if source == "npz":
        return None
    return KNOWN[source].white if source in KNOWN else 255


def _other_scale(network: TrainedNetwork, stack: np.ndarray) -> str | None:
    """What tells that these numbers are on another scale than the training data; None where nothing does.

    Read off the statistics by which the network normalizes; with `normalize: none` it has none.
    """
    import numpy as np

    low, high, white = float(stack.min()), float(stack.max()), _white(network)
    has = f"has values from {low:.6g} to {high:.6g}"
    if white is not None and not 0 <= low <= high <= white:
        return f"{has}; the training data have 0 to {white}"
    if network.plan.spec.data.value.normalize == "none":
        return None
    statistics = network.variables["state"]["input"]
    mean, deviation = (np.asarray(statistics[name]) for name in ("mean", "deviation"))
    far = max(mean.max() - low, high - mean.min()) > FAR * deviation.max()
    flat = 0 <= low < high <= 1 and deviation.min() > WIDE
    about = f"{mean.mean():.3g} by {deviation.mean():.3g}"
    return f"{has}; those of the training data deviate from {about}" if far or flat else None


def _array(path: Path, wanted: tuple[int, ...]) -> np.ndarray:
    """(n, height, width, channels)."""
    import numpy as np

    try:
        array = np.load(path, allow_pickle=False, mmap_mode="r")
    except (ValueError, EOFError):
        messages.fail("NS516", f"`{path}` is not a `.npy` file of plain numbers", "save it with numpy.save", status=1)
    if array.dtype.kind not in "uif":
        messages.fail("NS516", f"`{path}` holds {array.dtype}, not numbers", None, status=1)
    full = array[..., None] if wanted[2] == 1 and array.shape[-2:] == wanted[:2] else array
    stack = full[None] if full.ndim == 3 else full
    if stack.shape[1:] != wanted or stack.ndim != 4:
        shape = "x".join(map(str, wanted))
        from netspec.training.data.checks import channels_last

        message = f"`{path}` has the shape {array.shape}; the network takes images of {shape}"
        messages.fail("NS508", message, channels_last(array.shape, (wanted[0], wanted[1], wanted[2])), status=1)
    if not len(stack):
        messages.fail("NS510", f"`{path}` has no images", None, status=1)
    if array.dtype == np.uint8:
        return np.asarray(stack)
    with np.errstate(over="ignore"):
        pixels = np.asarray(stack, np.float32)
    bad = [f"`{name}`" for name, image in _named(path, pixels) if not np.isfinite(image).all()]
    if bad:
        more = f"; {len(bad):,} of {len(pixels):,} images have one" if len(pixels) > 1 else ""
        messages.fail("NS509", f"{bad[0]} has a pixel that is not finite in float32{more}", None, status=1)
    return pixels


def _named(path: Path, stack: np.ndarray) -> list[tuple[str, np.ndarray]]:
    """The images of a file, each with its name."""
    return [(f"{path}[{i}]" if len(stack) > 1 else str(path), image) for i, image in enumerate(stack)]
