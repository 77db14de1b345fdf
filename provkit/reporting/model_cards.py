"""A model card: what a model is, learned from and measured, and every setting that it had."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from provkit.reporting.blocks import Block, Code, Heading, Items, Paragraph, Table, Text
from provkit.reporting.phrases import SHOWN, Part, listed, number_of, series_of, value_of


def distinct_models(specification: Part) -> list[Part]:
    """Leave out a model's earlier states: the last one is what the trial ended with."""
    models = specification["models"]
    continued = {model["continues"] for model in models}
    return [model for model in models if model["name"] not in continued]


def alike_in(models: Sequence[Part], parameters: Sequence[Part]) -> list[list[Part]]:
    """Put models together that one place has fitted in its rounds with the same settings: those of folds."""
    found: dict[tuple[object, ...], list[Part]] = {}
    for model in models:
        settings = tuple(
            (one["of"], one["name"], str(one["value"]), str(one["resolved"]))
            for one in parameters
            if model["name"] in one["models"]
        )
        key = (model["implementation"], model["where"] or model["name"], settings, model["chosen"])
        found.setdefault(key, []).append(model)
    return list(found.values())


def model_card(models: Sequence[Part], specification: Part) -> Iterator[Block]:
    """Describe a model, or several that were fitted alike by the last of them."""
    model = models[-1]
    yield Heading(2, f"Model {model['name']}")
    facts: list[Text] = [["Class: ", Code(model["implementation"])]]
    if model["task"]:
        facts.append(f"Task: {model['task']}")
    if model["fitted_on"]:
        facts.append(["Learned from: ", *listed(model["fitted_on"])])
    if model["evaluated_on"]:
        facts.append(["Evaluated on: ", *listed(model["evaluated_on"])])
    if model["features"]:
        facts.append([f"Features ({len(model['features'])}): ", *listed(model["features"])])
    if model["target"]:
        facts.append(["Target: ", *listed(model["target"])])
    if model["classes"]:
        facts.append(f"Classes among its labels: {model['classes']}")
    if model["where"]:
        facts.append(["Fitted at ", Code(model["where"])])
    if model["chosen"]:
        facts.append(["Chosen by the search: ", Code(model["chosen"])])
    if len(models) > 1:
        facts.append([f"One of {len(models)}, fitted alike: ", *listed(_names_of(models))])
    yield Items(tuple(facts))
    yield from _measures_of(models, specification["evaluation"]["measures"])
    yield from _hyperparameters(model, specification["parameters"])


def _names_of(models: Sequence[Part]) -> list[str]:
    return [str(model["name"]) for model in models]


def _measures_of(models: Sequence[Part], every: Sequence[Part]) -> Iterator[Block]:
    """Tell what models measured; of several that were fitted alike, which one it was."""
    names = _names_of(models)
    measures = [one for one in every if one["model"] in names and one["value"] is not None]
    if not measures:
        return
    rows = [
        (*_measure(series), *([str(series[-1]["model"])] if len(models) > 1 else []))
        for series in series_of(measures)
    ]
    rows += list(_means(measures)) if len(models) > 1 else []
    heads = ("Measure", "Value", "On", "How", *(["Model"] if len(models) > 1 else []))
    yield Table(heads, tuple(rows[:SHOWN]))


def _means(measures: Sequence[Part]) -> Iterator[tuple[Text, ...]]:
    """Tell the mean of what models that were fitted alike have measured at one place, each once."""
    found: dict[tuple[object, ...], list[Part]] = {}
    for one in measures:
        key = tuple(one[name] for name in ("measure", "averaging", "on", "via", "where"))
        found.setdefault(key, []).append(one)
    for alike in found.values():
        values = [one["value"] for one in alike if isinstance(one["value"], int | float)]
        if len(values) > 1 and len({one["model"] for one in alike}) == len(values):
            name, _, on, how = _measure(alike)
            yield name, number_of(sum(values) / len(values)), on, how, f"mean of {len(values)}"


def _measure(series: Sequence[Part]) -> tuple[Text, ...]:
    one = series[-1]
    name = f"{one['measure']} ({one['averaging']})" if one["averaging"] else one["measure"]
    how = f"{one['via']}, unasked" if one["implied"] else one["via"] or ""
    return name, value_of(series), one["on"] or "", how


def _hyperparameters(model: Part, parameters: Sequence[Part]) -> Iterator[Block]:
    name = model["name"]
    own = [one for one in parameters if name in one["models"]]
    if not own:
        return
    given = [one for one in own if one["origin"] == "given" or one["resolved"] is not None]
    rows = dict.fromkeys(_parameter(one, model) for one in given if one["of"] or one["name"])
    if rows:
        yield Table(("Hyperparameter", "Value", "Set by", "Where"), tuple(rows)[:SHOWN])
    left = [f"{_named(one, model)}={one['value']}" for one in own if one not in given]
    if left:
        yield Paragraph(["Left at their defaults: ", *listed(list(dict.fromkeys(left))), "."])


def _named(one: Part, model: Part) -> str:
    """Name a parameter, with the class of the object inside the model that has it."""
    name = str(one["name"])
    own = (model["implementation"], f"{model['implementation']}.from_formula")
    is_inside = one["of"] and one["of"] not in own
    return f"{one['of'].rpartition('.')[2]}.{name}" if is_inside else name


def _parameter(one: Part, model: Part) -> tuple[Text, ...]:
    value = str(one["value"])
    if one["resolved"] is not None:
        value += f" → {one['resolved']}"
    where = Code(one["where"]) if one["where"] else ""
    by = "unpacked keywords" if one["set_by"] == "**" else one["set_by"]
    return Code(_named(one, model)), Code(value), by or "default", where
