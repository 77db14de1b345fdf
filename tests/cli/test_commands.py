"""What each command prints and does, on a store of two trials."""

import csv
import io
import json
import os
import stat

import pytest
from stored_example import EXAMPLE, FULL

TREE = """\
model.joblib sha256 9372c470eead                       train.py:17  joblib.dump(model, "model.joblib")
└─ model@2 Lasso(alpha=0.1)                            train.py:15  model.fit(X_train, y_train)
"""


# ------------------------------------------------------------------ trials


def test_trials_are_listed_the_newest_first_and_narrow(project, provkit):
    lines = provkit("trials").out.splitlines()

    assert lines[0].split() == ["ID", "NAME", "WHEN", "STATUS", "TOOK", "SCRIPT"]
    assert [line[:8] for line in lines[1:]] in (
        [EXAMPLE[:8], FULL[:8]],
        [FULL[:8], EXAMPLE[:8]],  # they began at the same moment
    )
    assert all(len(line) <= 80 for line in lines)


@pytest.mark.parametrize(
    ("words", "ids"),
    [
        ((), [EXAMPLE, FULL]),
        (("--tag", "paper"), [FULL]),
        (("--tag", "none"), []),
        (("--status", "failed"), [FULL]),
        (("--status", "completed"), [EXAMPLE]),
        (("--script", "train.py"), [EXAMPLE]),
        (("--script", "rain.py"), []),
        (("--since", "2026-11-20"), [EXAMPLE, FULL]),
        (("--since", "2026-11-20T10:00:00Z"), [EXAMPLE, FULL]),
        (("--since", "2027-01-01"), []),
        (("-n", "0"), []),
    ],
    ids=str,
)
def test_trials_are_filtered(project, provkit, words, ids):
    rows = json.loads(provkit("trials", "--format", "json", *words).out)

    assert {row["id"] for row in rows} == {trial_id[:8] for trial_id in ids}


def test_trials_are_sorted_by_what_is_asked(project, provkit):
    def names(*words: str) -> list[str]:
        return [row["script"] for row in json.loads(provkit("ls", "-f", "json", *words).out)]

    assert names("--sort", "script") == ["run.py", "train.py"]
    assert names("--sort", "script", "-r") == ["train.py", "run.py"]
    assert names("--sort", "took") == ["run.py", "train.py"]
    assert names("--sort", "status") == ["train.py", "run.py"]


def test_csv_and_json_of_trials_say_the_same(project, provkit):
    by_csv = list(csv.DictReader(io.StringIO(provkit("trials", "-f", "csv").out)))
    by_json = json.loads(provkit("trials", "-f", "json").out)

    assert [row["id"] for row in by_csv] == [row["id"] for row in by_json]
    assert by_json[0].keys() == by_csv[0].keys()


def test_an_empty_store_says_so_on_stderr_alone(tmp_path, monkeypatch, provkit):
    monkeypatch.chdir(tmp_path)
    provkit("init")
    said = provkit("trials")

    assert (said.status, said.out) == (0, "")
    assert "no trials" in said.err


def test_only_data_goes_to_stdout_and_a_file_is_written_whole(project, provkit):
    said = provkit("trials", "-f", "csv", "-o", "trials.csv")

    assert (said.status, said.out) == (0, "")
    assert (project / "trials.csv").read_text() == provkit("trials", "-f", "csv").out
    assert [p.name for p in project.iterdir() if p.name != ".provkit"] == ["trials.csv"]


def test_a_file_that_cannot_be_written_leaves_the_old_one(project, provkit, monkeypatch):
    (project / "kept.csv").write_text("old")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fdopen", full)
    said = provkit("trials", "-f", "csv", "-o", "kept.csv")

    assert said.status == 3
    assert "No space left" in said.err
    assert (project / "kept.csv").read_text() == "old"
    assert len(list(project.iterdir())) == 2


def test_a_new_file_has_the_mode_that_any_new_file_has(project, provkit):
    (project / "like-this").touch()
    provkit("trials", "-f", "csv", "-o", "trials.csv")

    modes = {stat.S_IMODE(os.stat(name).st_mode) for name in ("like-this", "trials.csv")}
    assert len(modes) == 1


