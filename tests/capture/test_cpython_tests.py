"""CPython's own tests of its language end as they do in a plain run, with their sources rewritten.

Each module of the interpreter's `test` package is run in three processes: as it is, rewritten with its guards open
(functions and loops are looked into), and rewritten with its guards closed from the start (the plain twins run). The
outcome of each test method is compared. `EXCEPTIONS` lists what differs, each with its reason; docs/fidelity.md
has the same for users. An exception that is no longer needed fails too.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

PYTHONS = [
    sys.executable,
    *filter(None, os.environ.get("PROVKIT_PYTHONS", "").split(os.pathsep)),
]
RUNNER = Path(__file__).with_name("language_tests.py")
SECONDS = 300

SAMPLE = (
    "test_builtin",
    "test_class",
    "test_contextlib",
    "test_except_star",
    "test_exceptions",
    "test_functools",
    "test_generators",
    "test_grammar",
    "test_named_expressions",
    "test_patma",
    "test_raise",
    "test_scope",
    "test_super",
    "test_unpack_ex",
    "test_with",
    "test_yield_from",
)
"""Run always: seconds each, four times that where it is looked into. All the others are marked as slow."""
MODULES = (
    *SAMPLE,
    *("test_asyncgen", "test_augassign", "test_binop", "test_bool", "test_collections"),
    *("test_compare", "test_copy", "test_coroutines", "test_dataclasses"),
    *("test_decorators", "test_descr", "test_dict", "test_dictcomps", "test_enum"),
    *("test_extcall", "test_fstring", "test_funcattrs", "test_genexps"),
    *("test_global", "test_inspect", "test_iter", "test_itertools", "test_keywordonlyarg"),
    *("test_list", "test_listcomps", "test_opcodes", "test_pickle"),
    *("test_positional_only_arg", "test_set", "test_setcomps", "test_syntax"),
    *("test_sys_settrace", "test_type_params", "test_typing", "test_unpack", "test_weakref"),
)  # fmt: skip


@dataclass(frozen=True)
class Exempt:
    """Tests that end otherwise, and why; `open_only` if not with guards that are closed."""

    reason: str
    tests: tuple[str, ...]
    open_only: bool = True


EXCEPTIONS = (
    Exempt(
        "counts the weak references to an object, of which the recorder has some",
        (
            "test_weakref.MappingTestCase.test_weak_keys",
            "test_weakref.MappingTestCase.test_weak_values",
            "test_weakref.ReferencesTestCase.test_getweakrefcount",
            "test_weakref.ReferencesTestCase.test_getweakrefs",
            "test_weakref.ReferencesTestCase.test_ref_reuse",
            "test_weakref.SubclassableWeakrefTestCase.test_subclass_refs_dont_replace_standard_refs",
        ),
    ),
    Exempt(
        "counts all objects of the process, of which the recorder has some",
        ("test_descr.ClassPropertiesAndMethods.test_slots",),
    ),
    Exempt(
        "takes a constant of code by its position, where marks and hooks are constants too",
        ("test_inspect.test_inspect.TestSignatureBind.test_signature_bind_implicit_arg",),
        open_only=False,
    ),
    Exempt(
        "a tracer jumps, by setting `f_lineno`, to a line that a function has twice: CPython refuses, or takes the other one",
        tuple(
            f"test_sys_settrace.JumpTestCase.test_jump_{jump}"
            for jump in (
                "backwards_out_of_with_block",
                "extended_args_unpack_ex_tricky",
                "forwards_out_of_with_block",
                "from_except_to_finally",
                "in_nested_finally_2",
                "in_nested_finally_3",
                "out_of_bare_except_block",
                "out_of_block_backwards",
                "out_of_block_forwards",
                "out_of_complex_nested_blocks",
                "out_of_qualified_except_block",
                "out_of_with_assignment",
                "out_of_with_block_within_finally_block",
                "out_of_with_block_within_with_block",
            )
        ),
        open_only=False,
    ),
    Exempt(
        "a `for` whose iterable stands on lines of its own as a function's first statement: a tracer sees its first line first",
        tuple(
            f"test_sys_settrace.{group}.test_no_line_event_after_creating_generator"
            for group in (
                "SkipLineEventsTraceTestCase",
                "TestLinesAfterTraceStarted",  # since 3.12, as the next
                "TestSetLocalTrace",
                "TraceOpcodesTestCase",
                "TraceTestCase",
            )
        ),
        open_only=False,
    ),
)
TRACING = "recording stopped: the program set a trace or profile function"
NOT_ALL = "not all was seen: the program's calls left no room on the stack"
FULL = "recording stopped: the program's calls left no room on the stack"
LAST = {
    "test_exceptions": ("test.test_exceptions.ExceptionTests.test_recursion_in_except_handler",),
}
"""Tests that leave themselves ten calls before the limit of recursion, where a hook takes more: recording stops."""


def run(python, mode, module, folder):
    """Run a module's tests; gives what `language_tests.py` found out."""
    told = folder / f"{mode}.json"
    (folder / mode).mkdir()
    done = subprocess.run(
        [python, RUNNER, mode, module, told, *LAST.get(module, ())],
        cwd=folder / mode,
        env={**os.environ, "PYTHONHASHSEED": "0"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        timeout=SECONDS,
        check=False,
    )
    assert told.exists(), done.stderr.decode(errors="replace")[-3000:]
    return json.loads(told.read_text(encoding="utf-8"))


def has_module(python, module):
    found = "import importlib.util, sys; sys.exit(importlib.util.find_spec(f'test.{sys.argv[1]}') is None)"
    done = subprocess.run([python, "-c", found, module], capture_output=True, check=False)
    return done.returncode == 0


@pytest.mark.parametrize("python", PYTHONS)
@pytest.mark.parametrize(
    "module",
    [pytest.param(name, marks=[] if name in SAMPLE else pytest.mark.slow) for name in MODULES],
)
def test_cpythons_own_tests_end_as_in_a_plain_run(python, module, tmp_path):
    if not has_module(python, module):
        pytest.skip(f"{python} comes without test.{module}")
    plain, opened, closed = (run(python, mode, module, tmp_path) for mode in ("plain", "open", "closed"))  # fmt: skip
    assert "ok" in plain["outcomes"].values()
    for told, expected in (
        (opened, exempted(module)),
        (closed, exempted(module, open_only=False)),
    ):
        there = expected & plain["outcomes"].keys()
        assert differing(plain, told) == {name: plain["outcomes"][name] for name in there}
        told_of = {TRACING, NOT_ALL, *(FULL,) * (module in LAST)}
        assert set(told["warnings"]) <= told_of
        assert f"test.{module}" in told["rewritten"]
    assert opened["entered"] > 0
    assert closed["entered"] == 0


def exempted(module, *, open_only=True):
    """List the tests of a module that end otherwise."""
    return {
        f"test.{test}"
        for exempt in EXCEPTIONS
        if open_only or not exempt.open_only
        for test in exempt.tests
        if test.startswith(f"{module}.")
    }


def differing(plain, told):
    """Give the plain outcomes of the tests that ended otherwise."""
    names = plain["outcomes"].keys() | told["outcomes"].keys()
    return {
        name: plain["outcomes"].get(name)
        for name in sorted(names)
        if plain["outcomes"].get(name) != told["outcomes"].get(name)
    }
