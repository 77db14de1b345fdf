"""Notebooks of every version and language are read; repairs are told, and hopeless files are one sentence."""

import json

import pytest
from saved_files import METADATA, code, made, markdown, stream, trial_of

from provkit.errors import BadInput
from provkit.notebook_cells import cell_id, ids_of
from provkit.notebook_file import parse_notebook

V3 = {
    "metadata": {"name": "old"},
    "nbformat": 3,
    "nbformat_minor": 0,
    "worksheets": [
        {
            "cells": [
                {"cell_type": "heading", "level": 2, "source": ["Old"]},
                {
                    "cell_type": "code", "collapsed": False, "input": ["1 + 1"], "language": "python",
                    "outputs": [{"output_type": "pyout", "prompt_number": 3, "text": ["2"]}], "prompt_number": 3,
                },
                {
                    "cell_type": "code", "input": "1/0", "language": "python", "prompt_number": 4,
                    "outputs": [{"output_type": "pyerr", "ename": "ZeroDivisionError", "evalue": "division by zero", "traceback": []}],
                },
            ],
            "metadata": {},
        }
    ],
}  # fmt: skip
V2 = {
    **V3,
    "nbformat": 2,
    "worksheets": [
        {"cells": [{"cell_type": "code", "input": "x = 1", "language": "python", "outputs": []}]}
    ],
}


@pytest.mark.parametrize("minor", range(6))
def test_every_minor_version_of_4_is_read(tmp_path, minor):
    trial = trial_of(
        tmp_path, made(markdown("# T"), code("x = 1", stream("a\n"), count=1), minor=minor)
    )
    assert trial.notebook.format == (4, minor)
    assert [cell.kind for cell in trial.plan.cells] == ["markdown", "code"]
    assert [run.execution_count for run in trial.notebook.executions] == [1]
    assert trial.warnings == ()


def test_a_notebook_of_nbformat_3_is_brought_to_4(tmp_path):
    trial = trial_of(tmp_path, V3)
    assert trial.notebook.format == (3, 0)
    assert [(run.execution_count, run.status) for run in trial.notebook.executions] == [
        (3, "completed"),
        (4, "failed"),
    ]
    assert [output.kind for output in trial.notebook.outputs] == ["execute_result", "error"]
    assert "the file is of nbformat 3 and was brought to 4" in trial.warnings


def test_a_notebook_of_nbformat_2_is_read(tmp_path):
    assert [step.source for step in trial_of(tmp_path, V2).plan.steps] == ["x = 1"]


@pytest.mark.parametrize(
    ("language", "source"),
    [
        ("R", "x <- c(1, 2)"),
        ("julia", "f(x) = 2x"),
        ("scala", "val x = 1"),
        ("c++", "#include <a>"),
    ],
)
def test_other_languages_have_everything_but_dataflow(tmp_path, language, source):
    metadata = {
        "kernelspec": {"name": "other", "display_name": "Other", "language": language},
        "language_info": {"name": language, "version": "4.2.1"},
    }
    trial = trial_of(tmp_path, made(code(source, stream("1\n"), count=1), metadata=metadata))
    assert trial.plan.steps == ()
    assert [output.stream for output in trial.notebook.outputs] == ["stdout"]
    assert (trial.interpreter.name, trial.interpreter.version) == (language.lower(), "4.2.1")
    assert trial.warnings == ()


HOPELESS = {
    "empty": (b"", "it is empty"),
    "no JSON": (b"{", "it is not JSON"),
    "a list": (b"[]", "its JSON is not an object"),
    "no notebook": (b'{"a": 1}', "does not say its nbformat"),
    "no cells": (b'{"nbformat": 4, "nbformat_minor": 5, "metadata": {}}', "it has no list of cells"),
    "nbformat 1": (b'{"nbformat": 1, "cells": []}', "nbformat 1"),
    "from the future": (b'{"nbformat": 5, "cells": []}', "nbformat 5, which this provkit does not know"),
    "no worksheets": (b'{"nbformat": 3, "metadata": {}}', "has no worksheets"),
    "not UTF-8": (b'{"nbformat": 4, "cells": ["\xff"]}', "byte 27 is not UTF-8"),
    "half merged": (b'{\n<<<<<<< HEAD\n"a": 1\n=======\n}', "a merge that was not finished"),
    "a pointer": (b"version https://git-lfs.github.com/spec/v1\noid sha256:ab\n", "Git LFS"),
    "deep": (b"[" * 200_000, "nested too deeply"),
    "odd nbformat": (b'{"nbformat": "4", "cells": []}', "is of nbformat '4'"),
    "broken worksheets": (b'{"nbformat": 3, "worksheets": [{"cells": [3]}]}', "cannot be brought from nbformat 3 to 4"),
}  # fmt: skip


@pytest.mark.parametrize("name", HOPELESS)
def test_a_hopeless_file_is_one_sentence(name):
    content, reason = HOPELESS[name]
    with pytest.raises(BadInput) as refused:
        parse_notebook(content, "bad.ipynb")
    said = str(refused.value)
    assert said.startswith("Couldn't read 'bad.ipynb' as a notebook: ")
    assert reason in said
    assert "\n" not in said
    assert said.endswith(".")


