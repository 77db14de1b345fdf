"""Trials of notebooks made up by hand: the worked example's, and one in which everything is said."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256

from provkit.model import (
    Agent,
    CellExecution,
    CellOutput,
    CellText,
    Content,
    Derivation,
    Execution,
    Failure,
    File,
    Notebook,
    Package,
    Reference,
    Setting,
    Trial,
    Usage,
    Value,
)
from provkit.notebook_cells import WrittenCell
from provkit.notebook_plan import NotebookAnalysis

BASE_IRI = "arcp://uuid,5f0c1f6e-3b0a-4c55-9d0e-6d1b2a7c9e10/"
TRIAL_ID = "8c11d2a7f0b94e3c9a6655d21e07ab34"
DIGEST = "665077f5ca5d20c727acdc837412a42d19fe9ec8004165726592a54ba56e628b"
CELL = "c790615e"
FULL_ID = "fedcba9876543210fedcba9876543210"
START = datetime(2026, 11, 20, 11, 0, tzinfo=UTC)


def _after(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def text(said: str, mime: str = "text/plain") -> Content:
    """A short content."""
    return Content(mime, said, None, len(said.encode()))


def kept(octets: bytes, mime: str, encoding="base64") -> Content:
    """A content that is kept elsewhere."""
    return Content(mime, None, sha256(octets).hexdigest(), len(octets), encoding)


def worked_example() -> Trial:
    """One cell, run, edited, and run again; without its statements' executions, as worked out by hand."""
    plan = NotebookAnalysis([WrittenCell(CELL, "code", "x = 41 + 1\nx", ("x = 41\nx",))]).plan()
    first = replace(plan.cells[0], index=1)
    plan = replace(plan, digest=DIGEST, cells=(first,))
    return Trial(
        id=TRIAL_ID,
        base_iri=BASE_IRI,
        label="answer.ipynb",
        plan=plan,
        started_at=START,
        ended_at=_after(360),
        status="completed",
        exit_status=None,
        provkit_version="0.1.0",
        agent=Agent("user"),
        settings=(Setting("kernel", "kernel", "python3"),),
        values=(
            Value("x.1", "x@1", "int", ("x",), scalar=41, generated_by=1),
            Value("x.2", "x@2", "int", ("x",), scalar=42, generated_by=2),
        ),
        notebook=Notebook(
            way="live",
            texts=(
                CellText(CELL, 1, text("x = 41\nx")),
                CellText(CELL, 2, text("x = 41 + 1\nx")),
            ),
            executions=(
                CellExecution(1, CELL, 1, "completed", _after(5), _after(6), 1),
                CellExecution(2, CELL, 2, "completed", _after(300), _after(301.5), 2),
            ),
            outputs=(
                _result(1, "41", "x.1"),
                _result(2, "42", "x.2"),
            ),
        ),
    )


def _result(order: int, said: str, value: str) -> CellOutput:
    return CellOutput(
        order,
        1,
        "execute_result",
        (text(said),),
        execution_count=order,
        derived_from=(Derivation(Reference("value", value)),),
    )


