"""The files of knowledge: they keep to their schema, what they name exists, and every mistake is said with its line."""

import json
from functools import cache

import pytest
from holding import FOLDER, LIBRARIES, hold, import_library

from provkit.errors import BadKnowledge
from provkit.knowledge import Knowledge, project_knowledge, read_library

FILES = sorted(FOLDER.glob("*.toml"))


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


@pytest.mark.parametrize("path", LIBRARIES, ids=lambda path: path.stem)
@pytest.mark.filterwarnings("ignore")
def test_a_file_holds_against_the_installed_version_of_its_library(path):
    """Names exist, arguments are parameters in the signature's order, and what a program runs is found by its name."""
    library = read_library(path)
    try:
        import_library(library)
    except ImportError as error:
        pytest.skip(str(error))
    assert hold(library).mistakes == []


def test_each_file_says_which_version_it_was_held_against_or_why_none():
    silent = [path.stem for path in LIBRARIES if not _says_how_it_was_checked(path)]
    assert not silent


def _says_how_it_was_checked(path):
    library = read_library(path)
    return bool(library.checked) != bool(library.unchecked)


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
