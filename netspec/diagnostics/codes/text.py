"""NS0: reading the text."""

from netspec.diagnostics.code import Code

_SPEC = "netspec: 1\nname: tiny\ninput: [8, 8, 1]\nfc: [10]\n"

# Each line is ten times what the line before it stands for.
_LAUGHS = "x0: &x0 1\n" + "".join(f"x{n}: &x{n} [{', '.join([f'*x{n - 1}'] * 10)}]\n" for n in range(1, 9))

CODES: tuple[Code, ...] = (
    Code(
        "NS001",
        "the spec is empty",
        "There is nothing but blanks and comments in the text.",
        "# a spec will stand here\n",
        _SPEC,
    ),
    Code(
        "NS002",
        "the spec is too large",
        "A spec is at most 1 MiB. A network that needs more is written with `repeat` and `defaults`.",
    ),
    Code(
        "NS003",
        "the text is not UTF-8",
        "Specs are UTF-8, with or without a byte order mark. A byte that is not UTF-8 is shown at its place; "
        "UTF-16 and UTF-32 are named.",
    ),
    Code(
        "NS004",
        "a character that does not show",
        "Control characters, bidirectional controls, the separators U+2028 and U+2029, and a byte order mark "
        "inside the text do not show, or make a line show as something else. They are refused in the text and"
        " as escapes in a value.",
        _SPEC + 'description: "a small\\e[31m network"\n',
        _SPEC + 'description: "a small network"\n',
    ),
    Code(
        "NS005",
        "not YAML",
        "The text breaks a rule of YAML that has no code of its own.",
        _SPEC + "description: @home\n",
        _SPEC + "description: '@home'\n",
    ),
    Code(
        "NS006",
        "a tab as indentation",
        "YAML is indented with spaces only: how wide a tab is depends on the reader.",
        _SPEC + "budget:\n\tparameters: 62k\n",
        _SPEC + "budget:\n  parameters: 62k\n",
    ),
    Code(
        "NS007",
        "a bracket or quote that is not closed",
        "The place is where it was opened: the parser notices only much later, often at the end of the text.",
        _SPEC.replace("]", "", 1),
        _SPEC,
    ),
    Code(
        "NS008",
        "a second colon in a value",
        "A colon and a space after it make a key of what stands before. A value that holds both is quoted.",
        _SPEC + "description: tiny: a small network\n",
        _SPEC + "description: 'tiny: a small network'\n",
    ),
    Code(
        "NS009",
        "wrong indentation",
        "The keys of one mapping, and the items of one list, start in the same column.",
        _SPEC + "train:\n  epochs: 3\n seed: 1\n",
        _SPEC + "train:\n  epochs: 3\n  seed: 1\n",
    ),
    Code(
        "NS010",
        "a key given twice",
        "A mapping has each key once. YAML parsers that take the last one hide a mistake.",
        _SPEC + "name: small\n",
        _SPEC,
    ),
    Code(
        "NS011",
        "a key that is not a string",
        "Every key of a spec is a word. A number, `true`, `null`, a list or a mapping as a key is a mistake; "
        "quoted, the first three are strings.",
        _SPEC + "1: small\n",
        _SPEC + "description: small\n",
    ),
    Code(
        "NS012",
        "a tag",
        "What a value is follows from how it is written, and no spec makes a program build objects: every "
        "`!tag` is refused.",
        _SPEC + "description: !!str small\n",
        _SPEC + "description: small\n",
    ),
    Code(
        "NS013",
        "a merge key",
        "The merge key `<<` is not part of YAML 1.2, and nested merges can double the text with each line. "
        "`defaults` serves instead.",
        _SPEC + "train:\n  <<: {epochs: 3}\n",
        _SPEC + "train:\n  epochs: 3\n",
    ),
    Code(
        "NS014",
        "several documents",
        "One file is one network.",
        _SPEC + "---\n" + _SPEC,
        _SPEC,
    ),
    Code(
        "NS015",
        "an unknown directive",
        "Only `%YAML 1.2` (or `1.1`) may stand before a spec, and it changes nothing.",
        "%YAML 2.0\n---\n" + _SPEC,
        "%YAML 1.2\n---\n" + _SPEC,
    ),
    Code(
        "NS016",
        "an alias without an anchor",
        "`*name` stands for the value that `&name` marked earlier in the text.",
        _SPEC.replace("[10]", "[*units, 10]"),
        _SPEC.replace("[10]", "[&units 32, *units, 10]"),
    ),
    Code(
        "NS017",
        "an alias inside what it stands for",
        "Such a value would have no end.",
        _SPEC.replace("[10]", "&all [*all, 10]"),
        _SPEC.replace("[10]", "&all [10]"),
    ),
    Code(
        "NS018",
        "nested too deep",
        "Lists and mappings nest at most 64 deep, aliases counted as what they stand for. No key of the "
        "format nests deeper than 8.",
        _SPEC.replace("10", "[" * 63 + "10" + "]" * 63),
        _SPEC,
    ),
    Code(
        "NS019",
        "too many values",
        "A spec holds at most 100,000 values, aliases counted as what they stand for: a few lines of aliases "
        "of aliases can stand for billions.",
        _LAUGHS + _SPEC,
        _SPEC,
    ),
    Code(
        "NS020",
        "an integer that is too long",
        "Integers have at most 100 digits. No size, count or seed means anything beyond.",
        _SPEC + f"train:\n  seed: {10**100}\n",
        _SPEC + "train:\n  seed: 10\n",
    ),
    Code(
        "NS021",
        "an escape that names no character",
        "In double quotes a backslash starts an escape. The two halves of a UTF-16 pair are no characters by "
        "themselves.",
        _SPEC + 'description: "\\ud83d\\ude00"\n',
        _SPEC + 'description: "\\U0001F600"\n',
    ),
    Code(
        "NS022",
        "the file cannot be read",
        "The system refuses to give the file's content, or the name is that of a folder or a device. Specs "
        "are regular files; `-` reads standard input.",
    ),
)