def full_notebook() -> Trial:
    """Cells of all kinds, an edit, a deleted cell, all kinds of outputs, metadata and attachments."""
    cells = [
        WrittenCell("intro", "markdown", "# Prices\n![p](attachment:p.png)"),
        WrittenCell("load", "code", "prices = [1, 2, 3]\nprices", ("prices = [1, 2]\nprices",)),
        WrittenCell(
            "mean", "code", "def mean(xs):\n    return sum(xs) / len(xs)\nm = mean(prices)"
        ),
        WrittenCell("fail", "code", "1 / 0"),
        WrittenCell("raw", "raw", "left alone"),
        WrittenCell("gone", "code", "import os"),
    ]
    plan = NotebookAnalysis(cells).plan()
    return Trial(
        id=FULL_ID,
        base_iri="https://example.org/lab/",
        label="prices.ipynb",
        plan=plan,
        started_at=START,
        ended_at=_after(60),
        status="failed",
        exit_status=1,
        provkit_version="0.1.0",
        experiment="lab",
        agent=Agent("Ada", "0000-0002-1825-0097"),
        script="prices.ipynb",
        files=(File("prices.ipynb", "prices.ipynb", "c3" * 32, 900, role="code"),),
        settings=(
            Setting("argv", "command line", "prices.ipynb"),
            Setting("kernel", "kernel", "python3"),
            Setting("kernel.title", "name of the kernel for people", "Python 3"),
            Setting("notebook.format", "notebook format", "4.5"),
        ),
        interpreter=Package("python", "3.11.7", "generic"),
        platform=Package("linux", "6.1.0", "generic"),
        failure=Failure("ZeroDivisionError", "division by zero"),
        failed_in=10,
        executions=(
            _statement(plan.digest, 2, "load@1.1.0", 1),
            _statement(plan.digest, 4, "load.1.0", 3),
            _statement(plan.digest, 6, "mean.1.0", 5),
            _statement(plan.digest, 7, "mean.3.0", 5, Reference("value", "prices.2")),
            _statement(plan.digest, 10, "fail.1.0", 9),
        ),
        values=(
            Value("prices.1", "prices@1", "list", ("prices",), length=2, generated_by=2),
            Value(
                "prices.2",
                "prices@2",
                "list",
                ("prices",),
                length=3,
                generated_by=4,
                tags=("raw data",),
            ),
            Value(
                "m.1",
                "m@1",
                "float",
                ("m",),
                scalar=2.0,
                generated_by=7,
                derived_from=(Derivation(Reference("value", "prices.2")),),
            ),
        ),
        notebook=_everything(),
    )


def _statement(plan: str, order: int, step: str, parent: int, *reads: Reference) -> Execution:
    usages = tuple(Usage(one) for one in reads)
    return Execution(order, plan, step, parent, _after(order), _after(order + 0.5), usages=usages)


def _everything() -> Notebook:
    picture = kept(b"\x89PNG", "image/png")
    return Notebook(
        way="executed",
        format=(4, 5),
        metadata=Content("application/json", '{"kernelspec": {"name": "python3"}}', None, 35, "json"),
        texts=(
            CellText("intro", 1, text("# Prices\n![p](attachment:p.png)", "text/markdown"), attachments=(("p.png", picture),)),
            CellText("load", 1, text("prices = [1, 2]\nprices")),
            CellText(
                "load",
                2,
                text("prices = [1, 2, 3]\nprices"),
                metadata=Content("application/json", '{"tags": ["parameters"]}', None, 24, "json"),
                tags=("parameters",),
            ),
            CellText("mean", 1, text("def mean(xs):\n    return sum(xs) / len(xs)\nm = mean(prices)")),
            CellText("fail", 1, text("1 / 0"), python=text("1 / 0  # plain", "text/x-python")),
            CellText("raw", 1, text("left alone")),
            CellText("gone", 1, text("import os"), is_deleted=True),
        ),
        executions=(
            CellExecution(1, "load", 1, "completed", _after(1), _after(2), 1),
            CellExecution(3, "load", 2, "completed", _after(3), _after(4), 2, tags=("loading",)),
            CellExecution(5, "mean", 1, "completed", _after(5), _after(7), 3, is_cleared=True),
            CellExecution(8, "gone", 1, "aborted", _after(8), None, 4),
            CellExecution(
                9, "fail", 1, "failed", _after(9), _after(11), 5,
                failure=Failure("ZeroDivisionError", "division by zero"),
            ),
        ),
        outputs=(
            CellOutput(1, 1, "execute_result", (text("[1, 2]"),), execution_count=1),
            CellOutput(3, 1, "stream", (text("loaded\n"),), stream="stdout"),
            CellOutput(
                3,
                2,
                "execute_result",
                (kept(b"\x89PNG2", "image/png"), text("[1, 2, 3]"), Content("application/json", "[1]", None, 3, "json")),
                execution_count=2,
                metadata=Content("application/json", '{"image/png": {"width": 3}}', None, 27, "json"),
                derived_from=(Derivation(Reference("value", "prices.2")),),
            ),
            CellOutput(3, 3, "display_data"),
            CellOutput(
                9,
                1,
                "error",
                (Content("application/vnd.jupyter.error+json", '{"ename": "ZeroDivisionError", "evalue": "division by zero", "traceback": []}', None, 78, "json"),),
                failure=Failure("ZeroDivisionError", "division by zero"),
            ),
        ),
        previous="11" * 16,
    )  # fmt: skip
