"""NS5: data."""

from netspec.diagnostics.code import Code


def _spec(data: str, input: str = "[8, 8, 1]", classes: int = 10) -> str:
    """The smallest spec that trains on `data`; its files stand beside it in `broken` and `good`."""
    return f"netspec: 1\nname: example\ninput: {input}\nfc: [{classes}]\ndata: {data}\n"


def _on_files(code: str, title: str, meaning: str, source: str, end: str = "") -> Code:
    """A code that depends on what files hold: the repaired spec reads other files."""
    broken, good = (_spec(f"{{source: {source}, path: {name}{end}}}") for name in ("broken", "good"))
    return Code(code, title, meaning, broken, good)


CODES: tuple[Code, ...] = (
    Code(
        "NS501",
        "data not found",
        "The files of the source are not where `path` says or, without `path`, in none of the usual "
        "places: `$NETSPEC_DATA/<source>`, `~/.cache/netspec/<source>`, Keras's cache, and the folder of "
        "Debian's package `dataset-<source>`. netspec never downloads data.",
        _spec("{source: idx, path: nowhere}"),
        _spec("{source: digits}"),
    ),
    _on_files(
        "NS502",
        "file of another format",
        "A file does not begin as its format does. A failed download often leaves a web page under the "
        "name of the file; a text or a document may lie in a folder of images. `.DS_Store` and other names"
        " that begin with a dot, `Thumbs.db` and `desktop.ini` are passed over.",
        "idx",
    ),
    _on_files(
        "NS503",
        "damaged file",
        "A file is empty, ends before the data it declares, goes on after them, or fails its checksum. "
        "Training on half a file, or on zeros in place of the rest, would look like training.",
        "idx",
    ),
    _on_files(
        "NS504",
        "data too large",
        "A header declares more than the file can hold once inflated, more than half of this machine's "
        "memory, or an image more than 33 million pixels or more of them than its bytes can stand for. It is "
        "refused before anything is allocated.",
        "idx",
    ),
    _on_files(
        "NS505",
        "array of the wrong kind",
        "The arrays `x_train`, `y_train`, `x_test` and `y_test` have to be there; images are numbers with "
        "the axes (n, height, width) or (n, height, width, channels), labels are integers with the axis "
        "(n,). Arrays of Python objects are refused: reading them would run what the file says.",
        "npz",
        ".npz",
    ),
    _on_files(
        "NS506",
        "images and labels differ in number",
        "Row i of the labels belongs to row i of the images, so there must be as many of the one as of the"
        " other. Most often two files of different data sets, or of the training and the test part, were "
        "mixed.",
        "idx",
    ),
    _on_files(
        "NS507",
        "label out of range",
        "Labels are the class numbers 0 … classes - 1. Array code clamps a label beyond the end to the "
        "last class, and counts a negative one from the end, without a word: the network would be taught "
        "what is wrong. Labels that count from 1 are the usual cause.",
        "idx",
    ),
    Code(
        "NS508",
        "images are not of the size of `input`",
        "Height, width and channels of the images have to be those of `input`. Only a folder of images can"
        " be resized, by `resize: true`; its images are also converted to the channels of `input`.",
        _spec("{source: digits}", input="[28, 28, 1]"),
        _spec("{source: digits}"),
    ),
    _on_files(
        "NS509",
        "pixel is not finite",
        "A pixel is NaN or infinite, or too large for float32. One such pixel makes the loss and, one step"
        " later, every weight NaN.",
        "npz",
        ".npz",
    ),
    _on_files("NS510", "no examples", "A part of the data set, or the folder of a class, is empty.", "idx"),
    _on_files(
        "NS511",
        "nothing to learn, or tested on what was never taught",
        "All training examples are of one class, or the test part has a class that the training part has "
        "not. The accuracy would mean nothing.",
        "idx",
    ),
    _on_files(
        "NS512",
        "class without an example",
        "The network has an output for a class that no training example shows, or the test part leaves out"
        " a class that is taught. A warning: the network can be trained, but it says nothing about this "
        "class.",
        "idx",
    ),
    Code(
        "NS513",
        "outputs and classes differ in number",
        "The last layer needs one unit a class, and the number of classes is known: a published data set, "
        "or a folder of images.",
        _spec("{source: digits}", classes=12),
        _spec("{source: digits}"),
    ),
    Code(
        "NS514",
        "pickle asks for more than data",
        "The Python version of CIFAR-10 is a pickle, which is a program. netspec does not run it: it "
        "follows the few instructions that build dictionaries, lists, text, numbers and arrays of bytes, "
        "and refuses the file at the first other one.",
        _spec("{source: cifar-10, path: broken}", input="[32, 32, 3]"),
        _spec("{source: cifar-10, path: good}", input="[32, 32, 3]"),
    ),
    Code(
        "NS515",
        "image of a kind that is not read",
        "The image has no fixed range from black to white (floating point, 32 bits), or several frames. "
        "There is no one right way to make 8 bits of it.",
        _spec("{source: images, path: broken}", classes=2),
        _spec("{source: images, path: good}", classes=2),
    ),
    Code(
        "NS516",
        "file out of place",
        "Images lie in `train/<class>/` and `test/<class>/`: no file beside the class folders, no folder inside one.",
        _spec("{source: images, path: broken}", classes=2),
        _spec("{source: images, path: good}", classes=2),
    ),
)
