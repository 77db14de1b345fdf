"""Tells an exception that belongs to the program from one of the recorder's own.

A signal handler of the program runs wherever the interpreter happens to be, in a hook as well. What it
raises there (a timeout by `signal.alarm`) is meant for the program, and must not be swallowed.
"""

from __future__ import annotations

import _signal  # type: ignore[import-not-found]  # `signal` would load enum

_getsignal = _signal.getsignal
_SIGNALS = frozenset(_signal.valid_signals())


def is_interruption(error: BaseException) -> bool:
    """Tell whether a signal handler of the program raised this."""
    trace = error.__traceback__
    codes = []
    while trace is not None:
        codes.append(trace.tb_frame.f_code)
        trace = trace.tb_next
    if len(codes) < 2:
        return False
    return any(_code_of(_getsignal(number)) in codes for number in _SIGNALS)


def _code_of(handler: object) -> object:
    """Give the code that runs when a handler is called; something that is no code if that is not Python's."""
    function = getattr(handler, "__func__", handler)
    if not hasattr(function, "__code__"):
        function = type(handler).__dict__.get("__call__")
    return getattr(function, "__code__", handler)
