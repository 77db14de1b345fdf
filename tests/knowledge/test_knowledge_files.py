"""The files of knowledge: they keep to their schema, what they name exists, and every mistake is said with its line."""

import importlib
import inspect
import json
import re
from functools import cache
from pathlib import Path

import pytest

import provkit.knowledge
from provkit.errors import BadKnowledge
from provkit.knowledge import Knowledge, project_knowledge, read_library

FOLDER = Path(provkit.knowledge.__file__).parent
FILES = sorted(FOLDER.glob("*.toml"))
LIBRARIES = [path for path in FILES if path.stem != "generic"]


@cache
def _validator():
    """Read the schema once: it is held against every file."""
    jsonschema = pytest.importorskip("jsonschema")
    return jsonschema.Draft202012Validator(json.loads((FOLDER / "schema.json").read_text()))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_file_keeps_to_the_published_schema_and_to_the_reader(path):
    import tomllib

    _validator().validate(tomllib.loads(path.read_text()))
    assert read_library(path).library


def _installed(path):
    library = read_library(path)
    for module in library.modules:
        pytest.importorskip(module)
    if "safetensors" in library.modules:
        pytest.importorskip("torch")  # half of its names are for torch's tensors
    if "sklearn" in library.modules:
        importlib.import_module("sklearn.experimental.enable_halving_search_cv")
    return library


def _resolve(name):
    """Find what a qualified name names, or None."""
    parts = name.split(".")
    for cut in range(len(parts), 0, -1):
        try:
            found = importlib.import_module(".".join(parts[:cut]))
        except ImportError:
            continue
        for part in parts[cut:]:
            if not hasattr(found, part):
                return None
            found = getattr(found, part)
        return found
    return None


def _candidates(pattern):
    """List what exists that a pattern with wildcards names."""
    found = [("", None)]
    for part in pattern.split("."):
        expression = re.compile(re.escape(part).replace(r"\*", r"\w*"))
        longer = []
        for prefix, owner in found:
            if "*" in part:
                names = [
                    name for name in dir(owner) if expression.fullmatch(name) and name[0] != "_"
                ]
            else:
                names = [part]
            for name in names:
                whole = f"{prefix}.{name}" if prefix else name
                thing = _resolve(whole) if owner is None else getattr(owner, name, None)
                thing = _resolve(whole) if thing is None else thing
                if thing is not None:
                    longer.append((whole, thing))
        found = longer
    return found


@pytest.mark.parametrize("path", LIBRARIES, ids=lambda path: path.stem)
@pytest.mark.filterwarnings("ignore")
def test_every_pattern_names_something_that_exists_in_the_installed_version(path):
    library = _installed(path)
    missing = [entry.source for entry in library.entries if not _candidates(entry.pattern)]
    classes = [
        (entry, thing)
        for entry in library.entries
        for _, thing in _candidates(entry.pattern)
        if inspect.isclass(thing)
    ]
    for rule in library.methods:
        owners = [thing for kind in rule.of if "." in kind for _, thing in _candidates(kind)]
        owners += [thing for entry, thing in classes if entry.concept in rule.of]
        expression = re.compile(re.escape(rule.entry.pattern).replace(r"\*", r"\w*"))
        if not any(expression.fullmatch(name) for owner in owners for name in dir(owner)):
            missing.append(f"{rule.entry.source} {rule.entry.pattern}")
        missing.extend(kind for kind in rule.of if "." in kind and not _candidates(kind))
    assert not missing


@pytest.mark.parametrize("path", LIBRARIES, ids=lambda path: path.stem)
@pytest.mark.filterwarnings("ignore")
def test_the_arguments_of_an_entry_are_parameters_in_the_signatures_order(path):
    library = _installed(path)
    wrong = []
    used = set()
    tables = {}
    for entry in library.entries:
        tables.setdefault(entry.source, []).append(entry)
    for entry in library.entries:
        listed = [name.lstrip("*") for name in entry.arguments]
        for name, thing in _candidates(entry.pattern) if listed else ():
            try:
                parameters = inspect.signature(thing).parameters.values()
            except (TypeError, ValueError):
                used.update((entry.source, argument) for argument in listed)
                continue
            if any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters):
                used.update((entry.source, argument) for argument in listed)
            known = [parameter.name for parameter in parameters if parameter.name in listed]
            used.update((entry.source, argument) for argument in known)
            # Several names in one table share the union of their parameters; one alone has its order.
            alone = len(tables[entry.source]) == 1 and "*" not in entry.pattern
            if alone and known != [argument for argument in listed if argument in known]:
                wrong.append(f"{entry.source} {name}: {[p.name for p in parameters]}")
    for entry in library.entries:
        listed = [name.lstrip("*") for name in entry.arguments]
        wrong.extend(
            f"{entry.source} {argument}"
            for argument in listed
            if (entry.source, argument) not in used
        )
    assert not wrong


