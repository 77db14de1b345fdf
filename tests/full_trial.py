"""A trial in which everything that the model can say is said once."""

from datetime import UTC, datetime, timedelta

from provkit.mapping.stage_terms import STAGE_TERMS
from provkit.model import (
    Agent,
    Cell,
    Dataset,
    Derivation,
    Evaluation,
    Execution,
    Failure,
    File,
    Function,
    Implementation,
    Learning,
    LearningRun,
    ModelFacts,
    Output,
    Package,
    ParameterSetting,
    Plan,
    Reference,
    Setting,
    Split,
    SplitPart,
    Step,
    TrainingCurve,
    Trial,
    Usage,
    Value,
)

SCRIPT, MODULE = "a1" * 32, "b2" * 32
BASE = "https://example.org/lab/"
TRIAL_ID = "0123456789abcdef0123456789abcdef"
START = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)
NUMPY = Package("numpy", "2.1.0")
SKLEARN = Package("scikit-learn", "1.7.2")


def value(key: str) -> Reference:
    """A value by its key."""
    return Reference("value", key)


def full_trial() -> Trial:
    """A script in cells that calls a function of its own and one of a module's, and fails."""
    clean = Implementation("clean", plan=SCRIPT)
    return Trial(
        id=TRIAL_ID,
        base_iri=BASE,
        label="run.py",
        plan=_script(),
        started_at=START,
        ended_at=START + timedelta(seconds=3),
        status="failed",
        exit_status=1,
        signal=9,
        provkit_version="0.1.0",
        experiment="lab",
        failure=Failure("ValueError", "no rows"),
        failed_in=2,
        agent=Agent("Ada", "0000-0002-1825-0097"),
        script="run.py",
        modules=(("lib/tools.py", Plan(MODULE, "module", 40, (Step("1.0", "x = 1"),), ("x",))),),
        executions=(
            Execution(
                1,
                SCRIPT,
                "1.0",
                None,
                START,
                START + timedelta(milliseconds=5),
                called=clean,
                usages=(Usage(value("a.1"), "rows.0", '["x"]'), Usage(value("a.1"), "rows.0")),
                iterations=7,
                summarised=True,
            ),
            Execution(
                2,
                SCRIPT,
                "2.0",
                1,
                START,
                None,
                called=Implementation("numpy.load", NUMPY),
                usages=(Usage(value("b.1"), None, ".T"),),
                failure=Failure("ValueError", "no rows"),
            ),
            Execution(3, MODULE, "1.0", None, START, START, unbinds=("c",), between="a thread"),
        ),
        ran_unseen=((SCRIPT, "2.0"),),
        values=(
            Value(
                *("a.1", "a@1", "numpy.ndarray", ("a",), (2, 3), ("x", "y"), 2, "float64", "[[…]]"),
                column_types=("float64", "float64"),
                missing=1,
                missing_in=(("y", 1),),
                size_bytes=48,
                digest="5d" * 32,
                seeded=False,
            ),
            Value(
                "b.1",
                "b@1",
                "float",
                ("b", "injected"),
                scalar=0.5,
                generated_by=1,
                derived_from=(Derivation(value("a.1")), Derivation(value("c.1"), control=True)),
            ),
            Value("c.1", "c@1", "bool", ("c",), scalar=True, between="a thread"),
            Value("y.1", "y@1", "pandas.Series", (), (4,), ("y",)),
            Value("w.1", "w@1", "numpy.ndarray", (), (4,), ended_by=3),
            Value(
                "b.2",
                "b@2",
                "float",
                ("b",),
                generated_by=2,
                # both ways: data outweighs control
                derived_from=(Derivation(value("c.1"), control=True), Derivation(value("c.1"))),
                revision_of="b.1",
            ),
        ),
        files=(
            File("run.py", "run.py", SCRIPT, 90, role="code"),
            File("lib/tools.py", "lib/tools.py", MODULE, 40, role="code"),
            File("out.csv", "out.csv", "c3" * 32, 12, generated_by=1, ended_by=2),
            File("out.csv@2", "out.csv", "d4" * 32, 13, verified=False, revision_of="out.csv"),
            File("/dev/ttyS0", "/dev/ttyS0", None, None),
        ),
        settings=(Setting("argv", "command line", "run.py"), Setting("cpu.count", "CPUs", 8)),
        packages=(NUMPY,),
        interpreter=Package("Python", "3.11.7", "generic"),
        platform=Package("Linux", "6.1.0", "generic"),
        outputs=(Output("stderr", "Traceback …", 4000),),
        learning=_learning(),
        cpu_seconds=2.5,
        peak_memory_bytes=10**8,
        warnings=("Couldn't hash '/dev/ttyS0': it is a device.",),
    )


