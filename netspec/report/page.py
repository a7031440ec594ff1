"""The report of a run: one HTML page that needs nothing from outside."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from netspec.analysis.plan import grammar
from netspec.data import Split
from netspec.data.splits import Images
from netspec.diagnostics.render.wording import counted
from netspec.language.kind import dimensions
from netspec.language.train import Train
from netspec.report import diagram, pictures, statistics
from netspec.report.evaluation import Measures, measure
from netspec.runs.best import best_of, watched
from netspec.storage import writing
from netspec.training.loop import Evaluation, Trainer
from netspec.training.trained import TrainedNetwork

NAME = "report.html"
MISTAKES = 24
BATCH = 256

STYLE = """
:root{color-scheme:light dark;--first:#0b66c3;--second:#c2410c;--line:#d4d4d8;--text:#18181b;--paper:#fff;--soft:#f4f4f5}
@media(prefers-color-scheme:dark){:root{--first:#60a5fa;--second:#fb923c;--line:#3f3f46;--text:#e4e4e7;--paper:#18181b;--soft:#27272a}}
body{font:15px/1.5 system-ui,sans-serif;color:var(--text);background:var(--paper);max-width:62rem;margin:2rem auto;padding:0 1rem}
h1{margin-bottom:0}h2{margin-top:2.5rem;border-bottom:1px solid var(--line)}.facts{color:var(--first);font-size:1.3rem}
h1,h2,p,td,th,figcaption,code{overflow-wrap:break-word}
table{border-collapse:collapse;font-variant-numeric:tabular-nums}td,th{padding:.2rem .6rem;text-align:right;border-bottom:1px solid var(--line)}
td:first-child,th:first-child{text-align:left}.wide{overflow-x:auto}.wide svg{min-width:44rem}.made td{text-align:left}.made td+td{overflow-wrap:anywhere}
.matrix td,.matrix th{padding:.2rem .35rem}.matrix .up{writing-mode:vertical-rl;transform:rotate(180deg);text-align:left;max-height:12rem}
.figures{display:flex;flex-wrap:wrap;gap:1rem}figure{margin:0;flex:1 1 26rem;max-width:30rem;min-width:0}
.figures.small figure{flex:0 0 auto;max-width:9rem;text-align:center;font-size:.8rem;overflow-wrap:anywhere}
svg{width:100%;height:auto}polyline{fill:none;stroke-width:2}.grid{stroke:var(--line)}text{font-size:11px;fill:var(--text)}
img{image-rendering:pixelated;max-width:100%}code,pre{background:var(--soft);border-radius:4px}pre{padding:.8rem;white-space:pre-wrap;overflow-wrap:anywhere}
@media(max-width:36rem){td,th{padding:.2rem .3rem;font-size:.9rem}}
@media print{:root{color-scheme:light;--first:#0b66c3;--second:#c2410c;--line:#d4d4d8;--text:#18181b;--paper:#fff;--soft:#f4f4f5}
*{print-color-adjust:exact;-webkit-print-color-adjust:exact}body{font-size:11px;max-width:none;margin:0;padding:0}
h1,h2,h3{break-after:avoid}h2{margin-top:1.5rem}section,tr,figure,svg,img,.layer{break-inside:avoid}.long{break-inside:auto}thead{display:table-header-group}
p{orphans:3;widows:3}.wide{overflow:visible}.wide svg{min-width:0}.figures{display:block}figure{display:inline-block;width:46%;vertical-align:top;margin:0 1% .6rem 0}
.figures.small figure{width:auto;font-size:.85em}td,th{padding:.1rem .4rem}.matrix{font-size:min(11px,calc(36vw/var(--columns)))}.matrix td,.matrix th{padding:.1em .3em}}
"""
"""On paper a section stays together with its heading where a page can hold it; a long one breaks between rows."""

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
    measures = measure(images.test.labels, result.predictions, images.classes)
    body = [
        _head(network, measures, result.loss, rows),
        _curves(rows, network.train),
        _classes(measures),
        _mistakes(network, images.test, result.predictions),
        _inside(network, images.test),
        _layers(network),
        _made_of(network, record),
    ]
    title = pictures.words(network.plan.name)
    page = f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
    page += f'<meta name="viewport" content="width=device-width"><style>{STYLE}</style></head><body>'
    writing.write_atomic(run / NAME, (page + "\n".join(body) + "</body></html>\n").encode())
    return run / NAME


def _head(network: TrainedNetwork, measures: Measures, loss: float, rows: list[dict[str, Any]]) -> str:
    plan = network.plan
    text = f"<h1>{pictures.words(plan.name)}</h1><p>{pictures.words(plan.spec.description)}</p>"
    text += f"<p><code>{pictures.words(str(grammar(plan.spec)['text']))}</code></p>"
    text += f'<p class="facts">test accuracy {measures.accuracy:.2%}, loss {loss:.4f}</p>'
    seconds = sum(row["seconds"] for row in rows)
    text += f"<p>{plan.parameters:,} parameters, {plan.macs:,} multiply-adds an image; {counted(len(rows), 'epoch')} in {seconds:.1f} s"
    target = plan.spec.train.value.target
    if target is not None:
        reached = "reached" if measures.accuracy >= target.at_least else "missed"
        text += f"; the target of {target.at_least:.2%} was {reached}"
    return text + ".</p>"


def _curves(rows: list[dict[str, Any]], train: Train) -> str:
    if not rows:
        return ""
    epochs = [row["epoch"] for row in rows]
    metric = watched(train, "validation_loss" in rows[0])
    row = best_of(rows, metric)
    best: int = row["epoch"] if row else epochs[0]
    figures = []
    for name in ("loss", "accuracy"):
        lines = {"training": [row[name] for row in rows]}
        if f"validation_{name}" in rows[0]:
            lines["validation"] = [row[f"validation_{name}"] for row in rows]
        figures.append(pictures.curves(name, epochs, lines, best, shares=name == "accuracy"))
    rates = {"learning rate": [row["learning_rate"] for row in rows]}
    figures.append(pictures.curves("learning rate", epochs, rates, None))
    least = "the lowest" if metric.endswith("loss") else "the highest"
    words = metric.replace("_", " ") if "_" in metric else f"training {metric}"
    tie = "" if metric.endswith("loss") else ", of equal ones the lowest loss"
    note = "<p>The training curves are measured while the weights move and with dropout; "
    note += f"the dot is the best epoch, {best}: {least} {words}{tie}.</p>"
    return _section("Training", f'<div class="figures">{"".join(figures)}</div>{note}')


def _section(title: str, content: str, *, long: bool = False) -> str:
    """A heading with what belongs to it."""
    return f"<section{_role('long' if long else '')}><h2>{title}</h2>{content}</section>"


def _role(name: str) -> str:
    """The attribute of an element with a class; nothing for the empty one."""
    return f' class="{name}"' if name else ""


def _table(head: list[str], rows: list[list[str]], role: str = "") -> str:
    """A table; one without words in its head has none."""
    top = "".join(f"<th>{pictures.words(cell)}</th>" for cell in head)
    body = "".join("<tr>" + "".join(f"<td>{pictures.words(cell)}</td>" for cell in row) + "</tr>" for row in rows)
    head_row = f"<thead><tr>{top}</tr></thead>" if any(head) else ""
    return f'<div class="wide"><table{_role(role)}>{head_row}{body}</table></div>'


def _classes(measures: Measures) -> str:
    facts = measures.to_json()
    rows = [
        [row["name"], *(f"{row[name]:.3f}" for name in ("precision", "recall", "f1")), f"{row['support']:,}"]
        for row in facts["classes"]
    ]
    table = _table(["class", "precision", "recall", "F1", "images"], rows)
    counts = measures.confusion
    most = max(int(counts.max()), 1)
    cells = "".join(
        f"<tr><td>{pictures.words(name)}</td>"
        + "".join(
            f'<td style="background:color-mix(in srgb,var({"--first" if i == j else "--second"}) {round(55 * n / most) + (8 if n else 0)}%,transparent)">{n or ""}</td>'
            for j, n in enumerate(counts[i])
        )
        + "</tr>"
        for i, name in enumerate(measures.classes)
    )
    role = _role("up" if max(map(len, measures.classes)) > SHORT else "")
    names = "".join(f"<th><span{role}>{pictures.words(name)}</span></th>" for name in measures.classes)
    matrix = f'<table class="matrix" style="--columns:{len(counts) + 4}">'
    matrix += f"<thead><tr><th>true \\ predicted</th>{names}</tr></thead>{cells}</table>"
    long = len(counts) > LONG
    return _section("Classes", table, long=long) + _section("Confusion", f'<div class="wide">{matrix}</div>', long=long)


def _mistakes(network: TrainedNetwork, test: Split, predictions: np.ndarray) -> str:
    wrong = np.flatnonzero(predictions != test.labels)
    if not len(wrong):
        return _section("Mistakes", "<p>None on the test set.</p>")
    # Whole batches, the last one filled up: one program is compiled instead of two.
    filled = np.resize(wrong, -(-len(wrong) // BATCH) * BATCH)
    batches = (filled[start : start + BATCH] for start in range(0, len(filled), BATCH))
    shares = np.concatenate([np.asarray(network.predict(network.variables, test.images[rows])) for rows in batches])
    confidence = shares[np.arange(len(wrong)), predictions[wrong]]
    figures = []
    for i in np.argsort(-confidence, kind="stable")[:MISTAKES]:
        row = int(wrong[i])
        said, true = (network.classes[int(label)] for label in (predictions[row], test.labels[row]))
        picture = pictures.image(test.images[row], max(1, 84 // test.images.shape[2]), f"test image {row}")
        figures.append(
            f"<figure>{picture}<figcaption>said {pictures.words(said)} ({confidence[i]:.0%})<br>is {pictures.words(true)}</figcaption></figure>"
        )
    note = f"<p>{len(wrong):,} of {len(test):,} test images {'is' if len(wrong) == 1 else 'are'} taken for another class; the surest of them:</p>"
    return _section("Mistakes", f'{note}<div class="figures small">{"".join(figures)}</div>')


def _inside(network: TrainedNetwork, test: Split) -> str:
    outputs = statistics.activations(network, test.images[:BATCH])
    found = statistics.measure(network, outputs, test.images[:BATCH], test.labels[:BATCH])
    rows = [
        [s.name, f"{s.active:.0%}", f"{s.gradient_norm:.2e}", f"{s.gradient:.2e}", f"{s.near_zero:.0%}"] for s in found
    ]
    table = _table(["layer", "active units", "gradient", "gradient / weights", "weights near zero"], rows)
    note = (
        "<p>Active: the share of outputs above zero (of a sigmoid, above one half) over a batch of test images. Gradient: "
        "the norm of the loss's gradient for the layer's kernel on that batch, and its ratio to the norm of the kernel. Near zero: smaller than a tenth of the layer's root mean square.</p>"
    )
    figures = [
        f"<figure>{pictures.image(test.images[0], max(1, 84 // test.images.shape[2]), 'input')}<figcaption>input</figcaption></figure>"
    ]
    for name, output in outputs.items():
        one = output[0]
        if one.ndim == 3 and one.shape[0] > 1:
            scale = max(1, 48 // one.shape[0])
            picture = pictures.image(pictures.maps(one), scale, name)
            figures.append(f'<div class="layer"><p>{pictures.words(name)}</p>{picture}</div>')
    filters = ""
    first = next((layer for layer in network.plan.layers if "kernel" in layer.shapes), None)
    if first is not None and first.shares_weights and first.shapes["kernel"][0] > 1:
        kernel = np.asarray(network.variables["params"][first.name]["kernel"])
        if kernel.shape[2] != 3:  # three channels are colours
            kernel = kernel.mean(2)
        picture = pictures.image(pictures.maps(kernel, 32), 12, "filters")
        filters = _section(f"Filters of {pictures.words(first.name)}", picture)
    at_work = _section("Layers at work", table + note, long=len(rows) > LONG)
    return at_work + filters + _section("Feature maps of one test image", "".join(figures), long=len(figures) > SEVERAL)


def _layers(network: TrainedNetwork) -> str:
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
    picture = f'<div class="wide">{diagram.draw(network.plan)}</div>'
    return _section("Network", picture + _table(head, rows), long=len(rows) > LONG // 2)


def _made_of(network: TrainedNetwork, record: Mapping[str, Any]) -> str:
    facts = [["seed", str(network.train.seed)], ["data", record["data"]], ["cores", str(record["cores"])]]
    facts += [[name, str(value)] for name, value in record["versions"].items()]
    lines = network.plan.spec.source.lines
    spec = "\n".join(map(pictures.words, lines))
    made = _section("Made of", _table(["", ""], facts, "made"))
    return made + _section("Spec", f"<pre>{spec}</pre>", long=len(lines) > LONG)
