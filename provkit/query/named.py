"""Queries that come with provkit, each a `.rq` file that says itself what it is for.

The first comment lines describe it; `# @param name description` declares a parameter,
which stands in the text as `$name`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from provkit.errors import UsageError
from provkit.query.sparql import parameter_term, with_parameters

FOLDER = Path(__file__).resolve().parent.parent / "queries"
_PARAMETER = re.compile(r"@param\s+(\w+)\s+(.*)")


@dataclass(frozen=True, slots=True)
class NamedQuery:
    """A query with a name."""

    name: str
    description: str
    parameters: dict[str, str]
    """What each parameter means, by name."""
    text: str

    def bound(self, values: Mapping[str, str]) -> str:
        """Fill in the parameters: strings, or IRIs when written `<iri>`.

        Raises:
            UsageError: One is missing, or one is given that the query does not have.
        """
        missing = self.parameters.keys() - values.keys()
        if missing:
            wanted = ", ".join(f"{name} ({self.parameters[name]})" for name in sorted(missing))
            raise UsageError(
                f"The query {self.name!r} needs a value for {wanted}; give it with -p NAME VALUE."
            )
        surplus = values.keys() - self.parameters.keys()
        if surplus:
            has = ", ".join(sorted(self.parameters)) or "none"
            raise UsageError(
                f"The query {self.name!r} has no parameter {min(surplus)!r}; it has {has}."
            )
        return with_parameters(
            self.text, {name: parameter_term(value) for name, value in values.items()}
        )


def queries() -> list[NamedQuery]:
    """List the named queries, by name."""
    return [read_query(path) for path in sorted(FOLDER.glob("*.rq"))]


def named_query(name: str) -> NamedQuery:
    """Find a named query.

    Raises:
        UsageError: There is none of that name.
    """
    known = {query.name: query for query in queries()}
    if name not in known:
        raise UsageError(
            f"No query is called {name!r}; `provkit queries` lists them: {', '.join(known)}."
        )
    return known[name]


def read_query(path: Path) -> NamedQuery:
    """Read a `.rq` file and what its first comment says."""
    text = path.read_text(encoding="utf-8")
    description: list[str] = []
    parameters: dict[str, str] = {}
    for line in text.splitlines():
        if not line.startswith("#"):
            break
        said = line.lstrip("#").strip()
        declared = _PARAMETER.fullmatch(said)
        if declared is not None:
            parameters[declared[1]] = declared[2]
        else:
            description.append(said)
    return NamedQuery(path.stem, " ".join(description).strip(), parameters, text)
