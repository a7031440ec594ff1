"""NS5: data. The examples read small data sets that a few lines of Python make: `good` ones and `broken` ones."""

from netspec.diagnostics.code import Code, OfFile

TRAIN = "netspec train example.yaml"

_ARRAYS = """\
python3 -c "
import numpy as np
x = np.random.default_rng(0).integers(0, 256, (20, 8, 8), np.uint8)
y = np.arange(20) % 10
good = dict(x_train=x, y_train=y, x_test=x, y_test=y)
np.savez('good.npz', **good)
{}"
"""

_IMAGES = """\
python3 -c "
import itertools, os
from PIL import Image
parts = ('good', 'broken'), ('train', 'test'), ('cat', 'dog')
for place in map('/'.join, itertools.product(*parts)):
    os.makedirs(place)
    for grey in (0, 9):
        Image.new('L', (8, 8), grey).save(f'{{place}}/{{grey}}.png')
{}"
"""

_CIFAR = """\
python3 -c "
import os, pickle, numpy as np
for folder in ('good', 'broken'):
    os.mkdir(folder)
    for name in (*(f'data_batch_{n}' for n in range(1, 6)), 'test_batch'):
        pixels = np.zeros((10, 3072), np.uint8)
        rows = {'data': pixels, 'labels': [*range(10)]}
        pickle.dump(rows, open(f'{folder}/{name}', 'wb'), protocol=2)
pickle.dump(print, open('broken/data_batch_1', 'wb'))"
"""


def _spec(data: str, input: str = "[8, 8, 1]", classes: int = 10) -> str:
    """The smallest spec that trains on `data`."""
    train = "train: {epochs: 1, batch_size: 2}"
    return f"netspec: 1\nname: example\ninput: {input}\nfc: [{classes}]\ndata: {data}\n{train}\n"


def _arrays(
    code: str,
    title: str,
    meaning: str,
    why: str,
    broken: str,
    arithmetic: tuple[str, ...] = (),
    of_file: OfFile | None = None,
) -> Code:
    """A code that `broken.npz`, which the lines `broken` make, raises."""
    bad, good = (_spec(f"{{source: npz, path: {name}.npz}}") for name in ("broken", "good"))
    return Code(code, title, meaning, why, bad, good, arithmetic, _ARRAYS.format(broken), TRAIN, of_file=of_file)


def _changed(arrays: str) -> str:
    return f"np.savez('broken.npz', **(good | dict({arrays})))"


def _images(
    code: str,
    title: str,
    meaning: str,
    why: str,
    broken: str,
    arithmetic: tuple[str, ...] = (),
    of_file: OfFile | None = None,
) -> Code:
    """A code that the folder `broken`, with what the lines `broken` change, raises."""
    bad, good = (_spec(f"{{source: images, path: {name}, validation: 0}}", classes=2) for name in ("broken", "good"))
    return Code(code, title, meaning, why, bad, good, arithmetic, _IMAGES.format(broken), TRAIN, of_file=of_file)


