"""A trial as a specification and as a page: what is said is what the program did, in YAML, JSON, Markdown and HTML."""

from __future__ import annotations

import json
from dataclasses import replace
from importlib import resources

import jsonschema
import pytest
import yaml
from markdown_it import MarkdownIt
from programs import run_program
from stored_example import EXAMPLE, FULL, make_store

from provkit import api
from provkit.cli.trial_page import as_text
from provkit.errors import UsageError
from provkit.mapping import quads_of
from provkit.reporting import report
from provkit.reporting.blocks import Code, Heading, Items, Paragraph, Table, markdown, page
from provkit.store import LocalStore

pytest.importorskip("sklearn")

SOURCE = """\
import json
import sys

import pandas as pd
from sklearn.ensemble import RandomForestClassifier
from sklearn.metrics import accuracy_score
from sklearn.model_selection import train_test_split

trees = int(sys.argv[1])
flowers = pd.read_csv("flowers.csv")
X_train, X_test, y_train, y_test = train_test_split(
    flowers[["a", "b"]], flowers["kind"], test_size=0.25, stratify=flowers["kind"], random_state=3
)
forest = RandomForestClassifier(n_estimators=trees, max_depth=3)
forest.fit(X_train, y_train)
accuracy = accuracy_score(y_test, forest.predict(X_test))
with open("score.json", "w") as file:
    json.dump({"accuracy": accuracy}, file)
"""
SCHEMA = json.loads(
    resources.files("provkit.specification").joinpath("schema.json").read_text("utf-8")
)


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    rows = "\n".join(f"{i % 7}.5,{i % 5}.25,{'xy'[i % 2]}" for i in range(80))
    folder = tmp_path_factory.mktemp("specified")
    trial = run_program(
        folder, SOURCE, arguments=["12"], files={"flowers.csv": f"a,b,kind\n{rows}\n"}
    )
    store = LocalStore.create(folder / "kept" / ".provkit", base_iri="https://example.org/lab/")
    store.seal(trial.id, quads_of(trial))
    return store.folder


@pytest.fixture(scope="module")
def specification(project):
    return api.specification("last", store=project)


def settings_of(specification, owner: str) -> dict[str, tuple[object, str]]:
    return {
        one["name"]: (one["value"], one["origin"])
        for one in specification["parameters"]
        if one["of"].endswith(owner)
    }


def in_any_order(part):
    """Triples have no order: lists of what stands side by side are compared as sets are."""
    if isinstance(part, dict):
        return {name: in_any_order(value) for name, value in part.items()}
    if isinstance(part, list):
        return sorted((in_any_order(one) for one in part), key=repr)
    return part


# ------------------------------------------------------------------ the document


def test_what_the_program_did_is_in_it(specification):
    assert specification["tasks"] == ["classification"]
    assert [one["path"] for one in specification["data"]["inputs"]] == ["flowers.csv"]
    assert [one["path"] for one in specification["data"]["outputs"]] == ["score.json"]
    forest = settings_of(specification, "RandomForestClassifier")
    assert forest["n_estimators"] == (12, "given")
    assert forest["max_depth"] == (3, "given")
    assert forest["criterion"] == ("gini", "default")


def test_the_split_has_its_parts_ratio_and_stratification(specification):
    (split,) = specification["evaluation"]["protocol"]["splits"]
    assert split["by"] == "sklearn.model_selection.train_test_split"
    assert split["ratio"] == pytest.approx(0.25)
    assert split["stratified_by"] is not None
    rows = {(part["name"], part["role"]): part["rows"] for part in split["parts"]}
    assert rows[("X_train@1", "train")] == 60
    assert rows[("y_test@1", "test")] == 20


def test_stages_follow_the_order_of_the_run(specification):
    stages = iter(one["stage"] for one in specification["stages"])
    for wanted in (
        *("imports", "data_loading", "split", "model_definition", "training", "evaluation"),
        "saving",
    ):
        assert wanted in stages, wanted


def test_an_implementation_has_its_package_and_version(tmp_path):
    store = make_store(tmp_path)
    found = api.specification(EXAMPLE, store=store.folder)
    called = {
        step["implementation"]["name"]: step["implementation"]
        for stage in found["stages"]
        for step in stage["steps"]
        if step["implementation"]
    }
    assert called["pandas.read_csv"]["package"] == "pandas"
    assert called["pandas.read_csv"]["version"] == found["software"]["packages"]["pandas"]
    (score,) = [
        step
        for stage in found["stages"]
        for step in stage["steps"]
        if step["source"].startswith("score = ")
    ]
    assert [one["name"] for one in score["calls"]] == ["sklearn.linear_model.Lasso.predict"]