def test_the_store_is_found_from_a_folder_below(project, provkit, monkeypatch):
    (project / "a" / "b").mkdir(parents=True)
    monkeypatch.chdir(project / "a" / "b")

    assert provkit("trials").status == 0


def test_the_store_may_be_named(project, provkit, monkeypatch, tmp_path_factory):
    monkeypatch.chdir(tmp_path_factory.mktemp("elsewhere"))

    assert provkit("show", "broken", "--store", str(project / ".provkit")).status == 0
    monkeypatch.setenv("PROVKIT_STORE", str(project / ".provkit"))
    assert provkit("show", "broken").status == 0


# ------------------------------------------------------------------ show


def test_show_says_what_ran_and_what_went_in_and_out(project, provkit):
    out = provkit("show", EXAMPLE[:8]).out

    for said in (
        "trial 3f9a6c0d  train.py --alpha 0.1",
        "completed in 2.2 s",
        "by         the name that git gives",
        "script     train.py  sha256 ea2f9699b935",
        "on         Python 3.11.7, Linux 6.1.0",
        "used       1.8 s of CPU time, 182.5 MB of memory at most",
        "recorded   16 steps, 16 executions, 19 values",
        "files in\n  houses.csv  11.3 kB  sha256 4025eb7e4ff6",
        "files out\n  model.joblib  845 B  sha256 9372c470eead",
        "metrics\n  score = 0.6134  train.py:16  score = r2_score(y_test, model.predict(X_test))",
        "packages   joblib 1.5.2, pandas 2.3.3, scikit-learn 1.7.2",
    ):
        assert said in out


def test_show_says_how_a_trial_failed_and_where(project, provkit):
    out = provkit("show", "broken").out

    assert "ValueError: no rows\n  at run.py:2  if c: b = load()" in out
    assert "modules    lib/tools.py" in out
    assert "tags       draft, paper" in out
    assert "note       why?" in out
    assert "stderr\n  Traceback" in out
    assert "warning    Couldn't hash '/dev/ttyS0'" in out


def test_a_value_that_was_bound_again_is_not_shown_by_its_old_number(project, provkit):
    scalars = json.loads(provkit("show", "broken", "-f", "json").out)["scalars"]

    assert [scalar["name"] for scalar in scalars] == ["c"]


def test_show_as_json_has_everything(project, provkit):
    told = json.loads(provkit("show", "broken", "--format", "json").out)

    assert told["id"] == FULL
    assert told["exit_status"] == 1
    assert told["settings"]["cpu.count"] == 8
    assert told["packages"] == {"numpy": "2.1.0"}
    assert told["started_at"] == "2026-11-20T10:00:00Z"


def test_a_page_fits_the_terminal(project, provkit, monkeypatch):
    monkeypatch.setenv("COLUMNS", "60")

    assert max(map(len, provkit("show", "3f9a").out.splitlines())) <= 60
    assert max(map(len, provkit("lineage", "3f9a", "score").out.splitlines())) > 0


# ------------------------------------------------------------------ lineage


def test_lineage_shows_each_step_in_the_programs_words(project, provkit):
    out = provkit("lineage", "3f9a", "model.joblib", "--depth", "1").out

    assert out.startswith(TREE.splitlines()[0].partition("  ")[0])
    assert 'train.py:17  joblib.dump(model, "model.joblib")' in out
    assert "└─ model@2 Lasso(alpha=0.1)" in out
    assert out.splitlines()[-1] == "3 more things beyond this depth"


def test_lineage_of_the_score_reaches_the_data_the_fit_and_the_file(project, provkit):
    out = provkit("lineage", "3f9a", "score").out

    for statement in (
        "model.fit(X_train, y_train)",
        "model = Lasso(alpha=args.alpha)",
        'df = pd.read_csv("houses.csv")',
        "houses.csv sha256 4025eb7e4ff6",
        "command line = 'train.py --alpha 0.1'",
    ):
        assert statement in out
    assert "total" not in out


