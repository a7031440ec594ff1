"""How the command ends: every exit code, signals, streams that fail, and names nobody would choose."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from netspec.cli import messages
from tests.cli.run import ROOT, here, netspec

GOOD = "netspec: 1\nname: good\ninput: [8, 8, 1]\nfc: [10]\n"


def piped(arguments: list[str], **streams: object) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "netspec", *arguments]
    return subprocess.Popen(command, cwd=ROOT, **streams)  # type: ignore[call-overload, no-any-return]


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_signals_end_it_quietly(number: int, status: int) -> None:
    code = """
import os, sys
import netspec.text.files as files

class Waiting:
    closed = False

    def read(self, size):
        print("reading", flush=True)
        return os.read(0, size)

sys.argv = ["netspec", "validate", "-"]
sys.stdin = type("Stream", (), {"buffer": Waiting()})()
from netspec.__main__ import start
start()
"""
    pipe = subprocess.PIPE
    process = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stdin=pipe, stdout=pipe, stderr=pipe)
    assert process.stdout is not None
    assert process.stdout.readline() == b"reading\n"
    process.send_signal(number)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == status
    assert b"Traceback" not in errors


@pytest.mark.parametrize("arguments", [["schema"], ["explain"], ["--help"], ["summary", "specs/vgg16.yaml"]], ids=str)
def test_a_reader_that_has_gone_is_no_verdict_on_a_spec(arguments: list[str]) -> None:
    read, write = os.pipe()
    os.close(read)
    process = piped(arguments, stdout=write, stderr=subprocess.PIPE)
    os.close(write)
    _, errors = process.communicate(timeout=60)
    assert (process.returncode, errors) == (3, b"")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
@pytest.mark.parametrize("arguments", [["schema"], ["validate", "specs"], ["--version"]], ids=str)
def test_a_full_disk_is_one_line_and_3(arguments: list[str]) -> None:
    with Path("/dev/full").open("wb") as full:
        process = piped(arguments, stdout=full, stderr=subprocess.PIPE)
        _, errors = process.communicate(timeout=60)
    assert process.returncode == 3
    assert errors == b"netspec: No space left on device\n"


def test_a_bug_says_so(tmp_path: Path) -> None:
    code = """
import sys
import netspec.cli.schema
from netspec.language import schema
def broken(): raise ZeroDivisionError("on purpose")
schema.schema = broken
sys.argv = ["netspec", "schema"]
from netspec.cli.main import main
main()
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 3
    last = done.stderr.strip().splitlines()[-1]
    assert last.startswith("this is a bug in netspec (netspec ")
    assert "ZeroDivisionError: on purpose" in done.stderr


NAMES = [
    "a b.yaml",
    "-dash.yaml",
    "per%cent,colon:.yaml",
    "line\nbreak.yaml",
    "\x1b[31mred.yaml",
    "[bold].yaml",
    "ü\u202e.yaml",
]


@pytest.mark.parametrize("name", NAMES, ids=ascii)
def test_hostile_names_come_back_whole_and_draw_nothing(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text(GOOD.replace("fc: [10]", "fc: [0]"))
    found = json.loads(netspec("validate", "--format", "json", "--", name, cwd=tmp_path).stdout)
    assert [diagnostic["file"] for diagnostic in found["diagnostics"]] == [name]
    for form in ("full", "concise"):
        done = netspec("validate", "--format", form, "--", name, cwd=tmp_path)
        assert done.returncode == 1
        assert not {"\x1b", "\u202e"} & set(done.stdout)


@pytest.mark.parametrize("form", ["concise", "json", "github", "gitlab", "sarif", "junit"])
def test_no_format_for_programs_holds_what_steers_a_terminal(form: str, tmp_path: Path) -> None:
    """Neither of a name nor of a text, also where colour is asked for; only `concise` then has colours of its own."""
    for name in ("\x1b[31mred.yaml", "a\x9b\x7f\u202eb.yaml"):
        (tmp_path / name).write_text('netspec: 1\nname: "\\e[31mx"\ninput: [8, 8, 1]\nfc: [0, "\\e[1m"]\n')
    done = netspec("validate", "--format", form, ".", cwd=tmp_path, FORCE_COLOR="1")
    assert done.returncode == 1, done.stderr
    text = re.sub("\x1b\\[(0|1;31|1;33)m", "", done.stdout) if form == "concise" else done.stdout
    assert all(char.isprintable() or char == "\n" for char in text)


def test_a_name_that_is_no_text(tmp_path: Path) -> None:
    path = os.fsencode(tmp_path) + b"/\xff.yaml"
    Path(os.fsdecode(path)).write_text(GOOD)
    for form in ("full", "concise", "json"):
        command = [sys.executable, "-m", "netspec", "validate", "--format", form, path, path + b"-missing"]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, check=False)
        assert done.returncode == 2, done.stderr
        assert b"Traceback" not in done.stderr
        done.stdout.decode("utf-8")


