"""The methods section: data, procedure, evaluation, randomness, and what it ran on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby

from provkit.reporting.blocks import Block, Code, Items, Paragraph, Table, Text
from provkit.reporting.phrases import SHOWN, Part, joined, listed, number_of, series_of, value_of

_CALLS = 8
"""Functions that are named of one stage."""
_DIGEST = 12
_SURROUNDING = frozenset({"ipykernel", "ipython"})
"""Modules of which no call is a step of an experiment."""


def data_used(specification: Part) -> Iterator[Block]:
    """Tell the files, the data sets and how they were parted."""
    data = specification["data"]
    for what, files in (("read", data["inputs"]), ("written", data["outputs"])):
        if files:
            yield Paragraph(f"Files {what}:")
            yield Items(tuple(_file(one) for one in files[:SHOWN]))
    sets = [one for one in data["sets"] if one["name"]][:SHOWN]
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
    columns = [Code(name) for name in (one["columns"] or ())[:SHOWN]]
    return Code(one["name"]), shape, one["role"] or "", joined(columns)


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


def procedure(specification: Part) -> Iterator[Block]:
    """Tell the stages in their order, with what of packages each called."""
    told = [one for one in specification["stages"] if one["stage"] != "other"]
    # What had no purpose of its own stood between: those of one kind are one again.
    stages = [
        {"stage": stage, "steps": [step for one in members for step in one["steps"]]}
        for stage, members in groupby(told, key=lambda one: one["stage"])
    ]
    if stages:
        yield Items(tuple(_stage(one) for one in stages[:SHOWN]))
    if len(stages) > SHOWN:
        yield Paragraph(f"... and {len(stages) - SHOWN} more.")


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
    return [*words, ": ", *listed(list(called)[:_CALLS])] if called else words


def evaluation(specification: Part) -> Iterator[Block]:
    """Tell the cross-validations, the search and all that was measured."""
    protocol = specification["evaluation"]["protocol"]
    parted = protocol["cross_validations"]
    of_one_kind = _series_of_cross_validations(parted)
    for alike in of_one_kind[:SHOWN]:
        yield Paragraph(_cross_validation(alike))
    if protocol["candidates"]:
        chosen = [str(model["chosen"]) for model in specification["models"] if model["chosen"]]
        chosen += [str(one["chosen"]) for one in parted if one["chosen"]]
        more = ["; chosen: ", *listed(list(dict.fromkeys(chosen)))] if chosen else []
        yield Paragraph([f"Search: {protocol['candidates']} settings were tried", *more, "."])
    measures = specification["evaluation"]["measures"]
    rows = [_measured(one) for one in series_of([m for m in measures if "." not in m["run"]])]
    rows += list(_over_folds(measures, {one["run"]: one for one in parted}))
    if rows:
        yield Table(("Measure", "Value", "On", "Model", "Where"), tuple(rows[:SHOWN]))


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
        words += [" of ", *listed(estimators)]
    if one["on"]:
        words += [" on ", *listed(one["on"])]
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
        value = f"{number_of(means[-1])} (mean of {len(alike)} folds)"
        if len(means) > 1:
            value = f"{value}; last of {len(means)}, from {number_of(means[0])}"
        yield name, value, on, ", ".join(_last(one) for one in parted[run]["estimators"]), where


def _measured(series: Sequence[Part]) -> tuple[Text, ...]:
    one = series[-1]
    where = Code(one["where"]) if one["where"] else ""
    return one["measure"], value_of(series), one["on"] or "", one["model"] or "", where


def randomness(specification: Part) -> Iterator[Block]:
    """Tell what was seeded, and what was not though it draws."""
    seeds = specification["seeds"]
    seeded = dict.fromkeys(
        f"{_owner(one)} {one['name']}={one['value']}" for one in seeds if one["seeded"]
    )
    open_ = dict.fromkeys(f"{_owner(one)} {one['name']}" for one in seeds if not one["seeded"])
    if seeded:
        yield Paragraph(["Seeded: ", *listed(list(seeded)), "."])
    if open_:
        more = ["Not seeded, so that another run may differ: ", *listed(list(open_)), "."]
        yield Paragraph(more)


def _owner(one: Part) -> str:
    """Name what was seeded by its function or class; what has no other name by the object's."""
    of = str(one["of"] or one["object"]).partition("@")[0]
    last = of.rpartition(".")[2]
    return f"{of.partition('.')[0]}.{last}" if "seed" in last and "." in of else last


def surroundings(specification: Part) -> Iterator[Block]:
    """Tell software, hardware and the texts that were run."""
    software, hardware = specification["software"], specification["hardware"]
    used = [f"{name} {version}" for name, version in software["packages"].items()]
    if software["interpreter"]:
        more = [" with ", *listed(used)] if used else [", and no package"]
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
