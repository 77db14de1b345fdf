"""A trial as a page that a person reads: a model card for each model, and a methods section for a paper.

Everything on it comes from the trial's specification; what is not known is not mentioned.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

from provkit.reporting.blocks import (
    Block,
    Code,
    Heading,
    Items,
    Paragraph,
    Table,
    Text,
    markdown,
    page,
)

_SHOWN = 40
"""Rows of a table; the specification has the rest."""
_CALLS = 8
"""Functions that are named of one stage."""
_CARDS = 20
"""Model cards of one page."""
_DIGEST = 12
_SURROUNDING = frozenset({"ipykernel", "ipython"})
"""Modules of which no call is a step of an experiment."""

Part = Mapping[str, Any]


def report(specification: Part, *, format: str = "markdown") -> str:
    """Write a trial's specification as a page.

    Args:
        specification: As `provkit.specification.specification_of` gives it.
        format: `markdown` or `html`.
    """
    blocks = list(_blocks(specification))
    if format == "html":
        return page(blocks, title=_title(specification))
    return markdown(blocks)


def _title(specification: Part) -> str:
    trial = specification["trial"]
    return str(trial["name"] or trial["command"])


def _blocks(specification: Part) -> Iterator[Block]:
    yield Heading(1, _title(specification))
    yield Paragraph(_summary(specification["trial"]))
    models = _alike(_distinct_models(specification), specification["parameters"])
    for alike in models[:_CARDS]:
        yield from _model_card(alike, specification)
    if len(models) > _CARDS:
        yield Paragraph(f"... and {len(models) - _CARDS} more models.")
    yield Heading(2, "Methods")
    for title, blocks in (
        ("Data", _data(specification)),
        ("Procedure", _procedure(specification)),
        ("Evaluation", _evaluation(specification)),
        ("Randomness", _randomness(specification)),
        ("Software and hardware", _surroundings(specification)),
    ):
        found = list(blocks)
        if found:
            yield Heading(3, title)
            yield from found


def _summary(trial: Part) -> Text:
    words: list[str] = [Code(trial["command"])]
    words.append(f" was run{' by ' + trial['by'] if trial['by'] else ''}")
    if trial["started"]:
        words.append(f" on {trial['started'][:10]}")
    if trial["seconds"] is not None:
        words.append(f"; it {trial['status']} after {trial['seconds']:.1f} s")
    words += [". Trial ", Code(trial["id"])]
    if trial["tags"]:
        words.append(f", tagged {', '.join(trial['tags'])}")
    words.append(".")
    if trial["note"]:
        words.append(f" {trial['note']}")
    return words


# ------------------------------------------------------------------ model cards


def _distinct_models(specification: Part) -> list[Part]:
    """Leave out a model's earlier states: the last one is what the trial ended with."""
    models = specification["models"]
    continued = {model["continues"] for model in models}
    return [model for model in models if model["name"] not in continued]


def _alike(models: Sequence[Part], parameters: Sequence[Part]) -> list[list[Part]]:
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


def _model_card(models: Sequence[Part], specification: Part) -> Iterator[Block]:
    """Describe a model, or several that were fitted alike by the last of them."""
    model = models[-1]
    yield Heading(2, f"Model {model['name']}")
    facts: list[Text] = [["Class: ", Code(model["implementation"])]]
    if model["task"]:
        facts.append(f"Task: {model['task']}")
    if model["fitted_on"]:
        facts.append(["Learned from: ", *_listed(model["fitted_on"])])
    if model["evaluated_on"]:
        facts.append(["Evaluated on: ", *_listed(model["evaluated_on"])])
    if model["features"]:
        facts.append([f"Features ({len(model['features'])}): ", *_listed(model["features"])])
    if model["target"]:
        facts.append(["Target: ", *_listed(model["target"])])
    if model["classes"]:
        facts.append(f"Classes among its labels: {model['classes']}")
    if model["where"]:
        facts.append(["Fitted at ", Code(model["where"])])
    if model["chosen"]:
        facts.append(["Chosen by the search: ", Code(model["chosen"])])
    if len(models) > 1:
        facts.append([f"One of {len(models)}, fitted alike: ", *_listed(_names_of(models))])
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
        for series in _series(measures)
    ]
    rows += list(_means(measures)) if len(models) > 1 else []
    heads = ("Measure", "Value", "On", "How", *(["Model"] if len(models) > 1 else []))
    yield Table(heads, tuple(rows[:_SHOWN]))


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
            yield name, _number(sum(values) / len(values)), on, how, f"mean of {len(values)}"