@pytest.mark.parametrize("name", ["table", "json", "csv", "md", "dot", "svg"])
def test_lineage_in_every_format_names_the_file(project, provkit, name):
    said = provkit("lineage", "3f9a", "score", "--format", name)

    assert said.status == 0
    assert "houses.csv" in said.out


def test_the_suffix_of_the_output_chooses_the_picture(project, provkit):
    provkit("lineage", "3f9a", "score", "-o", "score.svg")
    provkit("lineage", "3f9a", "score", "-o", "score.txt")

    assert (project / "score.svg").read_text().startswith("<svg ")
    assert (project / "score.txt").read_text().startswith("score@1 = 0.6134")


def test_forward_lineage_of_files_only(project, provkit):
    out = provkit("lineage", "3f9a", "houses.csv", "--forward", "--files-only").out

    assert [line.split()[0] for line in out.splitlines()] == ["houses.csv", "└─"]
    assert "model.joblib" in out


def test_control_is_marked(project, provkit):
    out = provkit("lineage", "broken", "b@1").out

    assert "c@1 (control) = True" in out
    assert "(control)" not in next(line for line in out.splitlines() if "a@1" in line)


# ------------------------------------------------------------------ query


def test_a_query_knows_the_prefixes(project, provkit):
    said = provkit("query", "SELECT ?label { ?t a repr:Trial ; rdfs:label ?label } ORDER BY ?label")

    assert said.out.split() == ["LABEL", "run.py", "train.py", "--alpha", "0.1"]


def test_a_query_comes_from_a_file_or_from_stdin(project, provkit, provkit_process):
    (project / "q.rq").write_text("ASK { ?t a repr:Trial }")

    assert provkit("query", "q.rq").out == "yes\n"
    piped = provkit_process("query", "-", cwd=project, input="ASK { ?t a repr:Nothing }")
    assert (piped.returncode, piped.stdout) == (0, "no\n")


def test_a_mistake_in_a_file_is_told_by_file_line_and_column(project, provkit):
    (project / "q.rq").write_text("SELECT ?x\nWHERE { ?x")
    said = provkit("query", "q.rq")

    assert said.status == 3
    assert "q.rq:2:" in said.err


def test_variables_are_given_as_papermill_gives_parameters(project, provkit):
    query = "SELECT ?t { ?t a repr:Trial ; rdfs:label $label }"
    said = provkit("query", query, "-p", "label", "run.py", "--format", "csv")

    assert said.out.splitlines()[1].endswith(FULL)


def test_a_named_query_is_asked_by_name(project, provkit):
    names = [row["name"] for row in json.loads(provkit("queries", "-f", "json").out)]
    said = provkit("query", "--name", "lineage", "-p", "name", "score@1", "-f", "csv")

    assert "lineage" in names
    assert "houses.csv" in said.out


def test_a_graph_is_written_as_turtle(project, provkit):
    said = provkit("query", "CONSTRUCT { ?t a prov:Activity } WHERE { ?t a repr:Trial }")

    assert said.out.startswith("@prefix")


def test_data_of_a_file_needs_no_store(tmp_path, monkeypatch, provkit):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "x.ttl").write_text("<a:a> <a:b> 1 .")

    assert provkit("query", "ASK { ?s ?p 1 }", "--data", "x.ttl").out == "yes\n"


# ------------------------------------------------------------------ keeping


def test_tags_are_put_on_and_taken_off(project, provkit):
    assert provkit("tag", "3f9a", "b", "a", "a").out == "a\nb\n"
    assert provkit("tag", "3f9a", "c", "-d", "a").out == "b\nc\n"
    assert provkit("tag", "3f9a").out == "b\nc\n"
    assert "b, c" in provkit("show", "3f9a").out


def test_a_name_finds_its_trial_and_can_be_taken_away(project, provkit):
    provkit("rename", "3f9a", "baseline")
    assert json.loads(provkit("show", "baseline", "-f", "json").out)["id"] == EXAMPLE

    provkit("rename", "baseline", "")
    assert provkit("show", "baseline").status == 2


