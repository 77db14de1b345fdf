"""Sets of shapes by name, and the graphs that they are read into."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import rdflib

from provkit import bundled
from provkit.errors import BadInput, UsageError
from provkit.prov_document.rdf_reading import SYNTAXES, quads_of_rdf
from provkit.prov_document.reading import content_of, format_of
from provkit.validation.graph import graph_of


@dataclass(frozen=True, slots=True)
class Profile:
    """A set of shapes that are asked for together."""

    name: str
    summary: str
    files: tuple[str, ...]
    """Names of files in `shapes/`, without suffix."""
    declared_terms_only: bool = False
    """Report also terms that no vocabulary declares, which SHACL has no words for."""


_TRIAL = (
    "prov",
    "typing",
    "trial",
    "executions",
    "values",
    "files",
    "plan",
    "software",
    "notebooks",
    "learning",
)

PROFILES: dict[str, Profile] = {
    profile.name: profile
    for profile in (
        Profile("trial", "all that a captured trial must have", _TRIAL),
        Profile(
            "strict",
            "as trial, and no property or term outside docs/vocabulary.md",
            (*_TRIAL, "closed"),
            declared_terms_only=True,
        ),
        Profile("prov", "PROV-O alone, for provenance that others wrote", ("prov",)),
        Profile("none", "nothing but the shapes given with -s", ()),
    )
}
"""By name, the one that is taken if none is asked for first."""


def profile_named(name: str) -> Profile:
    """Find a profile.

    Raises:
        UsageError: There is none of that name.
    """
    if name in PROFILES:
        return PROFILES[name]
    close = difflib.get_close_matches(name, PROFILES, n=1)
    hint = f"did you mean {close[0]!r}?" if close else f"use one of {', '.join(PROFILES)}."
    raise UsageError(f"There is no profile {name!r}: {hint}")


def shapes_of(profile: Profile, extra: Iterable[Path] = ()) -> rdflib.Graph:
    """Read the shapes of a profile, and a person's own beside them.

    Raises:
        UsageError: There are none at all.
        BadInput: A file of the person's cannot be read, or its shapes are malformed.
    """
    more = [_own_shapes(path) for path in extra]
    if not profile.files and not more:
        raise UsageError("The profile 'none' has no shapes of its own: add a file with -s.")
    shapes = rdflib.Graph()
    for graph in (*map(bundled_shapes, profile.files), *more):
        shapes += graph
    return shapes


@cache
def bundled_shapes(name: str) -> rdflib.Graph:
    """Read one file of those that come with provkit; the graph is not to be changed."""
    return rdflib.Graph().parse(bundled.folder("shapes") / f"{name}.ttl", format="turtle")


def _own_shapes(path: Path) -> rdflib.Graph:
    from provkit.validation.engine import malformed

    content = content_of(path, str(path))
    try:
        syntax = format_of(content)
        if syntax not in SYNTAXES:
            raise BadInput(f"it is {syntax}, and shapes are RDF.")  # noqa: TRY301  one sentence for both
        graph = graph_of(quads_of_rdf(content, syntax)[0])
    except BadInput as error:
        raise BadInput(f"Couldn't read the shapes {str(path)!r}: {error}") from error
    problem = malformed(graph)
    if problem is not None:
        raise BadInput(f"Couldn't use the shapes {str(path)!r}: {problem}")
    return graph
