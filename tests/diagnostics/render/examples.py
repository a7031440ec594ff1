"""Diagnostics made by hand, one for each thing that is hard to draw, and a small catalogue for them."""

from __future__ import annotations

from netspec.diagnostics.code import Code
from netspec.diagnostics.diagnostic import Diagnostic, Edit, Fix, Label, from_unreadable
from netspec.text.files import Unreadable
from netspec.text.source import Source, Span

CATALOGUE = {
    code.code: code
    for code in (
        Code(
            "NS022",
            "the file cannot be read",
            "The system refuses to open the file.",
            "What cannot be read is not sound.",
        ),
        Code(
            "NS012",
            "duplicate key",
            "A key stands twice in one mapping.",
            "One of the two has no effect.",
            "a: 1\na: 2\n",
            "a: 1\n",
        ),
        Code(
            "NS104",
            "unknown key",
            "No such key stands at this place.",
            "Another network would be trained.",
            "filtres: 6\n",
            "filters: 6\n",
        ),
        Code(
            "NS205", "bias without effect", "Batch norm subtracts the mean, and any bias with it.", "Nothing trains it."
        ),
        Code(
            "NS301",
            "window does not fit",
            "The window is larger than its input.",
            "Nothing is computed.",
            arithmetic=("4 - 5 + 1 = 0",),
        ),
    )
}


def at(source: Source, text: str, nth: int = 0) -> Span:
    """The span of the nth occurrence of `text`, on one line or more."""
    start = -1
    for _ in range(nth + 1):
        start = source.text.index(text, start + 1)

    def place(offset: int) -> tuple[int, int]:
        before = source.text[:offset]
        return before.count("\n") + 1, offset - (before.rfind("\n") + 1) + 1

    return Span(*place(start), *place(start + len(text)))


def after(span: Span) -> Span:
    """The empty span behind `span`."""
    return Span(span.end_line, span.end_column, span.end_line, span.end_column)


LENET = Source(
    "specs/lenet5.yaml",
    """netspec: 1
name: lenet5
input: [12, 12, 1]
blocks:
  - conv: {filters: 6, kernel: 5}
    pool: {type: max, window: 2}
  - conv: {filtres: 16, kernel: 5}   # C3
    pool: {type: max, window: 2}
    name: late
  - conv:
      filters: 16
      kernel: 3
      norm: batch
      bias: true
    name: late
fc: [120, 84, 10]
""",
)

ODD = Source(
    "specs/odd, 100%: é.yaml",
    "netspec: 1\n"
    "name: 네트워크  # 畳み込み\n"
    "blocks:\n"
    "\t- conv: {名前: 畳み込み, kernel: 9}\n"
    "\t- conv: {e\u0301te\u0301: 1, \x1b[31mred\u202e: 2, kernel: 9}\n"
    "  - {" + ", ".join(f"option{n}: {n}" for n in range(40)) + ", option3: 7}\n"
    "fc:\n"
    "  [120,\n"
    "   84]\n"
    "\n",
)

ABSENT = Source("specs/absent.yaml", "")

CLEAN = "specs/clean.yaml"

FILES = [LENET.name, ODD.name, ABSENT.name, CLEAN]


def window_does_not_fit() -> Diagnostic:
    kernel = at(LENET, "kernel: 5", 1)
    value = Span(kernel.line, kernel.end_column - 1, kernel.line, kernel.end_column)
    return Diagnostic(
        "NS301",
        "the 5x5 kernel of `block2.conv1` does not fit its 4x4 input",
        LENET,
        kernel,
        layer="block2.conv1",
        label="gives 0x0",
        labels=(
            Label(at(LENET, "[12, 12, 1]"), "the image is 12x12"),
            Label(at(LENET, "window: 2"), "halves 8x8 to 4x4"),
        ),
        notes=(
            "(4 - 5 + 2*0)/1 + 1 = 0, and a size is at least 1",
            "12x12 -> `block1.conv1` 8x8 -> `block1.pool` 4x4 -> `block2.conv1` needs at least 5x5 and has 4x4",
        ),
        help="make the image at least 14x14",
        fixes=(
            Fix("use a 4x4 kernel", (Edit(value, "4"),)),
            Fix("pad the input", (Edit(after(kernel), ", padding: 1"),)),
        ),
    )


def unknown_key() -> Diagnostic:
    key = at(LENET, "filtres")
    fix = Fix("write `filters`", (Edit(key, "filters"),), "safe")
    return Diagnostic("NS104", "`conv` has no key `filtres`", LENET, key, help=fix.title, fixes=(fix,))


def name_taken() -> Diagnostic:
    return Diagnostic(
        "NS012",
        "two blocks are called `late`",
        LENET,
        at(LENET, "late", 1),
        labels=(Label(at(LENET, "late"), "first given here"),),
    )


def bias_without_effect() -> Diagnostic:
    line = Span(14, 1, 15, 1)
    norm = Edit(at(LENET, "batch"), "none")
    return Diagnostic(
        "NS205",
        "`bias` has no effect before batch norm",
        LENET,
        at(LENET, "bias: true"),
        layer="late.conv1",
        labels=(Label(at(LENET, "norm: batch"), "subtracts it again"),),
        fixes=(
            Fix("leave the bias out", (Edit(line, ""),), "safe"),
            Fix("normalize later", (norm, Edit(Span(16, 1, 16, 1), "norm: layer\n"))),
        ),
        severity="warning",
    )


def wide_characters() -> Diagnostic:
    return Diagnostic(
        "NS104",
        "`conv` has no key `名前`",
        ODD,
        at(ODD, "名前"),
        label="表示 label",
        labels=(Label(at(ODD, "kernel: 9"), "behind wide ones"),),
    )


def hostile_characters() -> Diagnostic:
    return Diagnostic(
        "NS104",
        "`conv` has no key `\x1b[31mred\u202e`\n::error::forged]]>",
        ODD,
        at(ODD, "\x1b[31mred\u202e"),
        label="here",
        labels=(Label(at(ODD, "te\u0301"), "combining\nmarks"),),
    )


def long_line() -> Diagnostic:
    return Diagnostic(
        "NS012",
        "`option3` is given twice",
        ODD,
        at(ODD, "option3: 7"),
        label="and again",
        labels=(Label(at(ODD, "option3: 3"), "first here"), Label(at(ODD, "option39"), "not far off")),
    )


def several_lines() -> Diagnostic:
    return Diagnostic("NS104", "`fc` takes one list", ODD, at(ODD, "[120,\n   84]"), label="ends on line 9")


def end_of_file() -> Diagnostic:
    return Diagnostic("NS104", "`data` is missing", ODD, Span(11, 1, 11, 1), help="add `data: mnist`")


def unreadable() -> Diagnostic:
    return from_unreadable(Unreadable(ABSENT.name, "No such file or directory"))


EXAMPLES = (
    window_does_not_fit,
    unknown_key,
    name_taken,
    bias_without_effect,
    wide_characters,
    hostile_characters,
    long_line,
    several_lines,
    end_of_file,
    unreadable,
)