def test_seeds_tell_what_was_left_to_chance(specification):
    seeded = {one["of"].rpartition(".")[2]: one["seeded"] for one in specification["seeds"]}
    assert seeded == {"train_test_split": True, "RandomForestClassifier": False}


def test_the_measure_has_its_value_model_and_part(specification):
    (accuracy,) = [
        one for one in specification["evaluation"]["measures"] if one["name"] == "accuracy@1"
    ]
    assert accuracy["on"] == "test"
    assert accuracy["model"] in {model["name"] for model in specification["models"]}
    assert 0 <= accuracy["value"] <= 1


def test_the_schema_is_one_and_a_trial_conforms(specification, project):
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    jsonschema.validate(specification, SCHEMA)
    jsonschema.validate(json.loads(api.export("last", "spec-json", store=project)), SCHEMA)


@pytest.mark.parametrize("trial", [EXAMPLE, FULL])
def test_every_trial_conforms(tmp_path, trial):
    store = make_store(tmp_path)
    jsonschema.validate(json.loads(api.export(trial, "spec-json", store=store.folder)), SCHEMA)


def test_a_document_that_lacks_a_part_does_not_conform(specification):
    for part in specification:
        broken = {name: value for name, value in specification.items() if name != part}
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(broken, SCHEMA)


def test_yaml_and_json_say_the_same(specification, project):
    assert yaml.safe_load(api.export("last", "spec", store=project)) == specification
    assert json.loads(api.export("last", "spec-json", store=project)) == specification


def test_it_comes_from_the_triples_alone(specification, project, tmp_path):
    """A store that was given nothing but the exported graphs says the same."""
    other = tmp_path / ".provkit"
    api.init(tmp_path)
    api.import_(api.export("last", "trig", store=project), store=other)
    again = api.specification(specification["trial"]["id"], store=other)
    assert in_any_order(again) == in_any_order(specification)


# ------------------------------------------------------------------ the page


def test_the_page_has_a_card_for_the_model_and_a_methods_section(project):
    text = api.describe("last", store=project)
    for said in (
        *("Model forest@2", "RandomForestClassifier", "`n_estimators`", "`12`", "accuracy"),
        *("## Methods", "### Data", "flowers.csv", "25% of the rows were held out", "Not seeded"),
    ):
        assert said in text, said


def test_the_page_in_html_needs_nothing_else(project):
    text = api.describe("last", format="html", store=project)
    assert text.startswith("<!DOCTYPE html>")
    assert not {"<script", "http://", "https://", "src="} & set(text.split())
    assert "Model forest@2" in text


def test_an_unknown_format_is_refused(project):
    with pytest.raises(UsageError, match="markdown or html"):
        api.describe("last", format="pdf", store=project)


def test_a_trial_without_learning_has_a_page_too(tmp_path):
    trial = run_program(tmp_path, "answer = 6 * 7\n")
    store = LocalStore.create(tmp_path / "kept" / ".provkit", base_iri="https://example.org/lab/")
    store.seal(trial.id, quads_of(trial))
    text = api.describe("last", store=store.folder)
    assert "Software and hardware" in text
    assert ", and no package." in text
    assert "Model" not in text


HOSTILE = [
    "<script>alert(1)</script>",
    "a | b",
    "# no heading",
    "`tick`",
    "``two``",
    "[a](http://x)",
    "*b* _c_ ~~d~~ \\",
    "line\nbreak",
    "$x$ & y",
]


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("kind", [str, Code])
def test_no_text_is_taken_for_markup(text, kind):
    blocks = [
        Heading(2, text),
        Paragraph(["before ", kind(text), " after"]),
        Items((kind(text), [kind(text), "x"])),
        Table(("a", "b"), ((kind(text), "x"),)),
    ]
    for html in (
        MarkdownIt("commonmark").enable(["table", "strikethrough"]).render(markdown(blocks)),
        page(blocks, title=text),
    ):
        assert "<script>" not in html
        assert "<a " not in html
        assert html.count("<h2") == 1
        assert html.count("<h1") == 0
        assert html.count("<td") == 2
        assert html.count("<li") == 2
    seen = page(blocks, title="t")
    assert "".join(text.split()).replace("&", "&amp;").replace("<", "&lt;").replace(
        ">", "&gt;"
    ) in "".join(seen.split())