def test_name_tags_and_note_do_not_disturb_each_other(project, provkit):
    provkit("tag", "broken", "new")
    provkit("note", "broken", "because", "of", "rows")
    provkit("rename", "broken", "mended")
    told = json.loads(provkit("show", "mended", "-f", "json").out)

    assert told["tags"] == ["draft", "new", "paper"]
    assert told["note"] == "because of rows"


def test_rm_without_a_terminal_shows_and_removes_nothing(project, provkit_process):
    said = provkit_process("rm", "broken", cwd=project, stdin=-3)

    assert said.returncode == 1
    assert FULL[:8] in said.stderr
    assert said.stdout == ""
    assert provkit_process("show", "broken", cwd=project).returncode == 0


def test_rm_removes_what_is_confirmed(project, provkit):
    said = provkit("rm", "broken", "0123", "-y")

    assert (said.status, said.out, said.err) == (0, "", "provkit: removed 1 trial\n")
    assert provkit("show", FULL).status == 2
    assert provkit("show", EXAMPLE).status == 0


def test_rm_removes_nothing_if_one_name_is_wrong(project, provkit):
    assert provkit("rm", "broken", "no-such", "-y").status == 2
    assert provkit("show", "broken").status == 0


def test_init_makes_a_store_and_leaves_one_that_is_there(tmp_path, monkeypatch, provkit):
    monkeypatch.chdir(tmp_path)
    base = "https://example.org/houses/"

    assert provkit("init", "--base-iri", base).status == 0
    assert provkit("init").status == 0
    assert provkit("init", "--base-iri", base).status == 0
    assert provkit("init", "--base-iri", "https://example.org/other/").status == 4
    assert stat.S_IMODE((tmp_path / ".provkit").stat().st_mode) == 0o700


def test_a_journal_that_cannot_be_read_is_told_and_hides_nothing(project, provkit):
    journal = project / ".provkit" / "journals" / ("ab" * 16)
    journal.mkdir(parents=True)
    (journal / "circumstances.json").write_text("not this")
    said = provkit("trials")

    assert said.status == 0
    assert FULL[:8] in said.out
    assert "couldn't recover trial abababab" in said.err
    assert journal.exists()


# ------------------------------------------------------------------ exchange


@pytest.mark.parametrize("name", ["turtle", "trig", "nquads", "jsonld", "rdf-xml", "prov-json"])
def test_a_trial_is_exported(project, provkit, name):
    said = provkit("export", "3f9a", "-f", name)

    assert said.status == 0
    assert "houses.csv" in said.out


def test_the_suffix_of_the_output_chooses_the_format(project, provkit):
    assert provkit("export", "3f9a", "-o", "t.json").status == 0
    bundles = json.loads((project / "t.json").read_text())["bundle"].values()
    assert any("wasDerivedFrom" in bundle for bundle in bundles)


def test_an_export_is_taken_in_elsewhere_and_stays_the_same(
    project, provkit, monkeypatch, tmp_path_factory
):
    provkit("export", "3f9a", "broken", "-o", "both.trig")
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    monkeypatch.chdir(elsewhere)
    said = provkit("import", str(project / "both.trig"))

    assert sorted(said.out.split()) == sorted([EXAMPLE, FULL])
    for trial in (EXAMPLE, FULL):
        there = provkit("export", trial, "-f", "nquads", "--store", str(project / ".provkit")).out
        assert provkit("export", trial, "-f", "nquads").out == there
    assert provkit("import", str(project / "both.trig")).status == 0
    assert json.loads(provkit("show", "broken", "-f", "json").out)["tags"] == ["draft", "paper"]


def test_another_text_under_a_known_id_is_refused(project, provkit):
    provkit("export", "3f9a", "-o", "t.nq")
    text = (project / "t.nq").read_text()
    (project / "t.nq").write_text(text.replace("0.6134", "0.9999"))
    said = provkit("import", "t.nq")

    assert said.status == 3
    assert "with other statements" in said.err