MISTAKES = {
    "no TOML": ("library = ", 1, "it is no TOML"),
    "no library": ('modules = ["x"]', 1, "`library` must name the distribution"),
    "unknown key": ('library = "x"\nfoo = 1', 2, "'foo' is no key of it"),
    "unknown stage": (
        'library = "x"\n[[entry]]\nnames = ["x.f"]\nstage = "trainig"',
        4,
        "'trainig' is no stage; did you mean 'training'?",
    ),
    "unknown concept": (
        'library = "x"\n\n[[entry]]\nnames = ["x.f"]\nconcept = "thing"',
        5,
        "'thing' is no concept",
    ),
    "unknown role": (
        'library = "x"\n[[entry]]\nnames = ["x.f"]\narguments = { a = "hyper" }',
        4,
        "'hyper' is no role",
    ),
    "role of a result": (
        'library = "x"\n[[entry]]\nnames = ["x.f"]\nreturns = [\n  "scores",\n  "nothing",\n]',
        6,
        "'nothing' is no role",
    ),
    "no name": (
        'library = "x"\n[[entry]]\nnames = ["x.f()"]',
        3,
        "'x.f()' is not a qualified name",
    ),
    "no names": ('library = "x"\n[[entry]]\nstage = "training"', 2, "an entry needs `names`"),
    "the second entry": (
        'library = "x"\n[[entry]]\nnames = ["x.f"]\n[[entry]]\nnames = ["x.g"]\nstage = "x"',
        6,
        "'x' is no stage",
    ),
    "a method of nothing": (
        'library = "x"\n[[method]]\nnames = ["f"]',
        2,
        "a method needs `of`",
    ),
    "a method of no concept": (
        'library = "x"\n[[method]]\nof = ["estimater"]\nnames = ["f"]',
        3,
        "'estimater' is no concept; did you mean 'estimator'?",
    ),
    "names that are no list": (
        'library = "x"\n[[entry]]\nnames = "x.f"',
        3,
        "must be a list of texts",
    ),
    "no table of entries": ('library = "x"\nentry = []', 2, ""),
    "a home that is none": ('library = "x"\n[homes]\n"x.y" = 3', 3, "must be a module's name"),
}


@pytest.mark.parametrize(("text", "line", "message"), MISTAKES.values(), ids=MISTAKES.keys())
def test_a_mistake_is_said_with_its_file_and_line(tmp_path, text, line, message):
    path = tmp_path / "ours.toml"
    path.write_text(text)
    if not message:
        assert read_library(path).entries == ()
        return
    with pytest.raises(BadKnowledge) as raised:
        read_library(path)
    assert str(raised.value).startswith(f"{path}:{line}:")
    assert message in str(raised.value)


def test_a_project_adds_a_library_in_one_file(tmp_path):
    (tmp_path / "pyproject.toml").write_text('[tool.provkit]\nknowledge = ["ours.toml"]\n')
    (tmp_path / "ours.toml").write_text(
        'library = "ours"\nmodules = ["ours", "sklearn"]\n'
        '[[entry]]\nnames = ["ours.Forest"]\nstage = "model_definition"\nconcept = "estimator"\n'
        '[[entry]]\nnames = ["sklearn.svm.SVC"]\nstage = "other"\n'
    )
    knowledge = project_knowledge(tmp_path)
    assert knowledge.entry("ours.Forest").concept == "estimator"
    assert knowledge.entry("ours._forest.Forest.fit").stage == "training"
    assert knowledge.entry("sklearn.svm.SVC").stage == "other", "the project's word comes first"
    assert Knowledge().entry("sklearn.svm.SVC").stage == "model_definition"


def test_a_knowledge_file_that_is_not_there_is_said(tmp_path):
    (tmp_path / "pyproject.toml").write_text('[tool.provkit]\nknowledge = ["ours.toml"]\n')
    with pytest.raises(BadKnowledge, match=r"Couldn't read the knowledge file .*no such file"):
        project_knowledge(tmp_path)


def test_where_a_name_is_defined_and_documented_is_the_same():
    knowledge = Knowledge()
    defined = knowledge.entry("sklearn.linear_model._coordinate_descent.Lasso")
    assert defined == knowledge.entry("sklearn.linear_model.Lasso")
    assert knowledge.entry("sklearn.metrics.r2_score").measure == "r2_score"
    assert knowledge.entry("sklearn.decomposition.PCA.fit").stage == "feature_engineering"
    assert knowledge.entry("sklearn.svm.SVC.fit").mutates == ("self",)
    assert knowledge.entry("nowhere.at.all") is None
