"""Images that come after training, against those that a network was trained on: what does not fit, what hardly can."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from netspec.language.data import KNOWN
from netspec.language.kind import dimensions
from netspec.training.data.checks import Shape, channels_last
from netspec.training.data.images import decode
from netspec.training.data.problem import Problem, Refused

FAR = 100.0
"""So many deviations from the mean is another scale: where one pixel of 10,000 is white, it has a hundred."""
WIDE = 5.0
"""Where the training data deviate by more, numbers from 0 to 1 were divided by 255 or the like."""


@dataclass(frozen=True, eq=False)
class Trained:
    """What is known of the images that a network was trained on."""

    shape: Shape
    source: str
    """As the spec has it."""
    statistics: tuple[np.ndarray, np.ndarray] | None
    """(channels,) mean and deviation by which the network normalizes; None where it does not."""

    @property
    def white(self) -> int | None:
        """The largest pixel, 0 being the least; None where that is not known."""
        if self.source == "npz":
            return None
        return KNOWN[self.source].white if self.source in KNOWN else 255

    def other_scale(self, stack: np.ndarray) -> str | None:
        """What tells that numbers (of any shape) are on another scale than the images; None where nothing does."""
        low, high, white = float(stack.min()), float(stack.max()), self.white
        has = f"has values from {low:.6g} to {high:.6g}"
        if white is not None and not 0 <= low <= high <= white:
            return f"{has}; the training data have 0 to {white}"
        if self.statistics is None:
            return None
        mean, deviation = self.statistics
        far = max(mean.max() - low, high - mean.min()) > FAR * deviation.max()
        flat = 0 <= low < high <= 1 and deviation.min() > WIDE
        about = f"{mean.mean():.3g} by {deviation.mean():.3g}"
        return f"{has}; those of the training data deviate from {about}" if far or flat else None

    def image(self, path: Path, resize: bool) -> np.ndarray:
        """An image file, (height, width, channels), with pixels as the training data has them.

        Raises:
            Refused: as `decode`; NS516 the range of the training data is not known.
        """
        image: np.ndarray = decode(path, self.shape, resize)
        if self.white is None:
            message = f"`{path}` has bytes, and the network was trained on the numbers of an `.npz` file"
            raise Refused(Problem("NS516", message, "give a `.npy` array with numbers as in the training data"))
        return image if self.white == 255 else image.astype(np.float32) * np.float32(self.white / 255)

    def arrays(self, path: Path) -> np.ndarray:
        """The images of a `.npy` file, (n, height, width, channels).

        Raises:
            Refused: NS516 no numbers, NS508 another shape, NS510 none, NS509 one that is not finite.
            OSError: the file cannot be read.
        """
        try:
            array = np.load(path, allow_pickle=False, mmap_mode="r")
        except (ValueError, EOFError):
            message = f"`{path}` is not a `.npy` file of plain numbers"
            raise Refused(Problem("NS516", message, "save it with numpy.save")) from None
        if array.dtype.kind not in "uif":
            raise Refused(Problem("NS516", f"`{path}` holds {array.dtype}, not numbers"))
        full = array[..., None] if self.shape[2] == 1 and array.shape[-2:] == self.shape[:2] else array
        stack = full[None] if full.ndim == 3 else full
        if stack.shape[1:] != self.shape or stack.ndim != 4:
            message = f"`{path}` has the shape {array.shape}; the network takes images of {dimensions(self.shape)}"
            raise Refused(Problem("NS508", message, channels_last(array.shape, self.shape)))
        if not len(stack):
            raise Refused(Problem("NS510", f"`{path}` has no images"))
        if array.dtype == np.uint8:
            return np.asarray(stack)
        with np.errstate(over="ignore"):
            pixels = np.asarray(stack, np.float32)
        bad = [f"`{name}`" for name, image in named(path, pixels) if not np.isfinite(image).all()]
        if bad:
            more = f"; {len(bad):,} of {len(pixels):,} images have one" if len(pixels) > 1 else ""
            raise Refused(Problem("NS509", f"{bad[0]} has a pixel that is not finite in float32{more}"))
        return pixels


def named(path: Path, stack: np.ndarray) -> list[tuple[str, np.ndarray]]:
    """The images of a file, each with its name."""
    return [(f"{path}[{i}]" if len(stack) > 1 else str(path), image) for i, image in enumerate(stack)]
