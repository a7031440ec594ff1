"""The report of a run: one HTML page that needs nothing from outside."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from markupsafe import Markup

from netspec.analysis.figures import measured
from netspec.analysis.plan import grammar
from netspec.data import Split
from netspec.data.splits import Images
from netspec.diagnostics.render.wording import counted
from netspec.language import heads
from netspec.language.heads import LOSS, VALIDATION, Head
from netspec.language.kind import dimensions
from netspec.language.train import Train
from netspec.report import diagram, pictures, statistics
from netspec.report.evaluation import AnyMeasures, Measures, measures_of
from netspec.report.markup import fragment
from netspec.report.mistakes import mistakes
from netspec.report.targets import Reached
from netspec.runs.best import best_of, watched
from netspec.storage import writing
from netspec.training.loop import Evaluation, Trainer
from netspec.training.trained import TrainedNetwork

NAME = "report.html"
COLUMN = 960
"""The width of the page's column in pixels: the picture of the network is as wide, and its words are read."""
BATCH = 256

SHORT = 3
"""Class names of more characters stand upright above the confusion matrix."""
SEVERAL = 8
"""More pictures than this, one below the other, may need another page."""
LONG = 40
"""More rows than this may need another page."""


def write(run: Path, network: TrainedNetwork, images: Images, result: Evaluation | None = None) -> Path:
    """Writes RUN/report.html of the network that was loaded from it. Raises OSError.

    `result` is what the network does on the test set, where that was just measured.
    """
    rows, record = network.rows, network.record
    result = result or Trainer(network, images).evaluate(network.variables, images.test)
    measures = measures_of(network.head, images.test, result, images.classes)
    body = [
        _head(network, result, rows),
        _curves(rows, network.train, network.head),
        _measures(measures),
        _section(*mistakes(network, images.test, result)),
        _inside(network, images.test),
        _layers(network),
        _made_of(network, record),
    ]
    page = fragment("page", network.plan.name, Markup("\n").join(body))
    writing.write_atomic(run / NAME, page.lstrip().encode())
    return run / NAME


def _head(network: TrainedNetwork, test: Evaluation, rows: list[dict[str, Any]]) -> Markup:
    plan, (main, *others) = network.plan, network.head.metrics
    figures = [measured(metric, test.metrics.get(metric.name)) for metric in (main, *others)]
    figures.insert(1, measured(LOSS, test.loss))
    result = f"test {', '.join(figures)}"
    seconds = sum(row["seconds"] for row in rows)
    frozen = f" ({plan.trained_parameters:,} trained, the others frozen)" if plan.frozen else ""
    facts = f"{plan.parameters:,} parameters{frozen}, {plan.macs:,} multiply-adds an image; {counted(len(rows), 'epoch')} in {seconds:.1f} s"
    target = plan.spec.train.value.target
    if target is not None:
        found = Reached.of(target, network.head, test)
        bound = measured(found.metric, found.bound).removeprefix(f"{found.metric.words} ")
        named = "" if found.metric is main else f" for {found.metric.words}"
        facts += f"; the target of {bound}{named} was {'reached' if found.ok else 'missed'}"
    return fragment("head", plan.name, plan.spec.description, str(grammar(plan.spec)["text"]), result, f"{facts}.")


def _curves(rows: list[dict[str, Any]], train: Train, head: Head) -> Markup:
    if not rows:
        return Markup("")
    epochs = [row["epoch"] for row in rows]
    metric = watched(train, head, "validation_loss" in rows[0])
    row = best_of(rows, metric)
    best: int = row["epoch"] if row else epochs[0]
    figures = []
    for shown in (LOSS, *head.metrics):
        keys = {"training": shown.name, "validation": f"{VALIDATION}{shown.name}"}
        lines = {part: [row[key] for row in rows] for part, key in keys.items() if all(key in row for row in rows)}
        if lines:
            figures.append(pictures.curves(shown.words, epochs, lines, best, shares=shown.share))
    rates = {"learning rate": [row["learning_rate"] for row in rows]}
    figures.append(pictures.curves("learning rate", epochs, rates, None))
    chosen, validated = heads.watched(metric)
    least = "the lowest" if chosen.less else "the highest"
    words = f"{'validation' if validated else 'training'} {chosen.words}"
    tie = "" if chosen is LOSS else ", of equal ones the lowest loss"
    note = "The training curves are measured while the weights move and with dropout; "
    note += f"the dot is the best epoch, {best}: {least} {words}{tie}."
    return _section("Training", fragment("figures", figures) + fragment("paragraph", note))