def _series(measures: Sequence[Part]) -> list[list[Part]]:
    """Put together what was measured of one thing again and again, as rounds of training do."""
    found: dict[tuple[object, ...], list[Part]] = {}
    for one in measures:
        name = str(one["name"] or "").partition("@")[0]  # what a name held, whichever version
        kind = tuple(one[key] for key in ("measure", "averaging", "on", "via", "model", "where"))
        found.setdefault((*kind, name), []).append(one)
    return list(found.values())


def _value(series: Sequence[Part]) -> str:
    """Write the last of several values, with the first and how many there are."""
    values = [one["value"] for one in series if one["value"] is not None]
    if not values:
        return "a report" if series[-1]["measure"].endswith("report") else ""
    last = _number(values[-1])
    return f"{last} (last of {len(values)}, from {_number(values[0])})" if len(values) > 1 else last


def _number(value: object) -> str:
    return f"{value:.6g}" if isinstance(value, int | float) else str(value)


def _measure(series: Sequence[Part]) -> tuple[Text, ...]:
    one = series[-1]
    name = f"{one['measure']} ({one['averaging']})" if one["averaging"] else one["measure"]
    how = f"{one['via']}, unasked" if one["implied"] else one["via"] or ""
    return name, _value(series), one["on"] or "", how


def _hyperparameters(model: Part, parameters: Sequence[Part]) -> Iterator[Block]:
    name = model["name"]
    own = [one for one in parameters if name in one["models"]]
    if not own:
        return
    given = [one for one in own if one["origin"] == "given" or one["resolved"] is not None]
    rows = dict.fromkeys(_parameter(one, model) for one in given if one["of"] or one["name"])
    if rows:
        yield Table(("Hyperparameter", "Value", "Set by", "Where"), tuple(rows)[:_SHOWN])
    left = [f"{_named(one, model)}={one['value']}" for one in own if one not in given]
    if left:
        yield Paragraph(["Left at their defaults: ", *_listed(list(dict.fromkeys(left))), "."])


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


# ------------------------------------------------------------------ methods


def _data(specification: Part) -> Iterator[Block]:
    data = specification["data"]
    for what, files in (("read", data["inputs"]), ("written", data["outputs"])):
        if files:
            yield Paragraph(f"Files {what}:")
            yield Items(tuple(_file(one) for one in files[:_SHOWN]))
    sets = [one for one in data["sets"] if one["name"]][:_SHOWN]
    if sets:
        yield Table(("Data", "Shape", "Part", "Columns"), tuple(map(_data_set, sets)))
    for split in specification["evaluation"]["protocol"]["splits"]:
        yield Paragraph(_split(split))


def _file(one: Part) -> Text:
    words: list[str] = [Code(one["path"])]
    if one["size_bytes"] is not None:
        words.append(f", {one['size_bytes']:,} bytes")
    if one["sha256"]:
        words += [", SHA-256 ", Code(one["sha256"])]
    return words


def _data_set(one: Part) -> tuple[Text, ...]:
    shape = " by ".join(str(extent) for extent in one["shape"] or ())
    columns = [Code(name) for name in (one["columns"] or ())[:_SHOWN]]
    return Code(one["name"]), shape, one["role"] or "", _joined(columns)


