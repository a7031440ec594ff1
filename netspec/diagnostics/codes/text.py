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
        "A file that was never written, or emptied by mistake, would otherwise pass as a network.",
        "# a spec will stand here\n",
        _SPEC,
        hides=True,
    ),
    Code(
        "NS002",
        "the spec is too large",
        "A spec is at most 1 MiB.",
        (
            "Such a file is hardly ever a spec, and reading it would keep an editor or a CI job waiting. A "
            "network that needs more text is written with `repeat` and `defaults`."
        ),
        _SPEC,
        _SPEC,
        ("1024 * 1024 = 1048576",),
        setup="(cat example.yaml; head -c 1048576 /dev/zero | tr '\\0' '#') > large.yaml",
        command="netspec validate large.yaml",
        repair="netspec validate example.yaml",
        hides=True,
    ),
    Code(
        "NS003",
        "the text is not UTF-8",
        (
            "Specs are UTF-8, with or without a byte order mark. A byte that is not UTF-8 is shown at its place; "
            "UTF-16 and UTF-32 are named."
        ),
        "To guess an encoding is to read names and descriptions as something else.",
        _SPEC + "description: caf\N{LATIN SMALL LETTER E WITH ACUTE}\n",
        _SPEC + "description: caf\N{LATIN SMALL LETTER E WITH ACUTE}\n",
        setup="iconv -f UTF-8 -t ISO-8859-1 example.yaml > latin-1.yaml",
        command="netspec validate latin-1.yaml",
        repair="iconv -f ISO-8859-1 -t UTF-8 latin-1.yaml > utf-8.yaml\nnetspec validate utf-8.yaml",
        hides=True,
    ),
    Code(
        "NS004",
        "a character that does not show",
        (
            "Control characters, bidirectional controls, the separators U+2028 and U+2029, and a byte order mark "
            "inside the text do not show, or make a line show as something else. They are refused in the text and "
            "as escapes in a value."
        ),
        (
            "Who reads the spec would see another one than netspec does, and an escape sequence could steer the "
            "terminal that shows it."
        ),
        _SPEC + 'description: "a small\\e[31m network"\n',
        _SPEC + 'description: "a small network"\n',
        hides=True,
    ),
    Code(
        "NS005",
        "not YAML",
        "The text breaks a rule of YAML that has no code of its own.",
        "Without its structure the text has no meaning; nothing after the place can be judged.",
        _SPEC + "description: @home\n",
        _SPEC + "description: '@home'\n",
        hides=True,
    ),
    Code(
        "NS006",
        "a tab as indentation",
        "YAML is indented with spaces only.",
        "How wide a tab is depends on the reader, so that a line could belong to one key here and to another there.",
        _SPEC + "budget:\n\tparameters: 62k\n",
        _SPEC + "budget:\n  parameters: 62k\n",
        hides=True,
    ),
    Code(
        "NS007",
        "a bracket or quote that is not closed",
        "A list, a mapping or a string in quotes has no end. The place is where it was opened.",
        "The parser notices only much later, often at the end of the text, where nothing is wrong.",
        _SPEC.replace("]", "", 1),
        _SPEC,
        hides=True,
    ),
    Code(
        "NS008",
        "a second colon in a value",
        "A colon and a space after it make a key of what stands before. A value that holds both is quoted.",
        "`a: b: c` could be a key in a key or a text with a colon; YAML takes neither for granted.",
        _SPEC + "description: tiny: a small network\n",
        _SPEC + "description: 'tiny: a small network'\n",
        hides=True,
    ),
    Code(
        "NS009",
        "wrong indentation",
        "The keys of one mapping, and the items of one list, start in the same column.",
        "The column says to what a line belongs, and this one belongs to nothing.",
        _SPEC + "train:\n  epochs: 3\n seed: 1\n",
        _SPEC + "train:\n  epochs: 3\n  seed: 1\n",
        hides=True,
    ),
    Code(
        "NS010",
        "a key given twice",
        "A mapping has each key once.",
        "YAML parsers that take the last one hide a mistake: the value that one reads first has no effect.",
        _SPEC + "name: small\n",
        _SPEC,
        several_repairs=True,
    ),
    Code(
        "NS011",
        "a key that is not a string",
        (
            "Every key of a spec is a word. A number, `true`, `null`, a list or a mapping as a key is a mistake; "
            "quoted, the first three are strings."
        ),
        "Parsers turn `1`, `1.0` and `true` into one key, and one of the values is lost.",
        _SPEC + "1: small\n",
        _SPEC + "description: small\n",
    ),
    Code(
        "NS012",
        "a tag",
        "What a value is follows from how it is written: every `!tag` is refused.",
        "In other readers a tag makes a program build objects, or run commands. A spec is data alone.",
        _SPEC + "description: !!str small\n",
        _SPEC + "description: small\n",
        hides=True,
    ),
    Code(
        "NS013",
        "a merge key",
        "The merge key `<<` is not part of YAML 1.2. `defaults` serves instead.",
        "Nested merges can double the text with each line, and what a merged mapping holds stands nowhere.",
        _SPEC + "train:\n  <<: {epochs: 3}\n",
        _SPEC + "train:\n  epochs: 3\n",
        hides=True,
    ),
    Code(
        "NS014",
        "several documents",
        "One file is one network.",
        "A second document would be left out without a word, or the first.",
        _SPEC + "---\n" + _SPEC,
        _SPEC,
        hides=True,
    ),
    Code(
        "NS015",
        "an unknown directive",
        "Only `%YAML 1.2` (or `1.1`) may stand before a spec, and it changes nothing.",
        "Another directive asks for a reading that netspec does not know.",
        "%YAML 2.0\n---\n" + _SPEC,
        "%YAML 1.2\n---\n" + _SPEC,
        hides=True,
    ),
    Code(
        "NS016",
        "an alias without an anchor",
        "`*name` stands for the value that `&name` marked earlier in the text.",
        "There is no such mark above, so that the alias stands for nothing.",
        _SPEC.replace("[10]", "[*units, 10]"),
        _SPEC.replace("[10]", "[&units 32, *units, 10]"),
        hides=True,
    ),
    Code(
        "NS017",
        "an alias inside what it stands for",
        "A value is marked by an anchor and used inside itself.",
        "Such a value would have no end.",
        _SPEC.replace("[10]", "&all [*all, 10]"),
        _SPEC.replace("[10]", "&all [10]"),
        hides=True,
    ),
    Code(
        "NS018",
        "nested too deep",
        "Lists and mappings nest at most 64 deep, aliases counted as what they stand for.",
        "No key of the format nests deeper than 8, and parsers have crashed at some thousands of levels.",
        _SPEC.replace("10", "[" * 63 + "10" + "]" * 63),
        _SPEC,
        arithmetic=("1 + 64 = 65",),
        hides=True,
    ),
    Code(
        "NS019",
        "too many values",
        "A spec holds at most 100,000 values, aliases counted as what they stand for.",
        "A few lines of aliases of aliases can stand for billions of values, which no machine can walk through.",
        _LAUGHS + _SPEC,
        _SPEC,
        arithmetic=("10**8 = 100000000",),
        hides=True,
    ),
    Code(
        "NS020",
        "an integer that is too long",
        "Integers have at most 100 digits.",
        "No size, count or seed means anything beyond, and arithmetic on them would take for ever.",
        _SPEC + f"train:\n  seed: {10**100}\n",
        _SPEC + "train:\n  seed: 10\n",
        hides=True,
    ),
    Code(
        "NS021",
        "an escape that names no character",
        (
            "In double quotes a backslash starts an escape. One half of a UTF-16 pair is no character; the two, one "
            "behind the other as JSON writes them, are."
        ),
        "A text with half a character in it can be neither written to a file nor shown.",
        _SPEC + 'description: "\\ud83d"\n',
        _SPEC + 'description: "\\ud83d\\ude00"\n',
        hides=True,
    ),
    Code(
        "NS022",
        "the file cannot be read",
        (
            "The system refuses to give the file's content, or the name is that of a folder or a device. Specs "
            "are regular files; `-` reads standard input."
        ),
        "A pipe or a device may have no end; what cannot be read cannot be called sound.",
        _SPEC,
        _SPEC,
        command="netspec validate exmaple.yaml",
        repair="netspec validate example.yaml",
    ),
    Code(
        "NS023",
        "a comment that ignores nothing",
        (
            "`# netspec: ignore[NS302]` takes the findings of these codes from its line or, above the first key, from the "
            "whole file. This one takes none: there is none, or the comment names no code."
        ),
        "It looks as if something were accepted here, and would hide the next finding that nobody has thought about.",
        _SPEC + "train: {epochs: 3}  # netspec: ignore[NS302]\n",
        _SPEC + "train: {epochs: 3}\n",
    ),
    Code(
        "NS024",
        "the configuration is wrong",
        (
            "`netspec.toml`, or the table `tool.netspec` of `pyproject.toml`, is no TOML, or has a setting that there is "
            "not, or a value that the setting cannot have. What is sound in it holds."
        ),
        "A setting that is misspelt has no effect: warnings would pass that were to be errors.",
        _SPEC,
        _SPEC,
        setup="echo 'strikt = true' > netspec.toml",
        repair="echo 'strict = true' > netspec.toml\nnetspec validate example.yaml",
        command="netspec validate ./example.yaml",
    ),
    Code(
        "NS025",
        "netspec failed on this file",
        (
            "Checking the file ended in an error of netspec's own. Nothing is known of the file; all others were checked. "
            "Which spec raises it nobody knows, or it would be mended: the command breaks netspec first."
        ),
        "A file that could not be checked must not pass for a sound one.",
        _SPEC,
        _SPEC,
        setup=(
            "cat > broken-netspec <<END\n"
            "from netspec.cli import main, validate\n"
            "validate.says_spec = None\n"
            "main.main()\n"
            "END"
        ),
        command="python3 broken-netspec validate .",
        repair="netspec validate .",
    ),
    Code(
        "NS026",
        "the repairs cannot be written",
        (
            "`validate --fix` leaves a file alone that is read-only, that the system lets nobody write, or that another "
            "program has changed since it was read."
        ),
        (
            "Who took the right to write from a file meant it, and what an editor has written in the meantime must not "
            "be lost."
        ),
        _SPEC.replace("fc", "fcc"),
        _SPEC,
        setup="chmod 444 example.yaml",
        command="netspec validate --fix example.yaml",
        repair="chmod 644 example.yaml\nnetspec validate --fix example.yaml",
        beside=("NS104",),
    ),
    Code(
        "NS040",
        "a conflict of a merge",
        "Git writes both versions of lines that were changed on two sides into the file, between `<<<<<<<` and `>>>>>>>`.",
        "Which of them is meant only the authors know.",
        _SPEC.replace("fc: [10]\n", "<<<<<<< HEAD\nfc: [10]\n=======\nfc: [20, 10]\n>>>>>>> wider\n"),
        _SPEC,
        several_repairs=True,
        hides=True,
    ),
    Code(
        "NS041",
        "a placeholder of a template",
        "Where a value should stand is what a template has for it: `${F}`, `{{ f }}`, `<N>`.",
        "Specs are read as they are: nothing fills them in. To guess a number would be another network.",
        _SPEC.replace("[10]", "[{{ classes }}]"),
        _SPEC,
        hides=True,
    ),
)
