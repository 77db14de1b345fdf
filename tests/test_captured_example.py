"""The worked example, run: what capture tells of it is what was worked out by hand, but for what is listed here.

`test_mapped_example` holds the hand-made trial against the published example graph; this holds the captured
trial against the hand-made one. Times, digests of data, numbers and package versions are those of the run.
"""

from __future__ import annotations

import pytest
from example_trial import SCRIPT, example_trial
from programs import Lineage, run_program

from provkit.model import Execution, Reference, Trial

pytest.importorskip("sklearn")
pytest.importorskip("pandas")

DIFFERENCES = {
    "imports": "An import is a statement that takes time, opens files and can fail: it is an execution, so orders are five later.",
    "X_train.1 X_test.1 y_train.1 y_test.1": "Which array a splitter gives for which argument is not known without a knowledge "
    "base: each part derives from all arrays.",
    "12.0": "A statement uses the results of the calls in it; the example leaves this one out and has it for others.",
    "19.0": "The first rounds of a loop are looked into: their statements are executions of their own, inside the loop's, "
    "and the values of each round have their own origins. The other rounds are told as one, and go on from the last of them.",
    'df["rooms"].1': "A column that is stored by a constant name is a place of its own.",
    "preview of Lasso": "The code of a library's `__repr__` is not run while a program is watched.",
    "numpy.random.1 numpy.random.2": "`fit` of a Lasso draws a number, whether it uses it or not: from numpy's global generator, which nobody seeded.",
    "columns": "A series has a name: it is told wherever it is known, and the columns of the parts of a frame too.",
    "arguments": "An argument that is a plain name is bound to its parameter in every call.",
}


@pytest.fixture(scope="module")
def captured(tmp_path_factory: pytest.TempPathFactory) -> Trial:
    rows = "\n".join(f"{i % 7},{i % 90},{i % 400},{10.5 + i % 40}" for i in range(506))
    return run_program(
        tmp_path_factory.mktemp("example"),
        SCRIPT,
        name="train.py",
        arguments=["--alpha", "0.1"],
        files={"houses.csv": f"rooms,age,tax,price\n{rows}\n"},
    )


ROUNDS = 5
"""Rounds of a loop that are looked into."""
PLACES = {
    'df["rooms"].1',
    *(f"{name}.{n}" for name in ("price", "total") for n in range(1, ROUNDS + 3)),
}


def in_a_round(execution: Execution) -> bool:
    return execution.step == "20.4"


def test_plan_is_the_one_worked_out(captured: Trial) -> None:
    expected, found = example_trial().plan, captured.plan
    assert (found.digest, found.kind, found.size_bytes) == (expected.digest, "script", 675)
    assert found.variables == expected.variables
    told = {
        step.key: (step.source, step.parent, step.preceded_by, set(step.reads), set(step.writes))
        for step in found.steps
    }
    worked_out = {
        step.key: (step.source, step.parent, step.preceded_by, set(step.reads), set(step.writes))
        for step in expected.steps
    }
    assert told == worked_out
    assert {s.key: (s.is_call, s.is_compound) for s in found.steps} == {
        s.key: (s.is_call, s.is_compound) for s in expected.steps
    }


def test_executions_are_those_worked_out(captured: Trial) -> None:
    imports = 5
    told = {
        execution.order - imports: (
            execution.step,
            execution.parent and execution.parent - imports,
            execution.called.qualified_name if execution.called else None,
            execution.iterations,
        )
        for execution in captured.executions
        if execution.order > imports and not in_a_round(execution)
    }
    worked_out = {
        execution.order: (
            execution.step,
            execution.parent,
            execution.called.qualified_name if execution.called else None,
            execution.iterations,
        )
        for execution in example_trial().executions
    }
    assert told == worked_out


def is_parameter(reference: Reference) -> bool:
    """Tell whether something is a parameter's setting; argv is the only other setting that is read."""
    return reference.kind == "setting" and reference.key != "argv"


def test_usages_are_those_worked_out(captured: Trial) -> None:
    told = {
        e.step: {u.entity.key for u in e.usages if not is_parameter(u.entity)}
        for e in captured.executions
    }
    worked_out = {e.step: {u.entity.key for u in e.usages} for e in example_trial().executions}
    worked_out["12.0"].add("X.1")
    worked_out["15.0"].add("numpy.random.1")
    worked_out["19.0"].add(f"total.{ROUNDS + 1}")
    assert {step: used for step, used in told.items() if step in worked_out} == worked_out


def test_arguments_are_bound_as_worked_out(captured: Trial) -> None:
    def bound(trial: Trial) -> set[tuple[str, str, str, str | None]]:
        return {
            (execution.step, usage.entity.key, usage.parameter, usage.part)
            for execution in trial.executions
            for usage in execution.usages
            if usage.parameter is not None
        }

    more = {
        ("8.0", "parser.1", "self", None),
        ("9.0", "parser.2", "self", None),
        ("12.7-12.31", "df.2", "self", None),
    }
    assert bound(captured) == bound(example_trial()) | more


