"""What labels are: NS25 where a spec contradicts itself about them, NS55 where its data do, NS63 where a run shows it."""

from netspec.diagnostics.code import Code

TRAIN = "netspec train example.yaml"
_HEAD = "netspec: 1\nname: example\ninput: [8, 8, 1]\n"

_ARRAYS = """\
python3 -c "
import numpy as np
x = np.random.default_rng(0).integers(0, 256, (20, 8, 8), np.uint8)
y = {labels}
good = dict(x_train=x, y_train=y, x_test=x, y_test=y)
np.savez('good.npz', **good)
bad = dict({changed})
np.savez('broken.npz', **(good | bad))"
"""
_WATCHED = ", loss: binary_cross_entropy,\n  early_stopping: {metric: validation_auc}"
_ON = "np.arange(60).reshape(20, 3) % 4 // 2"

_TABLE = """\
python3 -c "
import os
from PIL import Image
for place in ('good', 'broken'):
    lines = ['file,round,dark']
    for part in ('train', 'test'):
        os.makedirs(f'{{place}}/{{part}}')
        for grey in (0, 9):
            Image.new('L', (8, 8), grey).save(f'{{place}}/{{part}}/{{grey}}.png')
            lines.append(f'{{part}}/{{grey}}.png,{{grey // 9}},{{1 - grey // 9}}')
    open(f'{{place}}/labels.csv', 'w').write(chr(10).join(lines))
{broken}"
"""


def _spec(data: str, units: int, more: str = "") -> str:
    """The smallest spec that trains on `data`."""
    train = f"train: {{epochs: 1, batch_size: 2{more}}}"
    return f"{_HEAD}fc: [{units}]\ndata: {data}\n{train}\n"


def _arrays(
    code: str, title: str, meaning: str, why: str, labels: str, values: str, changed: str, units: int = 3
) -> Code:
    """A code that `broken.npz` raises, whose labels are `changed` from `values`."""
    bad, good = (_spec(f"{{source: npz, path: {name}.npz, labels: {labels}}}", units) for name in ("broken", "good"))
    return Code(
        code, title, meaning, why, bad, good, setup=_ARRAYS.format(labels=values, changed=changed), command=TRAIN
    )


def _table(code: str, title: str, meaning: str, why: str, broken: str) -> Code:
    """A code that the folder `broken`, with what the lines `broken` change, raises."""
    data = "{{source: images, path: {}, labels: several, validation: 0}}"
    bad, good = (_spec(data.format(name), 2) for name in ("broken", "good"))
    return Code(code, title, meaning, why, bad, good, setup=_TABLE.format(broken=broken), command=TRAIN)