def test_a_trial_without_its_graphs_is_taken_in_as_a_document(project, provkit):
    provkit("export", "3f9a", "-o", "t.ttl")
    said = provkit("import", "t.ttl")

    assert said.status == 0
    assert "trig" in said.err
    assert json.loads(provkit("show", "t.ttl", "-f", "json").out)["status"] == "imported"


def test_convert_keeps_what_is_no_prov_between_rdf_formats(project, provkit):
    (project / "x.ttl").write_text("<http://a/a> <http://a/b> 1 .")
    provkit("convert", "x.ttl", "x.nq")

    assert "<http://a/b>" in (project / "x.nq").read_text()


def test_convert_goes_between_the_formats_of_prov(project, provkit):
    (project / "d.provn").write_text(
        "document\n prefix ex <http://example.org/>\n entity(ex:a)\nendDocument\n"
    )
    assert provkit("convert", "d.provn", "d.json").status == 0
    assert provkit("equivalent", "d.provn", "d.json").status == 0


def test_validate_says_yes_and_no_by_its_status(project, provkit):
    assert provkit("validate", "3f9a", "--constraints").status == 0
    (project / "bad.provn").write_text(
        "document\n prefix ex <http://example.org/>\n entity(ex:a)\n activity(ex:a)\nendDocument\n"
    )
    said = provkit("validate", "--constraints", "bad.provn", "-f", "json")

    assert said.status == 1
    assert json.loads(said.out)["reports"][0]["violations"][0]["constraint"] == 55


def test_equivalent_says_no_by_its_status(project, provkit):
    head = "document\n prefix ex <http://example.org/>\n"
    (project / "a.provn").write_text(head + " entity(ex:a)\nendDocument\n")
    (project / "b.provn").write_text(head + " entity(ex:b)\nendDocument\n")

    assert provkit("equivalent", "a.provn", "b.provn").status == 1


def test_normalize_writes_the_normal_form(project, provkit):
    (project / "a.provn").write_text(
        "document\n prefix ex <http://example.org/>\n entity(ex:a)\n entity(ex:a)\nendDocument\n"
    )
    said = provkit("normalize", "a.provn")

    assert said.status == 0
    assert said.out.count("entity(ex:a)") == 1


# ------------------------------------------------------------------ completion


@pytest.mark.parametrize(
    ("typed", "wanted"),
    [
        ("provkit\nli", "lineage"),
        ("provkit\nlineage\nbro", "broken"),
        ("provkit\nshow\n", "last"),
        ("provkit\nls\n--st", "--status"),
        ("provkit\nexport\nlast\n--for", "--format"),
    ],
)
def test_a_shell_gets_the_words_that_may_follow(project, provkit, monkeypatch, typed, wanted):
    monkeypatch.setenv("_PROVKIT_COMPLETE", typed)

    assert wanted in provkit().out.split()


def test_a_word_that_nothing_completes_gives_nothing(project, provkit, monkeypatch):
    monkeypatch.setenv("_PROVKIT_COMPLETE", "provkit\ncapture\ntr")

    assert provkit().out == ""


def test_bash_completes_with_the_script(project, provkit_process):
    import shutil
    import subprocess
    import sys

    bash = shutil.which("bash")
    if bash is None:
        pytest.skip("no bash here")
    script = provkit_process("completion", "bash").stdout
    (project / "provkit").write_text(f'#!/bin/sh\nexec {sys.executable} -m provkit "$@"\n')
    (project / "provkit").chmod(0o755)
    asked = (
        f'{script}\nPATH="{project}:$PATH"\nCOMP_WORDS=(provkit lineage bro)\nCOMP_CWORD=2\n'
        '_provkit_complete\necho "${COMPREPLY[@]}"'
    )
    from pathlib import Path

    found = subprocess.run(
        [bash, "-c", asked], cwd=project, capture_output=True, text=True, timeout=60, check=True,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[2])},
    )  # fmt: skip
    assert found.stdout.split() == ["broken"]