def test_values_are_those_worked_out(captured: Trial) -> None:
    def of(trial: Trial) -> dict[str, object]:
        return {
            value.key: (value.label, value.type, value.variables, value.shape, value.revision_of)
            for value in trial.values
            if value.key not in PLACES
        }

    # A generator that no name of the program holds, and what `parser` was in the end.
    hidden = {key: of(captured)[key] for key in ("numpy.random.1", "parser.3")}
    assert of(captured) == of(example_trial()) | hidden
    assert {value.key for value in captured.values} >= PLACES - {f"price.{ROUNDS + 2}"}


def test_derivations_are_those_worked_out(captured: Trial) -> None:
    def of(trial: Trial) -> dict[str, set[tuple[str, bool]]]:
        return {
            entity.key: {
                (d.source.key, d.control) for d in entity.derived_from if not is_parameter(d.source)
            }
            for entity in [*trial.values, *trial.files]
            if entity.key not in PLACES
        }

    worked_out = of(example_trial())
    for part in ("X_train.1", "X_test.1", "y_train.1", "y_test.1"):
        worked_out[part] = {("X.1", False), ("y.1", False)}
    worked_out["numpy.random.1"] = set()
    worked_out["parser.3"] = {("parser.1", False), ("parser.2", False)}
    worked_out["model.2"].add(("numpy.random.1", False))
    worked_out["df.2"] = {("df.1", False), ('df["rooms"].1', False)}
    assert of(captured) == worked_out


def test_parameters_are_those_worked_out(captured: Trial) -> None:
    """As in the worked example, with the six of Lasso's ten and the two of the split's that it leaves out."""
    imports = 5
    told = {
        (setting.execution - imports, setting.name): (
            setting.scalar if setting.repr is None else setting.repr,
            setting.origin,
            setting.set_by,
            setting.where,
        )
        for setting in captured.learning.parameters
    }
    line = "train.py:13"
    assert told == {
        (9, "test_size"): (0.2, "given", "source", line),
        (9, "random_state"): (7, "given", "source", line),
        (9, "shuffle"): (True, "default", None, None),
        (9, "train_size"): ("None", "default", None, None),
        (10, "alpha"): (0.1, "given", "command line", "--alpha"),
        (10, "fit_intercept"): (True, "default", None, None),
        (10, "precompute"): (False, "default", None, None),
        (10, "copy_X"): (True, "default", None, None),
        (10, "max_iter"): (1000, "default", None, None),
        (10, "tol"): (0.0001, "default", None, None),
        (10, "warm_start"): (False, "default", None, None),
        (10, "positive"): (False, "default", None, None),
        (10, "random_state"): ("None", "default", None, None),
        (10, "selection"): ("cyclic", "default", None, None),
    }


def test_results_come_from_the_parameters_of_their_call(captured: Trial) -> None:
    sources = {value.key: {d.source.key for d in value.derived_from} for value in captured.values}
    assert {"15.alpha", "15.max_iter", "15.random_state"} <= sources["model.1"]
    for part in ("X_train.1", "X_test.1", "y_train.1", "y_test.1"):
        assert {"14.test_size", "14.random_state"} <= sources[part]


def test_the_run_is_that_of_the_worked_example(captured: Trial) -> None:
    (run,) = captured.learning.runs
    assert run.implementation.qualified_name == "sklearn.linear_model.Lasso"
    assert (run.model, run.features, run.target, run.task) == (
        *("model.2", "X_train.1", "y_train.1"),
        "regression",
    )
    assert {reference.key for reference in run.inputs} == {
        *("X_train.1", "y_train.1", "X_test.1", "y_test.1")
    }
    (evaluation,) = captured.learning.evaluations
    assert (evaluation.measure, evaluation.value, evaluation.split, evaluation.run) == (
        *("r2", "score.1", "test"),
        run.key,
    )
    (split,) = captured.learning.splits
    assert (split.ratio, split.seed, split.stratified_by) == (pytest.approx(0.2, abs=0.01), 7, None)
    (features,) = (one for one in captured.learning.datasets if one.role == "features")
    (target,) = (one for one in captured.learning.datasets if one.role == "target")
    assert target.target == ("price",)
    assert features.features
    assert "price" not in features.features


def test_total_comes_from_every_round(captured: Trial) -> None:
    """Looked into or not, and through all of them from the prices."""
    lineage = Lineage(captured)
    assert {"total.1", "y_test.1", "houses.csv"} <= {r.key for r in lineage.of("total")}
    assert lineage.lines("total") == {7, 8, 9, 10, 11, 12, 13, 18, 19, 20} - {7, 8, 9}


def test_score_comes_from_the_training_data_and_fit(captured: Trial) -> None:
    """noWorkflow's closure of a score leaves out `fit` and the training data."""
    lineage = Lineage(captured)
    assert {"X_train.1", "y_train.1", "model.2", "houses.csv", "argv"} <= {
        r.key for r in lineage.of("score")
    }
    assert 15 in lineage.lines("score")
