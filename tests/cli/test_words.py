"""Commands and their help: what is promised there, and what wrong words are answered with."""

import importlib
import os
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest

from provkit.cli import ALIASES, COMMANDS, FAMILIES, function_of, overview
from provkit.cli.capture import split
from provkit.cli.words import TABLES, command_of, format_of, one_of
from provkit.errors import UsageError

REPOSITORY = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("name", COMMANDS)
def test_every_help_has_two_examples_of_its_own_command(provkit, name):
    said = provkit(name, "--help")

    assert said.status == 0
    assert said.err == ""
    _, _, examples = said.out.partition("\nExamples:\n")
    lines = [line.strip() for line in examples.strip().splitlines()]
    assert len(lines) == 2
    assert all(line.startswith(f"provkit {name}") for line in lines)
    assert max(map(len, said.out.splitlines())) <= 80


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_and_argument_is_explained(name):
    for parameter in command_of(name, function_of(name)).params:
        assert parameter.help, parameter.name
        assert parameter.metavar or parameter.is_flag, f"{parameter.name} says no metavar"


@pytest.mark.parametrize("name", COMMANDS)
def test_o_is_always_the_output_file_and_store_always_the_store(name):
    by_word = {
        word: parameter.name
        for parameter in command_of(name, function_of(name)).params
        for word in parameter.opts
    }

    assert by_word.get("-o", "output") == "output"
    assert by_word.get("--store", "store") == "store"
    assert by_word.get("-f", "format") == "format"


def test_options_of_capture_are_those_that_its_help_lists():
    listed = {
        word
        for parameter in command_of("capture", function_of("capture")).params
        for word in parameter.opts
        if word.startswith("-")
    }

    for word in listed - {"-m", "-c"}:
        asked = split([word, "x", "train.py"])
        taken = asked.quiet or asked.tags or asked.values or asked.no_execute
        taken = taken or asked.keep_models
        assert taken, word
    assert split(["-m", "x"]).kind == "module"
    assert split(["-c", "x"]).kind == "command"


def test_the_overview_lists_every_command_once():
    words = re.findall(r"^  ([a-z]+) {2,}", overview(), re.MULTILINE)

    assert words == list(COMMANDS)
    assert sum(map(len, FAMILIES.values())) == len(COMMANDS)


@pytest.mark.parametrize("words", [(), ("--help",), ("-h",), ("help",)])
def test_help_without_a_command_is_the_overview(provkit, words):
    assert provkit(*words).out == overview()


def test_help_of_a_command_may_be_asked_in_front(provkit):
    assert provkit("help", "trials").out == provkit("trials", "--help").out


@pytest.mark.parametrize(("alias", "name"), ALIASES.items())
def test_an_alias_is_its_command(provkit, alias, name):
    assert provkit(alias, "--help").out == provkit(name, "--help").out


def test_version_is_the_version_of_the_package(provkit):
    assert provkit("--version").out == f"provkit {importlib.import_module('provkit').__version__}\n"


WRONG_WORDS = [
    (("lineag",), "did you mean 'lineage'"),
    (("frobnicate",), "lists them"),
    (("--store", "x"), "before the command"),
    (("trials", "--colour"), "--colour"),
    (("trials", "--number", "many"), "--number"),
    (("trials", "-n", "-1"), "The number of trials cannot be -1"),
    (("query", "--timeout", "0", "ASK {}"), "The time limit cannot be 0"),
    (("trials", "--format", "jsn"), "did you mean 'json'"),
    (("trials", "--sort", "size"), "'size'"),
    (("trials", "--status", "dead"), "'dead'"),
    (("trials", "--since", "lately"), "which time 'lately' is"),
    (("show", "nothing-like-it"), "nothing-like-it"),
    (("lineage", "last"), "NAME"),
    (("lineage", "last", "score", "--format", "png"), "no format 'png'"),
    (("lineage", "last", "score", "--depth", "-1"), "depth"),
    (("query",), "--name"),
    (("query", "ASK {}", "--name", "trials"), "either"),
    (("query", "--name", "no-such"), "no-such"),
    (("query", "ASK {}", "-p", "x"), "a name and a value"),
    (("export", "last", "-f", "yaml"), "yaml"),
    (("export", "last", "-o", "trial.docx"), "docx"),
    (("capture",), "missing"),
    (("capture", "--nmae", "x", "train.py"), "did you mean '--name'"),
    (("capture", "--name"), "needs a value"),
    (("capture", "--detail", "call", "train.py"), "'statement'"),
    (("capture", "-m"), "module"),
    (("completion", "tcsh"), "tcsh"),
    (("rename", "last", "broken"), "'broken'"),
    (("rename", "last", "last"), "cannot be named"),
    (("rename", "last", "deadbeef"), "cannot be named"),
    (("tag", "last", ""), "empty"),
]


@pytest.mark.parametrize(("words", "hint"), WRONG_WORDS, ids=str)
def test_wrong_words_end_in_status_2_and_one_sentence(project, provkit, words, hint):
    said = provkit(*words)

    assert said.status == 2
    assert said.out == ""
    assert said.err.startswith("provkit: error: ")
    assert said.err.count("\n") == 1
    assert hint in said.err


