"""Runs one module of CPython's own tests, plain or rewritten, and says how each test method ended.

A program of its own, for any interpreter that has a `test` package, with the standard library alone:

    PYTHON language_tests.py plain|open|closed MODULE OUTCOMES_FILE [TEST ...]

All of the `test` package that is imported is rewritten, its helpers in `test.support` excepted. `open` begins with
every guard open and lets provkit close them as it does; `closed` has every guard closed from the start, so that
the plain twins run, with their marks. The TESTs named are run after all others. OUTCOMES_FILE becomes JSON: `outcomes` (by test), `details` (tracebacks),
`rewritten` (modules), `warnings` (what capture said), and how many `steps` and functions `entered` were told.
"""

# ruff: noqa: ARG002, N802  # the methods of a `unittest.TestResult` are what they are

from __future__ import annotations

import importlib.util
import json
import os
import sys
import tempfile
import unittest

LIMIT = sys.getrecursionlimit()
PROGRAM = b"suite = load(name)\nsuite.run(result)\n"
"""Rewritten too, as functions are looked into when what calls them is."""


class Outcomes(unittest.TestResult):
    """How each test ended: `ok`, `failed`, `error`, `skipped`, `expected failure` or `unexpected success`."""

    def __init__(self):
        super().__init__()
        self.ended = {}
        self.details = {}

    def _end(self, test, outcome, error=None):
        name = test.id()
        if self.ended.get(name) in ("failed", "error"):
            return
        self.ended[name] = outcome
        if error is not None:
            self.details[name] = self._exc_info_to_string(error, test)[-3000:]

    def addSuccess(self, test):
        self._end(test, self.ended.get(test.id(), "ok"))

    def addFailure(self, test, err):
        self._end(test, "failed", err)

    def addError(self, test, err):
        self._end(test, "error", err)

    def addSubTest(self, test, subtest, err):
        if err is not None:
            self._end(test, "failed" if issubclass(err[0], test.failureException) else "error", err)

    def addSkip(self, test, reason):
        self._end(test, "skipped")

    def addExpectedFailure(self, test, err):
        self._end(test, "expected failure")

    def addUnexpectedSuccess(self, test):
        self._end(test, "unexpected success")


def tracer():
    """Load the tracer as the bootstrap of a captured program does: out of sight, with builtins of its own."""
    top = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    start = importlib.util.spec_from_file_location("start", f"{top}/provkit/capture/start.py")
    start.loader.exec_module(module := importlib.util.module_from_spec(start))
    finder = module.Finder(f"{top}/provkit")
    sys.meta_path.insert(0, finder)
    from provkit.capture import callees, recorder, regions

    sys.meta_path.remove(finder)
    for name in [name for name in sys.modules if name.partition(".")[0] == "provkit"]:
        del sys.modules[name]
    return callees, recorder, regions


def watch(mode, folder):
    """Begin to rewrite the `test` package, as provkit does with a project's own modules."""
    callees, recorder, regions = tracer()

    import test

    (tests,) = test.__path__
    helpers = os.path.join(tests, "support") + os.sep
    package = os.path.join(tests, "__init__.py")
    is_own = callees.is_own

    def is_a_test(path, project, libraries):
        if path.startswith(tests + os.sep):
            return not path.startswith(helpers) and path != package
        return is_own(path, project, libraries)

    callees.is_own = is_a_test
    if mode == "closed":
        add_region = regions.Tables.add_region

        def add_closed(self, region):
            number = add_region(self, region)
            self.guards[number].value = 0
            return number

        regions.Tables.add_region = add_closed
    places = dict.fromkeys(("journal", "project", "store"), folder)
    watching = recorder.begin({**places, "trial": "0" * 32, "version": "0"})
    watching._long.takes = lambda *_: False  # the tests' own package is a long one
    make_way = watching._make_way

    def make_way_for_tracers():
        # `doctest` and the decorator `no_tracing` take tracers away and put them back, which are none here.
        if sys._getframe(2).f_globals["__name__"] not in ("doctest", "test.support"):
            make_way()

    watching._make_way = make_way_for_tracers
    return watching


def journalled(folder):
    """Read from the journal what was instrumented and told, and what capture warned of."""
    found = {"rewritten": [], "warnings": [], "steps": 0, "entered": 0}
    with open(os.path.join(folder, f"{os.getpid()}.jsonl"), encoding="ascii") as journal:
        for line in journal:
            event = json.loads(line)
            if event[0] == "source" and event[2] == "module":
                found["rewritten"].append(event[7])
            elif event[0] == "warning":
                found["warnings"].append(event[1])
            elif event[0] == "step":
                found["steps"] += 1
            elif event[0] == "enter":
                found["entered"] += 1
    return found


def call(test, result):
    """Run a test; go on where it has left a limit so low that not even its end can be told."""
    try:
        test.run(result)
    except RecursionError as error:
        sys.setrecursionlimit(LIMIT)
        result.addError(test, (type(error), error, None))
        result.stopTest(test)


def loaded(name, last):
    """Load the tests of a module, those named at the end."""
    waiting, found = [unittest.defaultTestLoader.loadTestsFromName(name)], []
    while waiting:
        one = waiting.pop()
        if isinstance(one, unittest.TestSuite):
            waiting.extend(reversed(list(one)))
        else:
            found.append(one)
    return unittest.TestSuite(sorted(found, key=lambda test: test.id() in last))


def main(mode, name, outcomes_file, *last):
    """Run the tests of a module and write down how they ended."""
    sys.argv[1:] = []
    sys.path.pop(0)
    folder = tempfile.mkdtemp(dir=os.path.dirname(outcomes_file))
    watching = None if mode == "plain" else watch(mode, folder)
    from test import support

    unittest.TestCase.__call__ = call
    support.use_resources = []
    result = Outcomes()
    namespace = {
        "name": f"test.{name}",
        "load": lambda module: loaded(module, last),
        "result": result,
    }
    if watching is None:
        program = compile(PROGRAM, "<program>", "exec")
    else:
        program = watching.code(PROGRAM, "<program>", "script")
        watching.main(namespace)
    exec(program, namespace)
    told = {"outcomes": result.ended, "details": result.details}
    if watching is not None:
        watching.ended(0)
        told.update(journalled(folder))
    with open(outcomes_file, "w", encoding="utf-8") as file:
        json.dump(told, file)


if __name__ == "__main__":
    main(*sys.argv[1:])
