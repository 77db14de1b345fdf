"""What an exception says is told as it tells itself, unless that takes code or objects of the program's."""

import subprocess
from pathlib import Path

import pytest

from provkit.capture.exceptions import message_of


class Own:
    def __repr__(self):
        raise AssertionError("the program's own code was run")

    __str__ = __repr__


class Tells(Exception):
    def __str__(self):
        raise AssertionError("the program's own code was run")


class Inherits(Tells, KeyError):
    pass


class OwnText(str):
    __slots__ = ()
    __str__ = __repr__ = Own.__repr__


OWN = f"<{__name__}.Own>"
MESSAGES = [
    (ValueError(), ""),
    (ValueError("no", 3), "('no', 3)"),
    (KeyError("x"), "'x'"),
    (KeyError(("a", None)), "('a', None)"),
    (FileNotFoundError(2, "No such file", Path("a/b")), f"[Errno 2] No such file: {Path('a/b')!r}"),
    (SyntaxError("bad", ("f.py", 3, 1, "x")), "bad (f.py, line 3)"),
    (TypeError(ValueError), "<class 'ValueError'>"),
    (ExceptionGroup("several", [ValueError(Own())]), "several (1 sub-exception)"),
    (subprocess.CalledProcessError(3, "ls"), "Command 'ls' returned non-zero exit status 3."),
    (ValueError(Own()), OWN),
    (ValueError("text", Own(), 3), f"text, {OWN}, 3"),
    (KeyError([Own()]), "<list>"),
    (KeyError(list(range(200))), "<list>"),
    (OSError(2, "no", Own()), "2, no"),
    (Tells("first", 2), "first, 2"),
    (Inherits("key"), "key"),
    (ValueError(OwnText("t")), f"<{__name__}.OwnText>"),
]


@pytest.mark.parametrize(("error", "message"), MESSAGES, ids=[text or "none" for _, text in MESSAGES])  # fmt: skip
def test_message_of_an_exception(error, message):
    assert message_of(error) == message


def test_scalars_of_numpy_are_told():
    numpy = pytest.importorskip("numpy")
    assert message_of(ValueError(numpy.float64(1.5))) == "1.5"


def test_an_exception_whose_message_was_replaced_tells_its_arguments():
    error = SyntaxError("bad")
    error.msg = Own()
    assert message_of(error) == "bad"