BAD_INPUT = [
    (("capture", "no/such.py"), 3, "no/such.py"),
    (("capture", "."), 3, "folder"),
    (("query", "SELECT WHERE"), 3, "SELECT WHERE"),
    (("query", "SELECT ?x WHERE { ?x"), 3, "query:1:"),
    (("query", "no-such.rq"), 3, "no such file"),
    (("query", "DELETE WHERE { ?s ?p ?o }"), 3, "refused"),
    (("convert", "no-such.ttl", "-f", "trig"), 3, "no-such.ttl"),
    (("validate", "--constraints", "no-such.provn"), 3, "no-such.provn"),
    (("import", "no-such.trig"), 3, "no-such.trig"),
    (("show", "last", "-o", "no/such/folder.txt"), 3, "folder.txt"),
    (("trials", "--store", "no-such-store"), 4, "no-such-store"),
]


@pytest.mark.parametrize(("words", "status", "hint"), BAD_INPUT, ids=str)
def test_bad_input_ends_in_one_sentence_and_its_status(project, provkit, words, status, hint):
    said = provkit(*words)

    assert (said.status, said.out) == (status, "")
    assert said.err.startswith("provkit: error: ")
    assert said.err.count("\n") == 1
    assert hint in said.err


def test_without_a_store_the_status_is_4(tmp_path, monkeypatch, provkit):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("PROVKIT_STORE", raising=False)

    assert provkit("trials").status == 4


def test_a_mistake_of_our_own_is_one_sentence_without_a_traceback(project, provkit, monkeypatch):
    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError("oh")

    monkeypatch.setattr("provkit.api.trials", broken)
    said = provkit("trials")

    assert said.status == 3
    assert said.err.count("\n") == 1
    assert "PROVKIT_DEBUG=1" in said.err


def test_the_traceback_is_there_for_who_asks(project, provkit, monkeypatch):
    monkeypatch.setenv("PROVKIT_DEBUG", "1")

    assert "Traceback" in provkit("show", "nothing-like-it").err


def test_a_reader_that_goes_away_is_no_error(project, provkit_process):
    code = "import sys; sys.stdin.readline()"
    with subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, text=True) as reader:
        said = provkit_process(
            "export", "last", "broken", "-f", "nquads", stdout=reader.stdin,
            capture_output=False, stderr=subprocess.PIPE,
        )  # fmt: skip
        reader.stdin.close()

    assert said.stderr == ""


def test_an_option_without_its_value_is_not_a_trial(provkit):
    with pytest.raises(UsageError, match="needs a value"):
        split(["--tag"])


# ------------------------------------------------------------------ what stays light


def _modules_after(code: str) -> set[str]:
    found = subprocess.run(
        [sys.executable, "-c", f"{code}\nimport sys; print(*sys.modules)"],
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
        capture_output=True, text=True, check=True, timeout=60,
    )  # fmt: skip
    return set(found.stdout.split("\n")[-2].split())


@pytest.mark.parametrize(
    ("code", "heavy"),
    [
        ("import provkit, provkit.api", {"rdflib", "pyoxigraph", "prov", "networkx", "typer"}),
        ("from provkit.cli import main; main(['--help'])", {"typer", "rich", "pyoxigraph"}),
        (
            "from provkit.cli import main; main(['trials', '--help'])",
            {"rich", "rdflib", "pyoxigraph", "prov", "networkx"},
        ),
        (
            "from provkit.cli.capture import run; import provkit.recording",
            {"typer", "rich", "rdflib", "pyoxigraph", "prov"},
        ),
    ],
)
def test_nothing_heavy_is_imported_before_it_is_needed(code, heavy):
    assert not _modules_after(code) & heavy


@pytest.mark.slow
def test_help_takes_no_longer_than_importing_typer_and_rich(provkit_process):
    def quickest(words: list[str]) -> float:
        times = []
        for _ in range(5):
            began = time.perf_counter()
            subprocess.run(
                words, env={**os.environ, "PYTHONPATH": str(REPOSITORY)}, check=True,
                capture_output=True, timeout=60,
            )  # fmt: skip
            times.append(time.perf_counter() - began)
        return min(times)

    yardstick = quickest([sys.executable, "-c", "import typer, rich"])
    assert quickest([sys.executable, "-m", "provkit", "--help"]) <= yardstick


@pytest.mark.parametrize(
    ("format", "output", "chosen"),
    [
        (None, None, "table"),
        (None, "rows.csv", "csv"),
        (None, "ROWS.JSON", "json"),
        (None, "rows.txt", "table"),
        (None, "/dev/stdout", "table"),
        ("md", "rows.csv", "md"),
    ],
)
def test_suffix_of_the_output_file_says_the_format(
    format: str | None, output: str | None, chosen: str
) -> None:
    path = Path(output) if output is not None else None
    assert format_of(format, path, TABLES) == chosen


@pytest.mark.parametrize("name", ["rows.pdf", "rows.svg"])
def test_suffix_of_no_format_is_refused(name: str) -> None:
    with pytest.raises(UsageError, match=r"names no format that there is here; give one of table,"):
        format_of(None, Path(name), TABLES)


def test_word_that_is_no_format_is_not_called_one() -> None:
    with pytest.raises(UsageError, match="There is no status 'over' here: use one of completed"):
        one_of("over", ("completed", "failed"), "status")
