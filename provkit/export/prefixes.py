"""Prefixes that make a trial's graph read well: short ones for its executions, values, steps."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping

from provkit.vocabulary import PREFIXES, Quad

_TRIAL = re.compile(r"(.*/)trial/([0-9a-f]{32})(?:/|$)")
_PLAN = re.compile(r"(.*/)plan/([0-9a-f]{64})(?:/|$)")
_BELOW_TRIAL = {
    "t": "", "e": "execution/", "v": "value/", "u": "usage/", "f": "file/", "s": "setting/",
}  # fmt: skip
_BELOW_PLAN = {"pp": "", "p": "step/", "pv": "variable/", "pf": "function/", "pc": "cell/"}
_BELOW_BASE = {
    "base": "", "trial": "trial/", "plan": "plan/", "path": "path/", "agent": "agent/",
}  # fmt: skip
_WORD = re.compile(r"[A-Za-z][A-Za-z0-9_-]*")
_NAMESPACE = re.compile(r"<([^>]*[#/])[^#/>]+>")
_SHARED_BY = 2
"""So many names below a namespace earn it a prefix."""


def prefixes_of(quads: Iterable[Quad], given: Mapping[str, str] | None = None) -> dict[str, str]:
    """The prefixes that quads use: given ones, the vocabularies', and the trial's own.

    A namespace has one prefix, the first of these three. Prefixes that nothing uses are left out.
    """
    namespaces = _namespaces(quads)
    chosen: dict[str, str] = {}
    for prefixes in (given or {}, PREFIXES, _own(namespaces), _families(namespaces)):
        for prefix, iri in prefixes.items():
            if iri not in chosen:
                chosen[iri] = _unused(prefix, set(chosen.values()))
    used = set(namespaces)
    return {
        prefix: iri
        for iri, prefix in chosen.items()
        if iri in used or (given and iri in given.values())
    }


def _unused(prefix: str, taken: set[str]) -> str:
    if prefix not in taken:
        return prefix
    number = 2
    while f"{prefix}{number}" in taken:
        number += 1
    return f"{prefix}{number}"


def _namespaces(quads: Iterable[Quad]) -> Counter[str]:
    """How many different names stand directly below each namespace."""
    terms = {term for quad in quads for term in quad if term.startswith("<")}
    terms |= {
        quad[2].rpartition("^^")[2]
        for quad in quads
        if quad[2].startswith('"') and quad[2].endswith(">")
    }
    return Counter(match[1] for term in terms if (match := _NAMESPACE.fullmatch(term)))


def _own(namespaces: Iterable[str]) -> dict[str, str]:
    trials = dict.fromkeys(match[0] for iri in namespaces if (match := _TRIAL.match(iri)))
    plans = dict.fromkeys(match[0] for iri in namespaces if (match := _PLAN.match(iri)))
    bases = {match[1] for iri in namespaces if (match := _TRIAL.match(iri) or _PLAN.match(iri))}
    return {
        **_numbered(bases, _BELOW_BASE),
        **_numbered(trials, _BELOW_TRIAL),
        **_numbered(plans, _BELOW_PLAN),
    }


def _numbered(roots: Iterable[str], below: Mapping[str, str]) -> dict[str, str]:
    """The prefixes below each root, numbered from the second root on."""
    return {
        f"{prefix}{'' if index == 0 else index + 1}": root + tail
        for index, root in enumerate(sorted(roots))
        for prefix, tail in below.items()
    }


def _families(namespaces: Counter[str]) -> dict[str, str]:
    """A prefix for each other namespace with several names, after the last word of its IRI."""
    families: dict[str, str] = {}
    for iri, names in sorted(namespaces.items()):
        if names >= _SHARED_BY:
            words = _WORD.findall(iri.rstrip("#/").rpartition("/")[2].rpartition(".")[2]) or ["ns"]
            families[_unused(words[-1], {*families, "prov", "xsd"})] = iri
    return families
