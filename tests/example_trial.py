"""The trial of the worked example: `python train.py --alpha 0.1`, built by hand.

The twenty lines are the script whose graph was worked out by hand as the graph to emit. Times,
digests of data and the score are those of that graph; the digest of the script is real.
"""

import hashlib
from datetime import UTC, datetime, timedelta

from provkit.model import (
    Agent,
    Derivation,
    Execution,
    File,
    Implementation,
    Package,
    Plan,
    Reference,
    Setting,
    Stage,
    Step,
    Trial,
    Usage,
    Value,
)

SCRIPT = """\
import argparse, joblib
import pandas as pd
from sklearn.linear_model import Lasso
from sklearn.metrics import r2_score
from sklearn.model_selection import train_test_split

parser = argparse.ArgumentParser()
parser.add_argument("--alpha", type=float)
args = parser.parse_args()
df = pd.read_csv("houses.csv")
df["rooms"] = df["rooms"].fillna(0)
X, y = df.drop(columns="price"), df["price"]
X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.2, random_state=7)
model = Lasso(alpha=args.alpha)
model.fit(X_train, y_train)
score = r2_score(y_test, model.predict(X_test))
joblib.dump(model, "model.joblib")
total = 0.0
for price in y_test:
    total += price
"""
DIGEST = "ea2f9699b9359b91e659bb5b1a8ddc5724c712de543547c10848c1e7f2d26ccd"
BASE_IRI = "arcp://uuid,5f0c1f6e-3b0a-4c55-9d0e-6d1b2a7c9e10/"
TRIAL_ID = "3f9a6c0d1b7e4a52a8d4c1e09b5f7723"

PYTHON = Package("Python", "3.11.7", "generic")
LINUX = Package("Linux", "6.1.0", "generic")
JOBLIB = Package("joblib", "1.5.2")
PANDAS = Package("pandas", "2.3.3")
SCIKIT_LEARN = Package("scikit-learn", "1.7.2")

_START = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)
_SPLIT = ("X_train", "X_test", "y_train", "y_test")
_SHAPES = {"X_train": (404, 3), "X_test": (102, 3), "y_train": (404,), "y_test": (102,)}
_COLUMNS = ("rooms", "age", "tax", "price")


def _after(milliseconds: int) -> datetime:
    return _START + timedelta(milliseconds=milliseconds)


def _value(key: str) -> Reference:
    return Reference("value", key)


def _reads(*keys: str) -> tuple[Usage, ...]:
    return tuple(Usage(_value(key)) for key in keys)


def _from(*keys: str) -> tuple[Derivation, ...]:
    return tuple(Derivation(_value(key)) for key in keys)


_ARGV = Reference("setting", "argv")
_HOUSES = Reference("file", "houses.csv")


# ------------------------------------------------------------------ written


_STAGES = {
    **dict.fromkeys(range(1, 6), "imports"),
    10: "data_loading",
    **dict.fromkeys((11, 12), "preprocessing"),
    13: "split",
    14: "model_definition",
    15: "training",
    16: "evaluation",
    17: "saving",
}
"""The stage that the text shows, by line."""


def _statement(line: int, before: int | None, reads="", writes="", **kind: bool) -> Step:
    last = 20 if line == 19 else line
    return Step(
        f"{line}.0",
        "for price in y_test:" if last == 20 else SCRIPT.splitlines()[line - 1],
        preceded_by=None if before is None else f"{before}.0",
        reads=tuple(reads.split()),
        writes=tuple(writes.split()),
        stage=Stage(_STAGES[line], 1.0) if line in _STAGES else None,
        **kind,
    )


def _nested(key: str, source: str, reads: str) -> Step:
    parent = key.partition(".")[0] + ".0"
    return Step(key, source, parent=parent, reads=tuple(reads.split()), is_call=True)


