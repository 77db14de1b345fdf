"""`%load_ext provkit`: the notebook is recorded from here on, and `%prov` answers questions about it.

IPython is imported here only. No answer is worked out in the kernel: see `provkit.live`.
"""

from __future__ import annotations

import shlex
import sys
from typing import Any, TypeVar

from IPython.core.error import UsageError
from IPython.core.magic import Magics, cell_magic, line_magic, magics_class

from provkit.errors import ProvkitError
from provkit.live import session
from provkit.live.session import Answer

_T = TypeVar("_T")

USAGE = """%prov                     what is being recorded
%prov lineage NAME        where a variable came from   [--depth N]
%prov forward NAME        what came from it            [--depth N]
%prov why NAME SOURCE     how it came from something else
%prov slice NAME          the statements that made it
%prov stale               cells that used what has been made anew since
%%stage NAME              the first line of a cell: which stage of the work it is
provkit.tag(x, "target")  what a value is; provkit.tag_cell("cleaning"), what this cell is"""
_NAMES_ASKED = {"lineage": 1, "forward": 1, "slice": 1, "why": 2, "stale": 0, "status": 0}


class Shown:
    """An answer as a notebook shows it: a picture or a table where it can, text where it cannot."""

    def __init__(self, answer: Answer) -> None:
        self._answer = answer

    def __repr__(self) -> str:
        """Give the text."""
        return self._answer.text

    def _repr_html_(self) -> str | None:
        return self._answer.html

    def _repr_svg_(self) -> str | None:
        return self._answer.svg

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:  # noqa: ARG002  IPython's
        answer = self._answer
        bundle = {"text/plain": answer.text, "text/html": answer.html, "image/svg+xml": answer.svg}
        return {mime: said for mime, said in bundle.items() if said is not None}


@magics_class
class ProvMagics(Magics):
    """The magics of provkit."""

    @line_magic
    def prov(self, line: str) -> Shown | None:
        """Ask where things in this notebook came from; `%prov help` says how."""
        question, words = _parted(line)
        if question == "help":
            return Shown(Answer(USAGE))
        current = session.current(self.shell)
        if current is None:
            raise UsageError(
                "nothing is being recorded: %load_ext provkit, or %reload_ext provkit."
            )
        answer = current.ask(question, **words)
        if answer.is_error:
            raise UsageError(answer.text)
        return Shown(answer)

    @cell_magic
    def stage(self, line: str, cell: str) -> None:
        """Say which stage of the work a cell is: `%%stage training`."""
        if not line.strip():
            raise UsageError("say which stage it is: %%stage training.")
        # Where it is the first line of a cell that is recorded, it never comes to here.
        if self.shell is not None:
            run: Any = self.shell.run_cell
            run(cell)


def _parted(line: str) -> tuple[str, dict[str, Any]]:
    """Part the words after `%prov`.

    Raises:
        UsageError: There is no such question, or it is not complete.
    """
    try:
        question, *words = shlex.split(line) or ["status"]
    except ValueError as error:
        raise UsageError(f"{error} in {line!r}.") from None
    if question in ("help", "--help", "-h", "?"):
        return "help", {}
    if question not in _NAMES_ASKED:
        raise UsageError(f"there is no %prov {question}:\n{USAGE}")
    asked: dict[str, Any] = {}
    if "--depth" in words and question in ("lineage", "forward"):
        place = words.index("--depth")
        number = words[place + 1] if place + 1 < len(words) else ""
        if not number.isdecimal():
            raise UsageError("--depth takes a number.")
        asked["depth"] = int(number)
        del words[place : place + 2]
    if len(words) != _NAMES_ASKED[question]:
        raise UsageError(f"%prov {question} takes {_NAMES_ASKED[question]} name(s):\n{USAGE}")
    return question, {
        **asked,
        **dict(zip(("target", "source") if question == "why" else ("name",), words, strict=False)),
    }


def load(shell: Any) -> None:
    """Begin to record a shell, unless that is done already, and add the magics."""
    if session.recorder_of(shell) is None:
        try:
            session.start(shell)
        except (ProvkitError, OSError) as error:
            print(f"provkit: nothing is recorded: {error}", file=sys.stderr)  # noqa: T201  the notebook's own
    shell.register_magics(ProvMagics)


def unload(shell: Any) -> None:
    """Stop recording; what was recorded is stored."""
    session.stop()
    for kind, name in (("line", "prov"), ("cell", "stage")):
        shell.magics_manager.magics[kind].pop(name, None)


def tag(obj: _T, said: str) -> _T:
    """Say what a value is ("target", "baseline"); gives it back. Nothing happens where nothing is recorded."""
    recorder = _recorder()
    if recorder is not None:
        recorder.tag(obj, str(said))
    return obj


def tag_cell(said: str) -> None:
    """Say what the cell is that is being run ("feature engineering")."""
    recorder = _recorder()
    if recorder is not None:
        recorder.tag_cell(str(said))


def _recorder() -> Any:
    from IPython.core.getipython import get_ipython

    shell = get_ipython()
    return None if shell is None else session.recorder_of(shell)