@pytest.mark.parametrize(
    ("encoding", "shown"), [("latin-1", b"\xfcn\xefcode \\u2192 ok"), ("ascii", "ünïcode → ok".encode())]
)
def test_a_stream_that_cannot_take_a_character_is_no_bug(encoding: str, shown: bytes, tmp_path: Path) -> None:
    """click writes UTF-8 where a stream says ASCII: that is how an unset locale looks."""
    (tmp_path / "x.yaml").write_text(GOOD + "description: ünïcode → ok\n", encoding="utf-8")
    command = [sys.executable, "-m", "netspec", "summary", "x.yaml"]
    environment = os.environ | {"PYTHONIOENCODING": encoding, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    assert shown in done.stdout
    assert b" -----" in done.stdout


def test_many_files_one_unreadable(tmp_path: Path) -> None:
    for number in range(1000):
        (tmp_path / f"{number:04}.yml").write_text(GOOD.replace("fc: [10]", f"fc: [{number}]"))
    found = json.loads(netspec("validate", "--format", "json", str(tmp_path), "missing.yaml").stdout)
    assert found["files"] == 1001
    assert [(Path(d["file"]).name, d["code"]) for d in found["diagnostics"]] == [
        ("0000.yml", "NS102"),
        ("missing.yaml", "NS022"),
    ]


def test_patterns_and_folders_are_sorted_and_counted_once(tmp_path: Path) -> None:
    for name in ("b.yaml", "a.yml", "c.txt", "below/d.yaml"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("netspec: 1")
    found = json.loads(netspec("validate", "--format", "json", ".", "*.yaml", "b.yaml", cwd=tmp_path).stdout)
    assert list(dict.fromkeys(d["file"] for d in found["diagnostics"])) == ["a.yml", "b.yaml", "below/d.yaml"]
    assert found["files"] == 3


@pytest.mark.parametrize(("module", "package"), messages.TRAINING.items())
def test_what_needs_the_extra_says_how_to_get_it(module: str, package: str, monkeypatch: pytest.MonkeyPatch) -> None:
    find = messages.find_spec
    monkeypatch.setattr(messages, "find_spec", lambda name: None if name == module else find(name))
    done = here("train", "x.yaml")
    assert done.exit_code == 3
    assert done.output == f"this command needs {package}: pip install 'netspec-compiler[train]'\n"


def test_the_extra_is_what_is_looked_for() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extra = {re.split(r"[>=<]", wanted)[0] for wanted in project["optional-dependencies"]["train"]}
    assert extra | {"jaxlib"} == set(messages.TRAINING.values())


@pytest.mark.parametrize(
    ("broken", "arguments", "said"),
    [
        ('sys.modules["optax"] = None', ["train", "specs/digits.yaml"], "pip install 'netspec-compiler[train]'"),
        ('sys.modules["rich.text"] = None', ["summary", "specs/digits.yaml"], "pip install 'netspec-compiler[train]'"),
        ("import yaml; yaml.__with_libyaml__ = False", ["validate", "specs"], "--only-binary PyYAML PyYAML"),
    ],
)
def test_a_package_that_does_not_load_is_one_line(broken: str, arguments: list[str], said: str, tmp_path: Path) -> None:
    if arguments[0] == "train":
        arguments = [*arguments, "--output", str(tmp_path / "run")]
    code = f"import sys\n{broken}\nsys.argv = {['netspec', *arguments]!r}\n"
    code += "from importlib import util\nfind = util.find_spec\n"
    code += "util.find_spec = lambda name: name if name in sys.modules else find(name)\n"
    code += "from netspec.cli.main import main\nmain()"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 3
    assert re.fullmatch(rf"netspec: .*{re.escape(said)}\n", done.stderr)


def test_fixes_are_written_into_the_file(tmp_path: Path) -> None:
    path = tmp_path / "x.yaml"
    path.write_bytes(b"\xef\xbb\xbfnetspec: 1\r\nname: x # kept\r\ninput: [8, 8, 1]\r\nfc: [{unitz: 10}]\r\n")
    path.chmod(0o640)
    done = netspec("validate", "--fix", str(path))
    assert done.returncode == 0, done.stdout
    assert path.read_bytes() == b"\xef\xbb\xbfnetspec: 1\r\nname: x # kept\r\ninput: [8, 8, 1]\r\nfc: [{units: 10}]\r\n"
    assert path.stat().st_mode & 0o777 == 0o640
    assert "units" in done.stderr


def test_what_is_wrong_with_one_of_two_specs_hides_nothing_of_the_other() -> None:
    done = here("diff", "specs/broken/tab.yaml", "nowhere.yaml", "--format", "concise")
    found = [line.split(": ")[0] for line in done.stdout.splitlines() if "error" in line]
    assert (done.exit_code, sorted(place.split(":")[0] for place in found)) == (
        2,
        ["nowhere.yaml", "specs/broken/tab.yaml"],
    )
