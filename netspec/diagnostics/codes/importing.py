"""NS29: what an import finds in the file of another system. The examples are Darknet's, which are short."""

from netspec.diagnostics.code import Code

_NET = "[net]\nheight=8\nwidth=8\nchannels=3\n"
_END = "[avgpool]\n[connected]\noutput=4\nactivation=relu\n"
_CONV = "[convolutional]\nfilters=4\nsize=3\npad=1\nactivation=relu\n"


def _file(text: str) -> str:
    return f"cat > net.cfg <<'END'\n{text}END\n"


_IMPORT = "netspec import net.cfg"

CODES: tuple[Code, ...] = (
    Code(
        "NS290",
        "layer the format lacks",
        "The source has a layer, or a value of one, for which the format has no word. It is named with its place in the source; with "
        "`--partial` it is left out, or the next best stands there, and a comment in the spec says so at that layer.",
        "A network without the layer is another network, and would look like the one that was meant.",
        setup=_file(f"{_NET}{_CONV}[upsample]\nstride=2\n"),
        command=_IMPORT,
        repair=f"{_file(_NET + _CONV)}{_IMPORT}",
    ),
    Code(
        "NS291",
        "structure the format lacks",
        "The layers of the source are no sequence of blocks, forks and joins: ways cross between a fork and its join, are not "
        "joined, or steps stand where no layer has a place for them. With `--partial` the network up to there is written.",
        "The format has `shortcut`, `branches` and `gate`; what none of them says cannot be written without changing the network.",
        setup=_file(f"{_NET}{_END}{_CONV}"),
        command=_IMPORT,
        repair=f"{_file(_NET + _CONV + _END)}{_IMPORT}",
    ),
    Code(
        "NS292",
        "not a network that can be read",
        "The file is not what its ending says, ends too soon, contradicts itself, or is of a kind or size that an import does "
        "not read. Weights that do not fit the network are such too.",
        "What is guessed of a damaged file is another network.",
        setup=_file(f"{_NET}[convolutional]\nfilters=four\n"),
        command=_IMPORT,
        repair=f"{_file(_NET + _CONV)}{_IMPORT}",
    ),
    Code(
        "NS295",
        "source that would have to be executed",
        "The source holds a program, not data: a Lambda layer, a class of its author's, a pickle. An import executes nothing of "
        "what it reads.",
        "A file from elsewhere could do anything on this machine.",
        setup="cat > net.json <<'END'\n"
        '{"class_name": "Sequential", "config": {"name": "net", "layers": [\n'
        '{"class_name": "InputLayer",\n'
        ' "config": {"name": "in", "batch_shape": [null, 8, 8, 3]}},\n'
        '{"class_name": "Lambda", "config": {"name": "x", "function": "4wE="}},\n'
        '{"class_name": "Flatten", "config": {"name": "flat"}},\n'
        '{"class_name": "Dense", "config": {"name": "out", "units": 4}}]}}\nEND\n',
        command="netspec import net.json",
        repair="sed -i /Lambda/d net.json\nnetspec import net.json",
    ),
)
