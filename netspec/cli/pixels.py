"""Image files and arrays for a trained network: what does not fit it ends the command, what hardly can is told."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from netspec.cli import messages

if TYPE_CHECKING:
    import numpy as np

    from netspec.training.run import TrainedNetwork


def read(network: TrainedNetwork, path: Path, resize: bool) -> list[tuple[str, np.ndarray]]:
    """The images of one file with a name each; exits where it has none that fit."""
    from netspec.training.data.formats import SAVE_AS_PNG
    from netspec.training.data.pixels import named
    from netspec.training.data.problem import Refused

    trained = network.trained_on
    try:
        if path.suffix != ".npy":
            return [(str(path), trained.image(path, resize))]
        stack = trained.arrays(path)
        if (fact := trained.other_scale(stack)) is not None:
            messages.warn("NS517", f"`{path}` {fact}", "give pixel values as the training data have them")
        return named(path, stack)
    except Refused as refused:
        problem = refused.problems[0]
        # what helps a training set helps no single image: its spec is the run's, and nobody's file is to be removed
        size = "x".join(map(str, network.plan.input[:2]))
        own = {
            "NS502": problem.help if problem.help == SAVE_AS_PNG else "give an image file or a .npy array",
            "NS508": f"add --resize, or give an image of {size} pixels",
        }
        help = problem.help if path.suffix == ".npy" else own.get(problem.code, problem.help)
        messages.fail(problem.code, problem.message, help, status=2 if problem.code == "NS501" else 1)
    except OSError as error:
        messages.fail("NS501", f"`{path}`: {error.strerror or error}", None, status=2)
