"""What a query answered, and how it is written down."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

from provkit.errors import UsageError
from provkit.query.sparql import shortened
from provkit.store.terms import LANG_STRING, XSD_STRING, parts
from provkit.vocabulary import PREFIXES, Term

Kind = Literal["select", "ask", "graph"]


class Table(NamedTuple):
    """Headers and cells for a person's eyes."""

    headers: tuple[str, ...]
    rows: list[tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class QueryResult:
    """The answer to a query, complete and independent of the store.

    Of the last three fields, the one that `kind` names is filled.
    """

    kind: Kind
    variables: tuple[str, ...] = ()
    rows: tuple[tuple[Term | None, ...], ...] = ()
    """For `select`: terms in N-Triples text in the order of `variables`; None if unbound.
    For `graph`: triples, in the order they came, each once."""
    answer: bool = False
    """For `ask`."""
    warnings: tuple[str, ...] = ()
    """What was left out, each in a sentence."""
    prefixes: Mapping[str, str] = field(default_factory=lambda: PREFIXES, repr=False)

    def __len__(self) -> int:
        """Rows of a table, triples of a graph, 1 for yes and 0 for no."""
        return int(self.answer) if self.kind == "ask" else len(self.rows)

    def table(self) -> Table:
        """Shorten the terms for reading; unbound is empty."""
        if self.kind == "ask":
            return Table(("answer",), [("yes" if self.answer else "no",)])
        headers = self.variables if self.kind == "select" else ("subject", "predicate", "object")
        rows = [
            tuple("" if term is None else shortened(term, self.prefixes) for term in row)
            for row in self.rows
        ]
        return Table(headers, rows)

    def to_format(self, name: str) -> str:
        """Write the answer in a format: see `FORMATS`.

        Raises:
            UsageError: There is no such format, or it does not fit the kind of answer.
        """
        writer = FORMATS[self.kind].get(name)
        if writer is not None:
            return writer(self)
        fitting = ", ".join(FORMATS[self.kind])
        if any(name in writers for writers in FORMATS.values()):
            raise UsageError(
                f"Couldn't write {_NOUNS[self.kind]} as {name!r}: that format is for "
                f"{_NOUNS[_kind_of(name)]}. Here it can be {fitting}."
            )
        raise UsageError(f"No format is called {name!r}; here it can be {fitting}.")


def _text_table(result: QueryResult) -> str:
    """Columns padded to equal width; line breaks inside a cell are shown as a space."""
    table = result.table()
    rows = [tuple(" ".join(cell.split()) for cell in row) for row in table.rows]
    widths = [max(map(len, column)) for column in zip(table.headers, *rows, strict=True)]
    lines = [table.headers, tuple("-" * width for width in widths), *rows]
    return "".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        + "\n"
        for line in lines
    )


def _markdown(result: QueryResult) -> str:
    table = result.table()
    rows = [table.headers, tuple("---" for _ in table.headers), *table.rows]
    return "".join(f"| {' | '.join(map(_markdown_cell, row))} |\n" for row in rows)


def _markdown_cell(text: str) -> str:
    return text.replace("\\", "\\\\").replace("|", "\\|").replace("\r", "").replace("\n", "<br>")


def _json(result: QueryResult) -> str:
    """SPARQL 1.1 Query Results JSON."""
    if result.kind == "ask":
        return json.dumps({"head": {}, "boolean": result.answer}) + "\n"
    bindings = [
        {
            name: _json_term(term)
            for name, term in zip(result.variables, row, strict=True)
            if term is not None
        }
        for row in result.rows
    ]
    content = {"head": {"vars": list(result.variables)}, "results": {"bindings": bindings}}
    return json.dumps(content, ensure_ascii=False, indent=1) + "\n"


def _json_term(term: Term) -> dict[str, Any]:
    piece = parts(term)
    if piece.kind == "triple":
        return {"type": "literal", "value": piece.text}
    if piece.kind == "iri":
        return {"type": "uri", "value": piece.text}
    if piece.kind == "blank":
        return {"type": "bnode", "value": piece.text}
    written: dict[str, Any] = {"type": "literal", "value": piece.text}
    if piece.language is not None:
        written["xml:lang"] = piece.language
    elif piece.datatype not in {XSD_STRING, LANG_STRING}:
        written["datatype"] = piece.datatype
    return written


def _csv(result: QueryResult) -> str:
    """SPARQL 1.1 Query Results CSV: bare values, lines ended by CR LF as RFC 4180 asks."""
    file = io.StringIO()
    writer = csv.writer(file)
    writer.writerow(result.variables)
    for row in result.rows:
        writer.writerow(["" if term is None else _bare(term) for term in row])
    return file.getvalue()


def _bare(term: Term) -> str:
    piece = parts(term)
    return f"_:{piece.text}" if piece.kind == "blank" else piece.text


def _tsv(result: QueryResult) -> str:
    """SPARQL 1.1 Query Results TSV: terms as Turtle writes them, so nothing is lost."""
    lines = ["\t".join(f"?{name}" for name in result.variables)]
    lines += ["\t".join(term or "" for term in row) for row in result.rows]
    return "".join(f"{line}\n" for line in lines)


def _yes_or_no(result: QueryResult) -> str:
    return "yes\n" if result.answer else "no\n"


def _triples(result: QueryResult) -> str:
    return "".join(f"{s} {p} {o} .\n" for s, p, o in result.rows)


def _graph_writer(name: str) -> Callable[[QueryResult], str]:
    def write(result: QueryResult) -> str:
        import pyoxigraph

        lines = _triples(result)
        quads = pyoxigraph.parse(lines, format=pyoxigraph.RdfFormat.N_TRIPLES)
        written = pyoxigraph.serialize(
            (quad.triple for quad in quads),
            format=getattr(pyoxigraph.RdfFormat, name),
            prefixes={p: iri for p, iri in result.prefixes.items() if f"<{iri}" in lines},
        )
        return (written or b"").decode()

    return write


FORMATS: dict[Kind, dict[str, Callable[[QueryResult], str]]] = {
    "select": {"table": _text_table, "json": _json, "csv": _csv, "tsv": _tsv, "md": _markdown},
    "ask": {"table": _yes_or_no, "json": _json, "md": _yes_or_no},
    "graph": {
        "ttl": _graph_writer("TURTLE"),
        "nt": _triples,
        "jsonld": _graph_writer("JSON_LD"),
        "rdf": _graph_writer("RDF_XML"),
        "table": _text_table,
        "md": _markdown,
    },
}
"""For each kind of answer the formats that fit it, the usual one first."""

_NOUNS: dict[Kind, str] = {
    "select": "a table (SELECT)",
    "ask": "yes or no (ASK)",
    "graph": "a graph (CONSTRUCT, DESCRIBE)",
}


def _kind_of(name: str) -> Kind:
    return next(kind for kind, writers in FORMATS.items() if name in writers)
