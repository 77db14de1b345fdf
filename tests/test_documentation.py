"""What the pages say is what happens."""

import importlib.util
import re
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[1]
PAGES = sorted([*REPOSITORY.glob("*.md"), *REPOSITORY.glob("docs/*.md")])


def program(name: str):
    """Import one of the programs that write pages."""
    spec = importlib.util.spec_from_file_location(name, REPOSITORY / "docs" / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


WRITER = program("write_sessions")
SESSIONS = list(WRITER.sessions())


def test_the_readme_has_sessions():
    assert len(SESSIONS) >= 2


@pytest.mark.parametrize("session", SESSIONS, ids=lambda s: s.commands[0][:40])
def test_a_session_prints_what_the_page_says(session):
    for package in ("sklearn", "pandas", "matplotlib", "joblib"):
        pytest.importorskip(package)

    assert WRITER.comparable(WRITER.carried_out(session)) == WRITER.comparable(session.text)


@pytest.mark.slow
def test_the_python_of_the_readme_runs(tmp_path, monkeypatch, capsys):
    pytest.importorskip("sklearn")
    text = (REPOSITORY / "README.md").read_text(encoding="utf-8")
    example = REPOSITORY / "examples" / "wine_quality" / "train.py"
    (tmp_path / "train.py").write_bytes(example.read_bytes())
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("PROVKIT_STORE", raising=False)
    blocks = re.findall(r"```python\n(.*?)```", text, re.DOTALL)

    assert blocks
    for block in blocks:
        exec(compile(block, "README.md", "exec"), {})
    assert capsys.readouterr().out.startswith("= 0.9")


def test_the_page_of_commands_is_their_help():
    page = program("write_command_line").page()
    written = (REPOSITORY / "docs" / "command-line.md").read_text(encoding="utf-8")

    assert written == page, "run: python docs/write_command_line.py"


def test_the_page_of_the_journal_is_written_from_the_events():
    written = (REPOSITORY / "docs" / "journal.md").read_text(encoding="utf-8")

    assert written == program("write_journal").page(), "run: python docs/write_journal.py"


def test_every_message_is_on_its_page():
    """Why it occurs and what to do stand with each kind; none can be raised that is not there."""
    writing = program("write_messages")
    kinds = {name for name, kind in vars(writing.errors).items() if isinstance(kind, type)}

    assert set(writing.KINDS) == kinds
    written = (REPOSITORY / "docs" / "messages.md").read_text(encoding="utf-8")
    assert written == writing.page(), "run: python docs/write_messages.py"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page):
    text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    links = re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", text)

    missing = [link for link in links if ":" not in link and not (page.parent / link).exists()]
    assert not missing


def test_every_module_is_on_the_map():
    """A part that the architecture does not name is a part that nobody finds."""
    text = (REPOSITORY / "docs" / "architecture.md").read_text(encoding="utf-8")
    rows = set(re.findall(r"`([a-z_]+)/?`", text))
    parts = {
        path.stem
        for path in (REPOSITORY / "provkit").iterdir()
        if (path.suffix == ".py" or path.is_dir()) and not path.name.startswith("_")
    } - {"term_tables", "ontologies", "shapes"}

    assert parts <= rows


def test_targets_that_pages_name_are_there():
    targets = set(re.findall(r"^([a-z-]+):", (REPOSITORY / "Makefile").read_text(), re.MULTILINE))
    named = {
        target
        for page in PAGES
        for target in re.findall(r"\bmake ([a-z-]+)\b", page.read_text(encoding="utf-8"))
        if f"`make {target}" in page.read_text(encoding="utf-8")
    }

    assert named <= targets


def test_every_target_is_explained():
    text = (REPOSITORY / "Makefile").read_text()
    phony = re.search(r"^\.PHONY: (.*)$", text, re.MULTILINE)[1].split()

    for target in phony:
        assert re.search(rf"^{target}:.*## \S", text, re.MULTILINE), target


def test_versions_agree():
    import provkit

    citation = (REPOSITORY / "CITATION.cff").read_text()
    assert f"version: {provkit.__version__}\n" in citation


def test_the_page_of_the_knowledge_base_says_what_its_files_were_held_against():
    written = (REPOSITORY / "docs" / "knowledge.md").read_text("utf-8")
    assert written == program("write_knowledge").page(), "run: python docs/write_knowledge.py"