def test_rounds_folds_and_choices_are_told_once(specification):
    (model,) = specification["models"]
    measured = next(one for one in specification["evaluation"]["measures"] if one["model"])
    names = ["forest@2", "forest@4", "forest@6"]
    models = [{**model, "name": name, "chosen": "{'max_depth': 3}"} for name in names]
    measures = [
        {**measured, "model": name, "value": value, "name": "score"}
        for name, value in zip(names, (0.5, 0.6, 0.7), strict=True)
    ]
    curve = [
        {**measured, "measure": "loss", "value": 1 / (1 + i), "name": f"loss@{i}"} for i in range(4)
    ]
    parameters = [
        {**one, "models": names if one["models"] else []} for one in specification["parameters"]
    ]
    seed = {"of": "random.Random.seed", "object": None, "name": "a", "value": 3, "seeded": True}
    evaluation = specification["evaluation"]
    text = report(
        {
            **specification,
            "models": models,
            "parameters": parameters,
            "seeds": [seed],
            "evaluation": {
                "protocol": {**evaluation["protocol"], "candidates": 2},
                "measures": [*measures, *curve],
            },
            "software": {**specification["software"], "packages": {}},
        }
    )
    assert text.count("\n## Model ") == 1  # fitted alike, with the same settings
    for said in (
        "One of 3, fitted alike: `forest@2`, `forest@4`, `forest@6`",
        "0.6 | test | call | mean of 3",
        "Chosen by the search: `{'max_depth': 3}`",
        "2 settings were tried; chosen: `{'max_depth': 3}`",
        "0.25 (last of 4, from 1)",
        "Seeded: `random.seed a=3`",
        ", and no package.",
    ):
        assert said in text, said


def test_report_of_a_hostile_trial_escapes_its_names(specification):
    changed = {
        **specification,
        "trial": {**specification["trial"], "name": "<img src=x>", "note": "<b>"},
    }
    text = report(changed, format="html")
    assert "<img" not in text
    assert "<b>" not in text


# ------------------------------------------------------------------ a program in functions

FUNCTIONS = """\
import sys

import pandas as pd
from sklearn.linear_model import Ridge
from sklearn.metrics import r2_score
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeRegressor


def load(path):
    return pd.read_csv(path)


def build(kind, seed):
    models = {"ridge": Ridge(alpha=0.5), "tree": DecisionTreeRegressor(max_depth=2, random_state=seed)}
    return make_pipeline(StandardScaler(), models[kind])


def main(seed):
    table = load("rows.csv")
    X_train, X_test, y_train, y_test = train_test_split(table[["a", "b"]], table["y"], random_state=seed)
    results = {}
    for kind in ["ridge", "tree"]:
        model = build(kind, seed)
        model.fit(X_train, y_train)
        results[kind] = float(r2_score(y_test, model.predict(X_test)))
    print(results)


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1])))
"""


@pytest.fixture(scope="module")
def in_functions(tmp_path_factory):
    folder = tmp_path_factory.mktemp("in_functions")
    rows = "\n".join(f"{i % 7}.5,{i % 5}.25,{i % 7 + i % 5}" for i in range(80))
    trial = run_program(folder, FUNCTIONS, arguments=["3"], files={"rows.csv": f"a,b,y\n{rows}\n"})
    store = LocalStore.create(folder / "kept" / ".provkit", base_iri="https://example.org/lab/")
    store.seal(trial.id, quads_of(trial))
    return store.folder


def test_a_function_that_is_a_pipeline_stands_as_its_statements(in_functions):
    stages = api.specification("last", store=in_functions)["stages"]
    told = [one["stage"] for one in stages]
    assert told[0] == "imports"
    assert [one for one in told if one in ("data_loading", "split", "training")] == [
        *("data_loading", "split", "training"),
    ]
    sources = [step["source"] for stage in stages for step in stage["steps"]]
    assert not [source for source in sources if source.startswith(("def ", "if __name__"))]
    assert len([source for source in sources if source.startswith("for")]) == 1


def test_each_model_has_its_own_card_and_its_own_parameters(in_functions):
    specification = api.specification("last", store=in_functions)
    first, second = (model["name"] for model in specification["models"])
    fitted_with: dict[tuple[str, str], list[str]] = {}
    for one in specification["parameters"]:
        if one["origin"] == "given":
            key = one["of"].rpartition(".")[2], one["name"]
            fitted_with.setdefault(key, []).extend(one["models"])
    assert fitted_with["Ridge", "alpha"] == [first]
    assert fitted_with["DecisionTreeRegressor", "max_depth"] == [second]
    text = api.describe("last", store=in_functions)
    ridge = text[text.index(f"## Model {first}") : text.index(f"## Model {second}")]
    assert "`Ridge.alpha` | `0.5`" in ridge
    assert "DecisionTreeRegressor" not in ridge