def example_plan() -> Plan:
    """What the text of the script says."""
    call, compound = {"is_call": True}, {"is_compound": True}
    steps = (
        *(_statement(line, line - 1 if line > 1 else None) for line in range(1, 6)),
        _statement(7, 5, "", "parser", **call),
        _statement(8, 7, "parser", "parser", **call),
        _statement(9, 8, "parser", "args", **call),
        _statement(10, 9, "", "df", **call),
        _statement(11, 10, "df", "df", **compound),
        _nested("11.14-11.35", 'df["rooms"].fillna(0)', "df"),
        _statement(12, 11, "df", "X y", **compound),
        _nested("12.7-12.31", 'df.drop(columns="price")', "df"),
        _statement(13, 12, "X y", " ".join(_SPLIT), **call),
        _statement(14, 13, "args", "model", **call),
        _statement(15, 14, "model X_train y_train", "model", **call),
        _statement(16, 15, "y_test model X_test", "score", **call, **compound),
        _nested("16.25-16.46", "model.predict(X_test)", "model X_test"),
        _statement(17, 16, "model", "", **call),
        _statement(18, 17, "", "total"),
        _statement(19, 18, "y_test total", "price total", **compound),
        Step(
            "20.4",
            "total += price",
            parent="19.0",
            reads=("total", "price"),
            writes=("total",),
        ),
    )
    variables = ("parser", "args", "df", "X", "y", *_SPLIT, "model", "score", "total", "price")
    digest = hashlib.sha256(SCRIPT.encode()).hexdigest()
    return Plan(digest, "script", len(SCRIPT), steps, variables)


# ------------------------------------------------------------------ happened

_CALLED = {
    1: Implementation("argparse.ArgumentParser", PYTHON),
    2: Implementation("argparse.ArgumentParser.add_argument", PYTHON),
    3: Implementation("argparse.ArgumentParser.parse_args", PYTHON),
    4: Implementation("pandas.read_csv", PANDAS),
    6: Implementation("pandas.Series.fillna", PANDAS),
    8: Implementation("pandas.DataFrame.drop", PANDAS),
    9: Implementation("sklearn.model_selection.train_test_split", SCIKIT_LEARN),
    10: Implementation("sklearn.linear_model.Lasso", SCIKIT_LEARN),
    11: Implementation("sklearn.linear_model.Lasso.fit", SCIKIT_LEARN),
    12: Implementation("sklearn.metrics.r2_score", SCIKIT_LEARN),
    13: Implementation("sklearn.linear_model.Lasso.predict", SCIKIT_LEARN),
    14: Implementation("joblib.dump", JOBLIB),
}
# order: step, parent, start and end in milliseconds, usages
_EXECUTIONS: dict[int, tuple[str, int | None, int, int, tuple[Usage, ...]]] = {
    1: ("7.0", None, 1400, 1400, ()),
    2: ("8.0", None, 1400, 1400, _reads("parser.1")),
    3: ("9.0", None, 1400, 1400, (*_reads("parser.2"), Usage(_ARGV))),
    4: ("10.0", None, 1401, 1406, (Usage(_HOUSES),)),
    5: ("11.0", None, 1406, 1408, _reads("df.1", "11.14-11.35.1")),
    6: ("11.14-11.35", 5, 1406, 1407, (Usage(_value("df.1"), "self", '["rooms"]'),)),
    7: ("12.0", None, 1408, 1410, _reads("df.2")),
    8: ("12.7-12.31", 7, 1408, 1409, _reads("df.2")),
    9: (
        "13.0",
        None,
        1410,
        1413,
        (Usage(_value("X.1"), "arrays.0"), Usage(_value("y.1"), "arrays.1")),
    ),
    10: ("14.0", None, 1413, 1413, (Usage(_value("args.1"), "alpha", ".alpha"),)),
    11: (
        "15.0",
        None,
        1413,
        1421,
        (
            Usage(_value("model.1"), "self"),
            Usage(_value("X_train.1"), "X"),
            Usage(_value("y_train.1"), "y"),
        ),
    ),
    12: (
        "16.0",
        None,
        1421,
        1425,
        (
            Usage(_value("y_test.1"), "y_true"),
            Usage(_value("16.25-16.46.1"), "y_pred"),
            *_reads("model.2", "X_test.1"),
        ),
    ),
    13: (
        "16.25-16.46",
        12,
        1421,
        1423,
        (Usage(_value("model.2"), "self"), Usage(_value("X_test.1"), "X")),
    ),
    14: ("17.0", None, 1425, 1428, (Usage(_value("model.2"), "value"),)),
    15: ("18.0", None, 1428, 1428, ()),
    16: ("19.0", None, 1428, 1429, _reads("y_test.1", "total.1")),
}


