"""Which file is which system's, and its graph."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from zipfile import BadZipFile

from netspec.diagnostics.diagnostic import Diagnostic, from_fault, from_unreadable, placeless
from netspec.diagnostics.errors import Misuse, SpecError, UnreadableSpec
from netspec.importing.gates import gated
from netspec.importing.graph import Graph, Origin, Unsaid
from netspec.importing.sizes import Broken
from netspec.importing.words import listed
from netspec.text.files import Unreadable, read_source
from netspec.text.source import START, Source


@dataclass(frozen=True, slots=True)
class System:
    """What reads the files of one ending."""

    name: str
    module: str
    """Its `read` gives a graph."""
    text: bool = False
    """Whether its files are texts, in which things have places."""
    apart: str = ""
    """Where its weights are, which are not in the file itself."""


SYSTEMS: dict[str, System] = {
    ".cfg": System(
        "Darknet",
        "netspec.importing.sources.darknet",
        True,
        "say by --from-weights where they are, as in `--from-weights net.weights`",
    ),
    ".prototxt": System(
        "Caffe",
        "netspec.importing.sources.caffe",
        True,
        "Caffe's are not read: convert the model to ONNX, and import that",
    ),
    ".onnx": System("ONNX", "netspec.importing.sources.onnx"),
    **dict.fromkeys((".keras", ".h5", ".hdf5"), System("Keras", "netspec.importing.sources.keras")),
    ".json": System(
        "Keras",
        "netspec.importing.sources.keras",
        apart="import the `.keras` or `.h5` file of the model, which holds both",
    ),
    ".pt2": System("PyTorch", "netspec.importing.sources.torch_file"),
}
"""By the ending of a file."""
DARKNETS = ".weights"
"""How files of Darknet's weights end, which stand beside a `.cfg`."""
PICKLES = (".pt", ".pth", ".pkl", ".pickle", ".ckpt", ".bin", ".joblib")
PICKLE = "it may be a pickle, a program that would run when it is read, and an import executes nothing"
OF_PICKLE = (
    "where it was made, write the module with its weights: `torch.export.save(torch.export.export(module, (images,)), "
    '"net.pt2")`, and import that; or `netspec.from_torch(module, images).save("net.yaml", "net.safetensors")`'
)
ALONE = {".safetensors": "", ".npz": "", ".caffemodel": "", DARKNETS: " and give this by --from-weights"}
"""Files of arrays, which have no layers; and what else is to be done."""
MOST_BYTES = 8 << 30
PACKAGES = ("onnx", "h5py", "numpy", "google", "safetensors")
INSTALL = "pip install 'netspec-compiler[import]'"
MALFORMED = (
    *(KeyError, IndexError, TypeError, ValueError, AttributeError, OverflowError, EOFError, MemoryError, OSError),
    *(RuntimeError, BadZipFile, zlib.error),
)
"""What reading raises in a file of someone else's making; RuntimeError of an encrypted archive, and of too many levels."""


def read(
    file: str,
    weights: str | None = None,
    size: tuple[int, int, int] | None = None,
    *,
    arrays: bool = False,
    called: str | None = None,
) -> tuple[Graph, Source | None]:
    """The graph of a file, and its text where it is one.

    `weights` is a file of weights beside it, `size` the (height, width, channels) of images where the file leaves them open,
    `arrays` whether weights are asked for, `called` what the file is called for people.

    Raises UnreadableSpec where a file cannot be read, SpecError where it is not what its ending says or has no weights that are
    asked for, Misuse where a file of weights is given to a system that has none.
    """
    system = SYSTEMS.get(Path(file).suffix.lower())
    if system is None:
        raise _unknown(file)
    if weights is not None and not system.text:
        raise Misuse(f"weights of `{file}` are in the file itself: give no other for them.")
    reader = import_module(system.module)
    name = Path(file).name.removesuffix(Path(file).suffix)
    content = (lambda: _bytes(weights)) if weights is not None else None
    source = _text(file) if system.text else None
    if arrays and weights is None and system.apart:
        raise SpecError([placeless("NS292", f"`{file}` holds no weights", system.apart)])
    with told(called or file, source):
        graph: Graph = (
            reader.read(source, name, content, size) if source is not None else reader.read(Path(file), name, size)
        )
        return gated(graph), source


def _unknown(file: str) -> SpecError:
    """What is wrong with a file whose ending no system has."""
    ending = Path(file).suffix.lower()
    if ending in PICKLES:
        return SpecError([placeless("NS295", f"`{file}`: {PICKLE}", OF_PICKLE)])
    known = listed(SYSTEMS)
    if ending in ALONE:
        help = f"import the file of the network, which ends in one of {known}{ALONE[ending]}"
        return SpecError([placeless("NS292", f"`{file}` holds weights alone, and no layers", help)])
    help = f"give a file that ends in one of {known}; most systems write ONNX"
    return SpecError([placeless("NS292", f"`{file}`: no ending that an import knows", help)], status=2)


@contextmanager
def told(file: str, source: Source | None) -> Iterator[None]:
    """While something of a file is read: what is raised becomes a finding. Raises SpecError, UnreadableSpec."""
    try:
        yield
    except SpecError:
        raise
    except Broken as error:
        where = error.origin or Origin("")
        raise SpecError([finding(Unsaid(error.code, error.message, where), file, source)], status=1) from None
    except ImportError as error:
        if error.name is None or error.name.partition(".")[0] not in PACKAGES:
            raise
        raise SpecError([placeless("NS292", f"`{file}` needs the package {error.name}", INSTALL)], status=3) from None
    except MALFORMED as error:
        if isinstance(error, OSError) and error.errno is not None and error.strerror:  # the system's, not a reader's
            unreadable = Unreadable(str(error.filename or file), error.strerror)
            raise UnreadableSpec([from_unreadable(unreadable)], status=2) from None
        what = f"it is not laid out as its ending says ({type(error).__name__}: {str(error)[:80]})"
        raise SpecError([finding(Unsaid("NS292", what, Origin("")), file, source)]) from None


def finding(unsaid: Unsaid, file: str, source: Source | None) -> Diagnostic:
    """What an import found, at its place in a text, or with the name that the source has for it."""
    layer = unsaid.origin.name or None
    named = f"`{layer}`: " if layer is not None else ""
    if source is not None:
        span = unsaid.origin.span or START
        return Diagnostic(unsaid.code, f"{named}{unsaid.message}", source, span, layer=layer, help=unsaid.help)
    return placeless(unsaid.code, f"`{file}`: {named}{unsaid.message}", unsaid.help)


def _text(file: str) -> Source:
    found = read_source(file)
    if isinstance(found, Unreadable):
        raise UnreadableSpec([from_unreadable(found)], status=2)
    if found.faults:
        raise SpecError([from_fault(fault, found) for fault in found.faults])
    return found


def _bytes(file: str) -> bytes:
    path = Path(file)
    if path.stat().st_size > MOST_BYTES:
        raise Broken(f"`{file}` is larger than {MOST_BYTES >> 30} GiB")
    return path.read_bytes()