def _learning() -> Learning:
    """Every fact of learning once."""
    svc = Implementation("sklearn.svm.SVC", SKLEARN)
    return Learning(
        parameters=(
            ParameterSetting(
                "1.C", "C", 1, svc, "C", "given", 10.0, None, "command line", "--C", "b.1"
            ),
            ParameterSetting(
                *("1.svc__C", "svc__C", 1, svc, "C", "given"), scalar=10.0, same_as="1.C"
            ),
            ParameterSetting("1.svc__gamma", "svc__gamma", 1, svc, "gamma", "default", "scale"),
            ParameterSetting(
                *("1.seed", "random_state", 1, svc, "random_state", "default"),
                repr="None",
                is_seed=True,
                derived_from=(Derivation(value("c.1")),),
            ),
            ParameterSetting(
                *("2.gamma", "svc__gamma", 2, svc, "gamma", "resolved"),
                scalar=0.5,
                resolves="1.svc__gamma",
            ),
        ),
        datasets=(
            Dataset("a.1", "features", features=("x", "y")),
            Dataset("y.1", "target", target=("y",), classes=(("no", 3), ("yes", 1))),
        ),
        splits=(
            Split(
                1,
                "sklearn.model_selection.train_test_split",
                (SplitPart("train", ("a.1",), 2, 1), SplitPart("test", ("w.1",), 1)),
                ratio=0.25,
                stratified_by="y",
                seed=7,
            ),
        ),
        runs=(
            LearningRun(
                *("1", "fit", svc, (1, 3), "b.2"),
                inputs=(value("a.1"), value("y.1"), value("w.1")),
                features="a.1",
                target="y.1",
                parameters=("1.C", "1.svc__C", "1.svc__gamma"),
                task="classification",
            ),
            LearningRun(
                *("1.candidate-0", "candidate", svc, (1,)), parent="1", candidate=(("C", "1"),)
            ),
            LearningRun(
                *("2", "cross-validation", svc, (2,)),
                folds=5,
                folded_by="sklearn.model_selection.KFold",
            ),
            LearningRun(*("2.fold-0", "fold", svc, (2,)), parent="2", held_out=30),
        ),
        evaluations=(
            Evaluation(
                *("b.1", "f1", 0.5, 3, "call", svc, "b.1", "1", ("a.1",), "test", "macro"),
            ),
            Evaluation(
                *("1.candidate-0.mean.score", "accuracy", 0.9, 1, "search", None),
                run="1.candidate-0",
                iteration=3,
                is_implied=True,
            ),
        ),
        curves=(TrainingCurve("logloss", (0.7, 0.5), 1, "1", "validation"),),
        models=(ModelFacts("b.2", (("n_iter_", 4),), 80, "e5" * 32),),
        unseeded=("1.seed",),
        stages=((1, "training"), *((3, stage) for stage in STAGE_TERMS)),
    )


def _script() -> Plan:
    return Plan(
        SCRIPT,
        "script",
        90,
        steps=(
            Step("1.0", "b = clean(a)", None, None, ("a",), ("b",), is_call=True, cell="0"),
            Step("2.0", "if c: b = load()", None, "1.0", ("c",), ("b",), is_compound=True),
            Step("2.6", "b = load()", "2.0", writes=("b",), is_call=True),
        ),
        variables=("a", "b", "c", "clean"),
        functions=(Function("clean", 4, 9), Function("clean", 12, 15)),
        cells=(Cell(0, 1, 3, "Load"), Cell(1, 4, 20, "", "markdown")),
        text="b = clean(a)\nif c: b = load()\n",
    )