def _executions() -> tuple[Execution, ...]:
    return tuple(
        Execution(
            order,
            DIGEST,
            step,
            parent,
            _after(start),
            _after(end),
            called=_CALLED.get(order),
            usages=usages,
            iterations=102 if order == 16 else None,
        )
        for order, (step, parent, start, end, usages) in _EXECUTIONS.items()
    )


def _version(name: str, version: int, type_: str, made_by: int, *sources: str, **more) -> Value:
    return Value(
        f"{name}.{version}",
        f"{name}@{version}",
        type_,
        variables=(name,),
        generated_by=made_by,
        derived_from=more.pop("derived_from", _from(*sources)),
        **more,
    )


def _temporary(place: str, label: str, type_: str, made_by: int, *sources: str, **more) -> Value:
    return Value(
        f"{place}.1", label, type_, generated_by=made_by, derived_from=_from(*sources), **more
    )


def _values() -> tuple[Value, ...]:
    frame, series, lasso = "pandas.DataFrame", "pandas.Series", "sklearn.linear_model.Lasso"
    parser = "argparse.ArgumentParser"
    table = {"shape": (506, 4), "columns": _COLUMNS}
    fitted = {"preview": "Lasso(alpha=0.1)"}
    return (
        _version("parser", 1, parser, 1),
        _version("parser", 2, parser, 2, "parser.1", revision_of="parser.1"),
        _version(
            "args",
            1,
            "argparse.Namespace",
            3,
            derived_from=(*_from("parser.2"), Derivation(_ARGV)),
            preview="Namespace(alpha=0.1)",
        ),
        _version("df", 1, frame, 4, derived_from=(Derivation(_HOUSES),), **table),
        _temporary("11.14-11.35", 'df["rooms"].fillna(0)', series, 6, "df.1", shape=(506,)),
        _version("df", 2, frame, 5, "df.1", "11.14-11.35.1", revision_of="df.1", **table),
        _version("X", 1, frame, 8, "df.2", shape=(506, 3)),
        _version("y", 1, series, 7, "df.2", shape=(506,), columns=("price",)),
        *(
            _version(name, 1, frame if name[0] == "X" else series, 9, source, shape=_SHAPES[name])
            for name, source in zip(_SPLIT, ("X.1", "X.1", "y.1", "y.1"), strict=True)
        ),
        _version("model", 1, lasso, 10, "args.1", **fitted),
        _version(
            "model",
            2,
            lasso,
            11,
            "model.1",
            "X_train.1",
            "y_train.1",
            revision_of="model.1",
            **fitted,
        ),
        _temporary(
            "16.25-16.46",
            "model.predict(X_test)",
            "numpy.ndarray",
            13,
            "model.2",
            "X_test.1",
            shape=(102,),
        ),
        _version("score", 1, "float", 12, "y_test.1", "16.25-16.46.1", scalar=0.6134),
        _version("total", 1, "float", 15, scalar=0.0),
        _version("price", 1, "float", 16, "y_test.1", scalar=19.4),
        _version("total", 2, "float", 16, "total.1", "y_test.1", scalar=2284.7),
    )


def example_trial() -> Trial:
    """The worked example's trial: sixteen executions, a data file in and a model file out."""
    plan = example_plan()
    return Trial(
        id=TRIAL_ID,
        base_iri=BASE_IRI,
        label="train.py --alpha 0.1",
        plan=plan,
        started_at=_START,
        ended_at=_after(2250),
        status="completed",
        exit_status=0,
        provkit_version="0.1.0",
        experiment="house prices",
        agent=Agent("the name that git gives"),
        script="train.py",
        executions=_executions(),
        values=_values(),
        files=(
            File("train.py", "train.py", plan.digest, plan.size_bytes, role="code"),
            File(
                "houses.csv",
                "houses.csv",
                "4025eb7e4ff6ef9310a7363966f4685074a53301c08df52676e659f9bc25f669",
                11264,
            ),
            File(
                "model.joblib",
                "model.joblib",
                "9372c470eeadd5ecd9c3c74c2b3cb633f8e2f2fad799250a0f70d652b6b825e4",
                845,
                generated_by=14,
                derived_from=_from("model.2"),
            ),
        ),
        settings=(Setting("argv", "command line", "train.py --alpha 0.1"),),
        packages=(JOBLIB, PANDAS, SCIKIT_LEARN),
        interpreter=PYTHON,
        platform=LINUX,
        cpu_seconds=1.75,
        peak_memory_bytes=182452224,
    )