REPAIRED = {
    "no id": (lambda nb: nb["cells"][0].pop("id"), "cell 0 has no id; it is called 'c0-"),
    "an id twice": (lambda nb: nb["cells"][1].update(id="cell-0"), "cell 1 has the id 'cell-0' of another"),
    "an id that is none": (lambda nb: nb["cells"][0].update(id="a b"), "cell 0 has the id 'a b', which no id may be"),
    "no outputs": (lambda nb: nb["cells"][0].pop("outputs"), "cell 0 has no list of outputs"),
    "no source": (lambda nb: nb["cells"][0].pop("source"), "the text of cell 0 is missing"),
    "source is a number": (lambda nb: nb["cells"][0].update(source=3), "the text of cell 0 is no text"),
    "no metadata": (lambda nb: nb["cells"][0].pop("metadata"), "the metadata of cell 0 is not an object"),
    "metadata of the whole": (lambda nb: nb.update(metadata=[]), "the notebook's metadata is not an object"),
    "count is text": (lambda nb: nb["cells"][0].update(execution_count="7"), "which is no number"),
    "count below zero": (lambda nb: nb["cells"][0].update(execution_count=-1), "has the execution count -1"),
    "cell of another type": (lambda nb: nb["cells"][1].update(cell_type="slide"), "cell 1 is of type 'slide'; left out"),
    "cell is a text": (lambda nb: nb["cells"].append("x"), "cell 2 is not an object; left out"),
    "heading": (lambda nb: nb["cells"][1].update(cell_type="heading", level=1), "it counts as markdown"),
    "input of 3": (lambda nb: nb["cells"][0].update(input=nb["cells"][0].pop("source")), "as nbformat 3 has it"),
    "output of 3": (lambda nb: nb["cells"][0].update(outputs=[{"output_type": "pyout", "data": {}, "metadata": {}, "execution_count": 1}]), "is a 'pyout' of nbformat 3"),
    "output of no type": (lambda nb: nb["cells"][0].update(outputs=[{"output_type": "song"}]), "of no type that nbformat knows"),
    "output is a text": (lambda nb: nb["cells"][0].update(outputs=["x"]), "of no type that nbformat knows"),
    "stream without name": (lambda nb: nb["cells"][0].update(outputs=[{"output_type": "stream", "text": "a"}]), "has no 'name'"),
    "traceback is a text": (lambda nb: nb["cells"][0].update(outputs=[{"output_type": "error", "ename": "E", "evalue": "", "traceback": "x"}]), "no list of lines"),
    "unknown key": (lambda nb: nb["cells"][0].update(colour="red"), "cell 0 has 'colour', which nbformat does not know"),
    "unknown key of the whole": (lambda nb: nb.update(colour="red"), "the notebook has 'colour'"),
    "attachments of a list": (lambda nb: nb["cells"][1].update(attachments=[]), "the attachments of cell 1 is not an object"),
    "no minor": (lambda nb: nb.pop("nbformat_minor"), "does not say its minor version"),
}  # fmt: skip


@pytest.mark.parametrize("name", REPAIRED)
def test_a_repair_is_told(tmp_path, name):
    spoil, said = REPAIRED[name]
    document = made(code("x = 1", count=1), markdown("text"))
    spoil(document)
    trial = trial_of(tmp_path, document)
    assert any("the file was repaired: " in one and said in one for one in trial.warnings), (
        trial.warnings
    )


def test_a_sound_notebook_needs_no_repair():
    document = made(
        code("x = 1", stream("a"), count=1), markdown("t", attachments={"a": {"text/plain": "b"}})
    )
    assert parse_notebook(json.dumps(document).encode(), "nb").repairs == ()


def test_a_byte_order_mark_is_told():
    file = parse_notebook(b"\xef\xbb\xbf" + json.dumps(made()).encode(), "nb")
    assert file.repairs == (
        "the file begins with a byte order mark, which JSON does not have; left out",
    )


def test_cells_without_ids_are_called_by_place_and_text():
    cells = [code("x = 1"), code("x = 1"), markdown("")]
    assert ids_of(cells) == [cell_id(0, "x = 1"), cell_id(1, "x = 1"), cell_id(2, "")]
    assert cell_id(3, "x").startswith("c3-")
    assert cell_id(None, "x").startswith("t-")


def test_lines_are_one_text():
    document = made(code(["a = 1\n", "b = 2"], {**stream(""), "text": ["x\n", "y"]}, count=1))
    [cell] = parse_notebook(json.dumps(document).encode(), "nb").cells
    assert cell["source"] == "a = 1\nb = 2"
    assert cell["outputs"][0]["text"] == "x\ny"


@pytest.mark.parametrize(
    ("metadata", "language"),
    [
        (METADATA, "python"),
        ({}, "python"),
        ({"kernelspec": {"name": "ir", "language": "R"}}, "r"),
        ({"language_info": {"name": "Julia"}, "kernelspec": {"language": "x"}}, "julia"),
        ({"language_info": 3, "kernelspec": []}, "python"),
    ],
)
def test_language(metadata, language):
    assert parse_notebook(json.dumps(made(metadata=metadata)).encode(), "nb").language == language