CODES: tuple[Code, ...] = (
    Code(
        "NS250",
        "loss for other labels",
        "`cross_entropy` compares one number for each class with the one class of an image, `binary_cross_entropy` one number "
        "with a label that is on or off, and the other losses numbers with numbers. `data.labels` says what the labels are.",
        "The loss would be small where the answer is wrong, or could not be computed.",
        _HEAD + "fc: [3]\ndata: {source: npz, path: tags.npz, labels: several}\ntrain: {loss: cross_entropy}\n",
        _HEAD + "fc: [3]\ndata: {source: npz, path: tags.npz, labels: several}\ntrain: {loss: binary_cross_entropy}\n",
    ),
    Code(
        "NS251",
        "labels that the source has not",
        "The published data sets and `idx` label an image with one class. Several labels and numbers come from `npz`, or from "
        "`images` with a table `labels.csv`.",
        "There would be nothing to compare the answers with.",
        _HEAD + "fc: [10]\ndata: {source: digits, labels: numbers}\n",
        _HEAD + "fc: [10]\ndata: {source: digits, labels: class}\n",
    ),
    Code(
        "NS252",
        "weights that are not the classes'",
        "`class_weights` has one number for each class or label, in their order; of one unit that tells two classes apart, two. "
        "Numbers have no classes.",
        "The loss of a class would have the weight of another one, or none.",
        _HEAD + "fc: [3]\ndata: {source: npz, path: some.npz}\ntrain: {class_weights: [1, 5]}\n",
        _HEAD + "fc: [3]\ndata: {source: npz, path: some.npz}\ntrain: {class_weights: [1, 5, 5]}\n",
    ),
    Code(
        "NS253",
        "metric of other labels",
        "Classes are measured by `accuracy` and `top_5`, of more than five, or by `auc`, of one unit; several labels by `f1` and "
        "`average_precision`; numbers by `mean_absolute_error`, `root_mean_square_error` and `r2`.",
        "What is watched would never be there, and what must be reached could not be.",
        _HEAD + "fc: [10]\ntrain:\n  early_stopping: {metric: validation_f1}\n",
        _HEAD + "fc: [10]\ntrain:\n  early_stopping: {metric: validation_accuracy}\n",
    ),
    Code(
        "NS254",
        "target without its bound",
        "A target has the bound of its metric: `at_least` where more is better, `at_most` where less is, as of errors and of the "
        "loss.",
        "The run would pass by being bad, or could not fail.",
        _HEAD + "fc: [10]\ntrain:\n  target: {metric: accuracy, at_most: 0.9}\n",
        _HEAD + "fc: [10]\ntrain:\n  target: {metric: accuracy, at_least: 0.9}\n",
    ),
    _arrays(
        "NS550",
        "labels of another shape",
        "Several labels and numbers have a row for each image, with a column for each number that the network gives; of one "
        "number the column may be left out.",
        "An answer would be compared with the label of another, or with none.",
        "several",
        _ON,
        "y_train=y[:, :2], y_test=y[:, :2]",
    ),
    _arrays(
        "NS551",
        "label neither on nor off",
        "With `labels: several` each label is 1 where it is on, and 0 where it is not.",
        "The loss of any other number has no least value.",
        "several",
        _ON,
        "y_train=3 * y",
    ),
    _arrays(
        "NS552",
        "number that is not finite",
        "With `labels: numbers` a label is NaN, infinite, or too large for float32.",
        "One such label makes the loss and, one step later, every weight NaN.",
        "numbers",
        "np.arange(20) / 10",
        "y_train=y * np.inf",
        units=1,
    ),
    _arrays(
        "NS553",
        "names that are not the labels'",
        "The array `classes` of an archive, or the first line of `labels.csv`, has one name for each class, label or number: "
        "text that a report can hold, none of them twice.",
        "Answers would stand under the name of something else.",
        "several",
        _ON,
        "classes=np.array(['round', 'dark'])",
    ),
    _arrays(
        "NS554",
        "label that never changes",
        "A label has the same value in every training example. A warning where others change.",
        "There is nothing to learn: one answer is always right.",
        "numbers",
        "np.arange(20) / 10",
        "y_train=0 * y",
        units=1,
    ),
    _table(
        "NS555",
        "table that cannot be read",
        "`labels.csv` lies beside `train/` and `test/`. Its first line is `file` and the names of the labels; each other one is "
        "the path of an image and a number for each label, separated by commas, in UTF-8.",
        "What a line means would be guessed.",
        "open('broken/labels.csv', 'a').write(chr(10) + 'train/0.png,yes,1')",
    ),
    _table(
        "NS556",
        "image without a line, or line without an image",
        "Every image in `train/` and `test/` has one line in `labels.csv`, and every line its image.",
        "An image without labels would be left out without a word.",
        "Image.new('L', (8, 8), 5).save('broken/train/5.png')",
    ),
    Code(
        "NS630",
        "metric that is not defined",
        "What `early_stopping` watches is not defined on the validation part: `auc` where it shows one class alone, "
        "`average_precision` where no label is ever on, `r2` where all numbers are alike.",
        "A warning: the run is never stopped early, and no epoch is the best.",
        _spec(
            "{source: npz, path: broken.npz}",
            1,
            _WATCHED,
        ),
        _spec("{source: npz, path: good.npz}", 1, _WATCHED),
        setup=_ARRAYS.format(labels="np.arange(20) % 2", changed="y_train=y * (np.arange(20) < 2)"),
        command=TRAIN,
    ),
)