def _section(title: str, content: Markup, *, long: bool = False) -> Markup:
    """A heading with what belongs to it."""
    return fragment("section", title, content, long)


def _table(head: list[str], rows: list[list[str]], role: str = "") -> Markup:
    """A table; its head may have no cells."""
    return fragment("table", head, rows, role)


def _measures(measures: AnyMeasures) -> Markup:
    """A row for each class, label or number; of classes the confusion matrix as well."""
    head, rows = measures.table
    long = len(rows) > LONG
    own = _section(f"{head[0].title()}s" if head[0] != "class" else "Classes", _table(head, rows), long=long)
    return own + _confusion(measures) if isinstance(measures, Measures) else own


def _confusion(measures: Measures) -> Markup:
    counts = measures.confusion
    most = max(int(counts.max()), 1)
    cells = [
        [("--first" if i == j else "--second", round(55 * n / most) + (8 if n else 0), n) for j, n in enumerate(row)]
        for i, row in enumerate(counts.tolist())
    ]
    upright = max(map(len, measures.classes)) > SHORT
    matrix = fragment("confusion", measures.classes, list(zip(measures.classes, cells, strict=True)), upright)
    return _section("Confusion", matrix, long=len(counts) > LONG)


def _inside(network: TrainedNetwork, test: Split) -> Markup:
    images = test.images[:BATCH]
    outputs = statistics.activations(network, images)
    found = statistics.measure(network, outputs, images, test.labels[:BATCH])
    rows = [
        [s.name, f"{s.active:.0%}", f"{s.gradient_norm:.2e}", f"{s.gradient:.2e}", f"{s.near_zero:.0%}"] for s in found
    ]
    table = _table(["layer", "active units", "gradient", "gradient / weights", "weights near zero"], rows)
    note = (
        "Active: the share of outputs above zero (of a sigmoid, above one half) over a batch of test images. Gradient: "
        "the norm of the loss's gradient for the layer's kernel on that batch, and its ratio to the norm of the kernel. Near zero: smaller than a tenth of the layer's root mean square."
    )
    figures = [fragment("figure", pictures.image(images[0], max(1, 84 // images.shape[2]), "input"), "input")]
    for name, output in outputs.items():
        one = output[0]
        if one.ndim == 3 and one.shape[0] > 1:
            scale = max(1, 48 // one.shape[0])
            picture = pictures.image(pictures.maps(one), scale, name)
            figures.append(fragment("layer", name, picture))
    filters = Markup("").join(_filters(network))
    at_work = _section("Layers at work", table + fragment("paragraph", note), long=len(rows) > LONG)
    return (
        at_work
        + filters
        + _section("Feature maps of one test image", Markup("").join(figures), long=len(figures) > SEVERAL)
    )


def _filters(network: TrainedNetwork) -> Iterator[Markup]:
    """The filters of the first convolution of the image whose window is more than one cell."""
    raw = {0}
    for layer in network.plan.layers:
        if not raw.issuperset(layer.reads):
            continue
        if "kernel" not in layer.shapes:
            raw.add(layer.value)
        elif layer.shares_weights and max(layer.shapes["kernel"][:2]) > 1:
            kernel = np.asarray(network.variables["params"][layer.name]["kernel"])
            if kernel.shape[2] != 3:  # three channels are colours
                kernel = kernel.mean(2)
            yield _section(f"Filters of {layer.name}", pictures.image(pictures.maps(kernel, 32), 12, "filters"))
            return


def _layers(network: TrainedNetwork) -> Markup:
    rows = [
        [
            layer.name,
            dimensions(layer.input),
            dimensions(layer.output),
            layer.arithmetic,
            f"{layer.parameters:,}",
            f"{layer.macs:,}",
            dimensions(layer.receptive_field),
        ]
        for layer in network.plan.layers
    ]
    head = ["layer", "input", "output", "arithmetic", "parameters", "MACs", "sees"]
    picture = fragment("wide", Markup(diagram.draw(network.plan, COLUMN)))
    return _section("Network", picture + _table(head, rows), long=len(rows) > LONG // 2)


def _made_of(network: TrainedNetwork, record: Mapping[str, Any]) -> Markup:
    facts = [["seed", str(network.train.seed)], ["data", record["data"]], ["cores", str(record["cores"])]]
    if "begun" in record:
        begun = record["begun"]
        facts.append(["begun from", f"{begun['path']}, SHA-256 {begun['sha256']}"])
    facts += [[name, str(value)] for name, value in record["versions"].items()]
    lines = network.plan.spec.source.lines
    made = _section("Made of", _table([], facts, "made"))
    return made + _section("Spec", fragment("lines", lines), long=len(lines) > LONG)