def test_a_seed_that_nothing_was_drawn_from_is_none_and_none_is_told_twice(in_functions):
    text = api.describe("last", store=in_functions)
    (line,) = [line for line in text.splitlines() if line.startswith("Seeded: ")]
    assert "Ridge" not in line
    told = line.removeprefix("Seeded: ").rstrip(".").split("`, ")
    assert len(told) == len(set(told))


def test_the_page_of_a_trial_tells_models_and_measures(in_functions):
    trial = api.show("last", store=in_functions)
    page = as_text(trial)
    assert "models\n" in page
    assert f"{trial.models[0].label}  Pipeline" in page
    assert "r2 (test) = " in page


def test_the_page_of_a_trial_leaves_out_losses_of_batches_where_more_was_measured(in_functions):
    trial = api.show("last", store=in_functions)
    one = trial.measures[0]
    batches = [
        replace(one, measure="cross_entropy", on="train", via="expression", value=2.0 + i, name="")
        for i in range(9)
    ]
    page = as_text(replace(trial, measures=(*trial.measures, *batches)))
    assert "r2 (test) = " in page
    assert "cross_entropy" not in page
    assert "  and 9 more (--metrics)\n" in page


def test_a_functions_own_parameter_belongs_to_no_object(in_functions):
    found = api.parameters("last", store=in_functions)
    assert {one.holder for one in found if one.of == "build"} == {""}
    assert {one.holder.partition("(")[0] for one in found if one.of.endswith(".Ridge")} == {"Ridge"}


def test_the_last_value_of_a_name_is_what_a_long_loop_left(tmp_path):
    source = "def halved(x):\n    return x / 2\nscore = 1.0\nfor i in range(40):\n    score = halved(score)\n"
    trial = run_program(tmp_path, source)
    store = LocalStore.create(tmp_path / "kept" / ".provkit", base_iri="https://example.org/lab/")
    store.seal(trial.id, quads_of(trial))
    (score,) = [one for one in api.show("last", store=store.folder).scalars if one.name == "score"]
    assert score.value == 0.5**40


def test_the_mean_of_the_folds_is_told_where_single_folds_are_not(tmp_path):
    source = """
import numpy as np
from sklearn.linear_model import Ridge
from sklearn.model_selection import cross_val_score
X = np.arange(40.0).reshape(20, 2)
y = X[:, 0] + np.sin(X[:, 1])
scores = cross_val_score(Ridge(), X, y, cv=4, scoring="r2")
"""
    trial = run_program(tmp_path, source + "print(scores.mean())\n")
    store = LocalStore.create(tmp_path / "kept" / ".provkit", base_iri="https://example.org/lab/")
    store.seal(trial.id, quads_of(trial))
    folds = [one.value for one in api.measures("last", folds=True, store=store.folder)]
    (mean,) = api.measures("last", store=store.folder)
    assert len(folds) == 4
    assert mean.value == pytest.approx(sum(folds) / 4)
    assert (mean.measure, mean.via) == ("r2", "cross-validation, mean of 4")


def test_a_formula_or_picked_columns_say_what_a_model_learns(tmp_path):
    pytest.importorskip("statsmodels")
    pytest.importorskip("sklearn")
    trial = run_program(
        tmp_path,
        """\
import numpy as np
import pandas as pd
import statsmodels.formula.api as smf
from sklearn.linear_model import LinearRegression

rng = np.random.default_rng(0)
table = pd.DataFrame({"a": rng.random(60), "b": rng.random(60), "g": rng.choice(list("xy"), 60)})
table["y"] = table.a + rng.random(60)
columns = ["a", "b"]
order = rng.permutation(60)
train, test = table.iloc[order[:45]], table.iloc[order[45:]]
fit = smf.ols("y ~ a + I(b**2) + C(g)", data=train).fit()
line = LinearRegression().fit(train[columns], train["y"])
print(line.score(test[columns], test["y"]))
""",
    )
    (split,) = trial.learning.splits
    assert [(part.role, part.rows) for part in split.parts] == [("train", 45), ("test", 15)]
    assert split.ratio == 0.25
    found = {one.role: (one.features, one.target) for one in trial.learning.datasets}
    assert found == {"features": (("a", "b"), ()), "target": ((), ("y",))}
    formula = [one for one in trial.learning.parameters if one.name == "formula"]
    assert [one.scalar for one in formula] == ["y ~ a + I(b**2) + C(g)"]
    assert any(formula[0].key in run.parameters for run in trial.learning.runs)