def _split(split: Part) -> Text:
    words: list[str] = ["The data were parted"]
    if split["by"]:
        words += [" by ", Code(split["by"])]
    for position, one in enumerate(split["parts"]):
        words.append(f"{', ' if position else ' into '}{one['role']} ")
        words += [Code(one["name"])] if one["name"] else ["rows"]
        words.append(f" ({one['rows']} rows)" if one["rows"] else "")
    if split["ratio"] is not None:
        words.append(f"; {split['ratio']:.0%} of the rows were held out")
    if split["stratified_by"]:
        words.append(f", stratified by {split['stratified_by']}")
    return [*words, "."]


def _procedure(specification: Part) -> Iterator[Block]:
    told = [one for one in specification["stages"] if one["stage"] != "other"]
    # What had no purpose of its own stood between: those of one kind are one again.
    stages = [
        {"stage": stage, "steps": [step for one in members for step in one["steps"]]}
        for stage, members in groupby(told, key=lambda one: one["stage"])
    ]
    if stages:
        yield Items(tuple(_stage(one) for one in stages[:_SHOWN]))
    if len(stages) > _SHOWN:
        yield Paragraph(f"... and {len(stages) - _SHOWN} more.")


def _stage(stage: Part) -> Text:
    called = dict.fromkeys(
        one["name"]
        for step in stage["steps"]
        for one in (step["implementation"], *step["calls"])
        if one
        and one["package"] != "python"
        and one["name"].partition(".")[0].lower() not in _SURROUNDING
    )
    first = stage["steps"][0]["where"]
    words: list[str] = [f"{stage['stage'].replace('_', ' ').capitalize()} (", Code(first), ")"]
    return [*words, ": ", *_listed(list(called)[:_CALLS])] if called else words


def _evaluation(specification: Part) -> Iterator[Block]:
    protocol = specification["evaluation"]["protocol"]
    parted = protocol["cross_validations"]
    of_one_kind = _series_of_cross_validations(parted)
    for alike in of_one_kind[:_SHOWN]:
        yield Paragraph(_cross_validation(alike))
    if protocol["candidates"]:
        chosen = [str(model["chosen"]) for model in specification["models"] if model["chosen"]]
        chosen += [str(one["chosen"]) for one in parted if one["chosen"]]
        more = ["; chosen: ", *_listed(list(dict.fromkeys(chosen)))] if chosen else []
        yield Paragraph([f"Search: {protocol['candidates']} settings were tried", *more, "."])
    measures = specification["evaluation"]["measures"]
    rows = [_measured(one) for one in _series([m for m in measures if "." not in m["run"]])]
    rows += list(_over_folds(measures, {one["run"]: one for one in parted}))
    if rows:
        yield Table(("Measure", "Value", "On", "Model", "Where"), tuple(rows[:_SHOWN]))


def _series_of_cross_validations(parted: Sequence[Part]) -> list[list[Part]]:
    """Put together what one place has done again and again with the same kind of fold."""
    found: dict[tuple[object, ...], list[Part]] = {}
    for one in parted:
        if one["folds"] is not None:
            key = (one["by"], str(one["estimators"]), one["folds"], one["folded_by"], one["where"])
            found.setdefault(key, []).append(one)
    return list(found.values())


def _cross_validation(alike: Sequence[Part]) -> Text:
    """Say what was fitted on folds of what: `cross_val_score` of `Ridge` on `X@1`, `y@1`: 5 folds by `KFold`."""
    one = alike[-1]
    what = "Search" if one["kind"] == "search" else "Cross-validation"
    words: list[str] = [f"{what} by ", Code(_last(one["by"]))]
    estimators = [_last(name) for name in one["estimators"]]
    if estimators:
        words += [" of ", *_listed(estimators)]
    if one["on"]:
        words += [" on ", *_listed(one["on"])]
    if one["folds"] is not None:
        words.append(f": {one['folds']} folds")
        if one["folded_by"]:
            words += [" by ", Code(_last(one["folded_by"]))]
    held = sorted(set(one["rows_held_out"]))
    if held:
        rows = f"{held[0]}" if len(held) == 1 else f"{held[0]} to {held[-1]}"
        words.append(f", {rows} rows held out in each")
    if one["where"]:
        words += [" (", Code(one["where"]), ")"]
    return [*words, f", {len(alike)} times." if len(alike) > 1 else "."]