CODES: tuple[Code, ...] = (
    Code(
        "NS501",
        "data not found",
        "The files of the source are not where `path` says or, without `path`, in none of the usual places: "
        "`$NETSPEC_DATA/<source>`, `~/.cache/netspec/<source>`, Keras's cache, and the folder of Debian's package "
        "`dataset-<source>`.",
        "netspec never downloads data: what a network is trained on is on this machine because somebody put it there.",
        _spec("{source: npz, path: nowhere.npz}"),
        _spec("{source: digits}"),
        command=TRAIN,
        of_file=OfFile.ABSENT,
    ),
    _arrays(
        "NS502",
        "file of another format",
        "A file does not begin as its format does, or is an image of a format that is not read. `.DS_Store` and other names "
        "that begin with a dot, `Thumbs.db` and `desktop.ini` are passed over.",
        "A failed download often leaves a web page under the name of the file; a text or a document may lie in a folder "
        "of images.",
        "open('broken.npz', 'w').write('<!DOCTYPE html>404 Not Found')",
        of_file=OfFile.FORMAT,
    ),
    _arrays(
        "NS503",
        "damaged file",
        "A file is empty, ends before the data it declares, goes on after them, or fails its checksum.",
        "Training on half a file, or on zeros in place of the rest, would look like training.",
        "open('broken.npz', 'wb').write(open('good.npz', 'rb').read()[:1500])",
        of_file=OfFile.DAMAGE,
    ),
    _images(
        "NS504",
        "data too large",
        "A header declares more than the file can hold once inflated, more than half of the memory that is free, or an "
        "image more than 33 million pixels or more of them than its bytes can stand for.",
        "It is refused before anything is allocated: a few kilobytes can claim to be terabytes.",
        "Image.new('1', (8000, 8000)).save('broken/train/cat/0.png')",
        ("8000 * 8000 = 64000000",),
    ),
    _arrays(
        "NS505",
        "array of the wrong kind",
        "The arrays `x_train`, `y_train`, `x_test` and `y_test` have to be there; images are numbers with the axes "
        "(n, height, width) or (n, height, width, channels), labels are integers with the axis (n,).",
        "Labels that are fractions or one-hot rows would be rounded or counted twice; arrays of Python objects are "
        "refused because reading them would run what the file says.",
        _changed("y_train=y / 10"),
    ),
    _arrays(
        "NS506",
        "images and labels differ in number",
        "Row i of the labels belongs to row i of the images, so there must be as many of the one as of the other.",
        "Most often two files of different data sets, or of the training and the test part, were mixed, and no label "
        "belongs to its image.",
        _changed("y_train=y[1:]"),
        ("20 - 1 = 19",),
    ),
    _arrays(
        "NS507",
        "label out of range",
        "Labels are the class numbers 0 to classes - 1. Labels that count from 1 are the usual cause.",
        "Array code clamps a label beyond the end to the last class, and counts a negative one from the end, without a "
        "word: the network would be taught what is wrong.",
        _changed("y_train=y + 1"),
        ("9 + 1 = 10",),
    ),
    _arrays(
        "NS508",
        "images are not of the size of `input`",
        "Height, width and channels of the images have to be those of `input`. Only a folder of images can be resized, "
        "by `resize: true`; its images are also converted to the channels of `input`.",
        "Every shape of the network follows from `input`; cut or padded in silence, the images would not be those that "
        "were meant.",
        _changed("x_train=x[:, 1:], x_test=x[:, 1:]"),
        of_file=OfFile.SIZE,
    ),
    _arrays(
        "NS509",
        "pixel is not finite",
        "A pixel is NaN or infinite, or too large for float32.",
        "One such pixel makes the loss and, one step later, every weight NaN.",
        _changed("x_train=x * np.nan"),
    ),
    _arrays(
        "NS510",
        "no examples",
        "A part of the data set, or the folder of a class, is empty.",
        "A mean over no examples is not a number.",
        _changed("x_test=x[:0], y_test=y[:0]"),
    ),
    _arrays(
        "NS511",
        "nothing to learn, or tested on what was never taught",
        "All training examples are of one class, or the test part has a class that the training part has not.",
        "The accuracy would mean nothing: one answer is always right, or none can be.",
        _changed("y_train=0 * y, y_test=0 * y"),
    ),
    _arrays(
        "NS512",
        "class without an example",
        "The network has an output for a class that no training example shows, or the test part leaves out a class that "
        "is taught.",
        "A warning: the network can be trained, but it says nothing about this class.",
        _changed("y_train=y % 9, y_test=y % 9"),
        ("9 % 9 = 0",),
    ),
    Code(
        "NS513",
        "outputs and classes differ in number",
        "The last layer needs one unit a class, and the number of classes is known: a published data set, or a folder of "
        "images.",
        "With fewer outputs some labels have no output; with more, some outputs are never taught.",
        _spec("{source: images, path: good}", classes=3),
        _spec("{source: images, path: good}", classes=2),
        setup=_IMAGES.format(""),
        command=TRAIN,
    ),
    Code(
        "NS514",
        "pickle asks for more than data",
        "The Python version of CIFAR-10 is a pickle, which is a program. netspec follows the few instructions that build "
        "dictionaries, lists, text, numbers and arrays of bytes, and refuses the file at the first other one.",
        "To load a pickle is to run what it says: a file from elsewhere could do anything on this machine.",
        _spec("{source: cifar-10, path: broken}", input="[32, 32, 3]"),
        _spec("{source: cifar-10, path: good}", input="[32, 32, 3]"),
        setup=_CIFAR,
        command=TRAIN,
    ),
    _images(
        "NS515",
        "image of a kind that is not read",
        "The image has no fixed range from black to white (floating point, 32 bits, CIELAB), several frames, or what cannot "
        "become 8 bits a channel by the one rule of its kind: 12 bits a channel, 16 bits with 0 for "
        "white, or one colour of 16 bits made transparent.",
        "There is no one right way to make 8 bits of it, or the library that reads it would do so wrongly.",
        "Image.new('F', (8, 8)).save('broken/train/cat/0.tiff')",
    ),
    _images(
        "NS516",
        "file out of place",
        "Images lie in `train/<class>/` and `test/<class>/`: no file beside the class folders, no folder inside one.",
        "An image outside the folders has no class; it would be left out without a word.",
        "Image.new('L', (8, 8)).save('broken/train/0.png')",
    ),
    Code(
        "NS517",
        "pixels of another scale",
        "The numbers of an array that is to be predicted are not those of the training data: outside the range that its "
        "pixels have, more than 100 deviations from their mean, or all from 0 to 1 where they deviate by more than 5. Or the "
        "test images range and deviate more than 20 times as much as the training images, or as little. "
        "netspec takes pixels as the data source has them and normalizes them itself, all by the training part.",
        "A warning: the network answers all the same, and to every image nearly the same.",
        _spec("{source: digits}").replace("[10]", "[16, 10]"),
        setup=f"""\
{TRAIN} --output run
python3 -c "
import numpy as np
zero = np.eye(8) * 16
np.save('as-trained.npy', zero)
np.save('scaled.npy', zero / 16)"
""",
        command="netspec predict run scaled.npy",
        repair="netspec predict run as-trained.npy",
    ),
    Code(
        "NS518",
        "data that cannot be streamed",
        "`loading: stream` reads images while they are used, in another order every epoch. Of a file that is packed (gzip, "
        "`numpy.savez_compressed`), or in which an array lies column by column, no image can be read without all before it. "
        "`digits` and `cifar-10` are small and always read as a whole.",
        "Nobody who asks for streaming has the memory for the whole. With `loading: auto` such a file is read as a whole, as "
        "long as it fits.",
        _spec("{source: npz, path: broken.npz, loading: stream}"),
        _spec("{source: npz, path: good.npz, loading: stream}"),
        setup=_ARRAYS.format("np.savez_compressed('broken.npz', **good)"),
        command=TRAIN,
    ),
    Code(
        "NS519",
        "data that changed while they were used",
        "A file of streamed images has another size or time than when the data set was looked at, or ends earlier.",
        "The run would go on with other images than its record says. Its checkpoints are there: with the file as it was it "
        "goes on; a changed data set is another one, for another run.",
        _spec("{source: images, path: broken, validation: 0, loading: stream}", classes=2).replace(
            "epochs: 1", "epochs: 10000"
        ),
        _spec("{source: images, path: good, validation: 0, loading: stream}", classes=2),
        setup=_IMAGES.format("")
        + """\
for second in $(seq 120); do
  sleep 1; touch broken/train/cat/0.png
done > /dev/null 2>&1 &
""",
        command=TRAIN,
        beside=("NS622",),
    ),
    Code(
        "NS520",
        "empty validation part",
        "`data.validation` is a share of the training images, rounded to the nearest number of them, and each class keeps at "
        "least one image for training. Of few images a small share is none.",
        "An error where early stopping watches a metric of the validation part, for it could not. Else a warning: nothing tells "
        "which epoch is the best but the training images themselves.",
        _spec("{source: npz, path: good.npz, validation: 0.02}"),
        _spec("{source: npz, path: good.npz, validation: 0.2}"),
        ("20 * 2 = 40", "40 / 100 = 0.4", "20 * 20 = 400", "400 / 100 = 4"),
        _ARRAYS.format(""),
        TRAIN,
    ),
    Code(
        "NS525",
        "image file where the training had other numbers",
        "An image file has pixels from 0 to 255, and the network was trained on an `npz` or another set of arrays whose "
        "numbers have a range that nobody has written down.",
        "Pixels of another range would be answered all the same, and nearly all alike. Only who made the arrays knows "
        "what an image file has to be divided by.",
        _spec("{source: npz, path: good.npz}").replace("[10]", "[16, 10]"),
        setup=f"""\
{_ARRAYS.format("").rstrip()}
{TRAIN} --output run
python3 -c "
import numpy as np
from PIL import Image
pixels = np.eye(8) * 255
Image.fromarray(pixels.astype('uint8')).save('image.png')
np.save('array.npy', pixels)"
""",
        command="netspec predict run image.png",
        repair="netspec predict run array.npy",
    ),
    _images(
        "NS530",
        "class name that no report can hold",
        "The name of a class folder is not UTF-8, or has characters that no spec may have: control characters, the end of a "
        "line, marks that turn the direction of writing. Only class folders are meant: an image may be called anything.",
        "The name of a class stands in the run's record, in its report, in predictions; the run would be trained to the end "
        "and then could not be written.",
        "os.rename(b'broken/train/dog', b'broken/train/caf\\xe9')\nos.rename(b'broken/test/dog', b'broken/test/caf\\xe9')",
    ),
    _images(
        "NS531",
        "two classes of nearly one name",
        "The names of two class folders differ by no more than case, the form in which Unicode writes a letter with its "
        "accent, or spaces at their ends.",
        "A warning: most often one class was saved twice, on another system or by another program, and the network is taught "
        "to tell the same things apart.",
        "for part in ('train', 'test'):\n    os.rename(f'broken/{part}/dog', f'broken/{part}/Cat')",
    ),
    _images(
        "NS532",
        "part that is not read",
        "Beside `train` and `test` there is a folder of validation images: `val`, `valid`, `validation` or `dev`.",
        "A warning: netspec holds a share of `train` out for validation (`data.validation`); those images would be left out.",
        "os.makedirs('broken/val/cat')",
    ),
    Code(
        "NS533",
        "bytes of another scale than 255",
        "`normalize: unit` divides bytes by 255, and no pixel of the training images is above 16: masks of 0 and 1, scans of "
        "16 greys. Numbers of other types are divided by their largest.",
        "A warning: the network would be given numbers from 0 to nearly 0, and learn next to nothing from them.",
        _spec("{source: npz, path: broken.npz, normalize: unit}"),
        _spec("{source: npz, path: broken.npz, normalize: standard}"),
        setup=_ARRAYS.format(_changed("x_train=x // 128, x_test=x // 128")),
        command=TRAIN,
    ),
)