def _last(name: str) -> str:
    return name.rpartition(".")[2]


def _over_folds(measures: Sequence[Part], parted: Mapping[str, Part]) -> Iterator[tuple[Text, ...]]:
    """Tell the mean of what the folds of one cross-validation have measured."""
    found: dict[tuple[str, str, str], dict[str, list[Part]]] = {}
    for one in measures:
        run, _, rest = one["run"].partition(".")
        if rest.startswith("fold") and run in parted and isinstance(one["value"], int | float):
            key = (str(one["measure"]), str(one["on"]), str(one["where"]))
            found.setdefault(key, {}).setdefault(run, []).append(one)
    for by_run in found.values():
        run, alike = list(by_run.items())[-1]
        means = [sum(one["value"] for one in part) / len(part) for part in by_run.values()]
        name, _, on, _, where = _measured(alike)
        value = f"{_number(means[-1])} (mean of {len(alike)} folds)"
        if len(means) > 1:
            value = f"{value}; last of {len(means)}, from {_number(means[0])}"
        yield name, value, on, ", ".join(_last(one) for one in parted[run]["estimators"]), where


def _measured(series: Sequence[Part]) -> tuple[Text, ...]:
    one = series[-1]
    where = Code(one["where"]) if one["where"] else ""
    return one["measure"], _value(series), one["on"] or "", one["model"] or "", where


def _randomness(specification: Part) -> Iterator[Block]:
    seeds = specification["seeds"]
    seeded = dict.fromkeys(
        f"{_owner(one)} {one['name']}={one['value']}" for one in seeds if one["seeded"]
    )
    open_ = dict.fromkeys(f"{_owner(one)} {one['name']}" for one in seeds if not one["seeded"])
    if seeded:
        yield Paragraph(["Seeded: ", *_listed(list(seeded)), "."])
    if open_:
        more = ["Not seeded, so that another run may differ: ", *_listed(list(open_)), "."]
        yield Paragraph(more)


def _owner(one: Part) -> str:
    """Name what was seeded by its function or class; what has no other name by the object's."""
    of = str(one["of"] or one["object"]).partition("@")[0]
    last = of.rpartition(".")[2]
    return f"{of.partition('.')[0]}.{last}" if "seed" in last and "." in of else last


def _surroundings(specification: Part) -> Iterator[Block]:
    software, hardware = specification["software"], specification["hardware"]
    used = [f"{name} {version}" for name, version in software["packages"].items()]
    if software["interpreter"]:
        more = [" with ", *_listed(used)] if used else [", and no package"]
        yield Paragraph([str(software["interpreter"]), *more, "."])
    machine = [software["platform"], hardware.get("processor"), hardware.get("machine")]
    if hardware.get("memory_bytes"):
        machine.append(f"{hardware['memory_bytes'] / 1e9:.1f} GB of memory")
    said = [str(one) for one in machine if one]
    if said:
        yield Paragraph(f"On {', '.join(said)}.")
    source = specification["source"]
    texts: list[Text] = [
        [Code(one["path"]), ", SHA-256 ", Code((one["sha256"] or "")[:_DIGEST])]
        for one in source["files"]
    ]
    if source["git"] and source["git"].get("commit"):
        texts.append(["Git commit ", Code(str(source["git"]["commit"]))])
    if texts:
        yield Paragraph("The program:")
        yield Items(tuple(texts))


# ------------------------------------------------------------------ lists of names


def _listed(names: Sequence[str]) -> list[str]:
    shown = [Code(name) for name in names[:_SHOWN]]
    more = [f" and {len(names) - _SHOWN} more"] if len(names) > _SHOWN else []
    return [*_joined(shown), *more]


def _joined(pieces: Sequence[str]) -> list[str]:
    joined: list[str] = []
    for piece in pieces:
        joined += [", ", piece] if joined else [piece]
    return joined
