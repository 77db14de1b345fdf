"""Reading a query's text as far as needed before the engine gets it.

The engine has no switch for what must not happen here: it calls the network for SERVICE,
ignores FROM when the default graph is the union of all, and binds parameters only where
they are in the projection. So the words of the query are looked at first, by a scanner
that knows what is a string, a comment, an IRI, a name or a variable.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from provkit.errors import BadInput
from provkit.query.grammar import Word, first_mistake, words
from provkit.store.terms import parts
from provkit.vocabulary import PREFIXES

_TOKEN = re.compile(
    r"""
      (?P<comment>\#[^\n]*)
    | (?P<string>"{3}(?:\\.|[^\\])*?"{3} | '{3}(?:\\.|[^\\])*?'{3}
                 | "(?:\\.|[^"\\\n\r])*" | '(?:\\.|[^'\\\n\r])*')
    | (?P<iri><[^<>"{}|^`\\\x00-\x20]*>)
    | (?P<variable>[?$]\w+)
    | (?P<language>@[A-Za-z]+(?:-[A-Za-z0-9]+)*)
    | (?P<blank>_:[\w.\-]+)
    | (?P<name>(?:[^\W\d_][\w.\-]*)?:(?:[\w.\-:%]|\\.)*)
    | (?P<word>[^\W\d]\w*)
    | (?P<other>.)
    """,
    re.VERBOSE | re.DOTALL,
)
_UPDATES = frozenset(
    {"insert", "delete", "load", "clear", "create", "drop", "copy", "move", "add", "with"}
)
_QUERIES = frozenset({"select", "ask", "construct", "describe"})


class Token(NamedTuple):
    """A piece of a query and what it is."""

    kind: str
    text: str
    start: int


def tokens(query: str) -> Iterator[Token]:
    """Split a query; joined again, the pieces give the same text."""
    for found in _TOKEN.finditer(query):
        yield Token(str(found.lastgroup), found[0], found.start())


def refuse_what_is_no_query(query: str, origin: str) -> None:
    """Let only questions to this store pass.

    Raises:
        BadInput: It is an update, or asks another machine by SERVICE.
    """
    first_word: Token | None = None
    for token in tokens(query):
        if token.kind == "word":
            first_word = first_word or _verb(token)
        if _may_be_service(token):
            raise BadInput(
                f"{_place(query, token.start, origin)}: SERVICE is refused, as provkit never calls "
                "another machine to answer a query; fetch that data first and give it with --data. "
                "(No prefix of yours may end in 'service' either.)"
            )
    if first_word is not None and first_word.text.lower() in _UPDATES:
        raise BadInput(
            f"{_place(query, first_word.start, origin)}: {first_word.text.upper()} is refused: the "
            "store's truth is its sealed files, which no query changes; change a trial by "
            "`provkit tag`, `note`, `rename` or `rm`."
        )


def has_dataset(query: str) -> bool:
    """Tell whether the query says itself which graphs it asks (FROM)."""
    return any(token.kind == "word" and token.text.lower() == "from" for token in tokens(query))


def with_parameters(query: str, values: Mapping[str, str]) -> str:
    """Put terms in place of variables, wherever a variable stands.

    The engine's own substitution serves only variables in the projection. A term is
    written in N-Triples, so no value can end its string and say more.

    Args:
        query: The text; its strings and comments are left alone.
        values: Term in N-Triples text by name of variable.
    """
    pieces: list[str] = []
    for token in tokens(query):
        term = values.get(token.text[1:]) if token.kind == "variable" else None
        pieces.append(token.text if term is None else term)
    return "".join(pieces)


def parameter_term(value: str) -> str:
    """Write a parameter's value as a term: `<iri>` is an IRI, anything else a string.

    Raises:
        BadInput: It looks like an IRI but holds what no IRI may hold.
    """
    if not (value.startswith("<") and value.endswith(">")):
        return f'"{"".join(map(_escaped, value))}"'
    if re.fullmatch(r"<[A-Za-z][A-Za-z0-9+.-]*:[^<>\"{}|^`\\\x00-\x20]*>", value) is None:
        raise BadInput(f"Couldn't use {value!r} as a parameter: it is not an absolute IRI.")
    return value


def syntax_error(query: str, message: str, origin: str) -> BadInput:
    """Say where a query that the engine refuses goes wrong, and what was expected there.

    Args:
        query: Its text.
        message: The engine's own words, used only if nothing better is found.
        origin: What the query is called.
    """
    mistake = first_mistake(query)
    if mistake is not None:
        return BadInput(f"{_place(query, mistake.start, origin)}: {mistake}.")
    unknown = _undeclared_prefix(query)
    if unknown is not None:
        prefix = unknown.text.partition(":")[0]
        return BadInput(
            f"{_place(query, unknown.start, origin)}: the prefix '{prefix}:' is not declared; add "
            f"PREFIX {prefix}: <...>, or use one of {', '.join(PREFIXES)}."
        )
    relative = _relative_iri(query)
    if relative is not None:
        return BadInput(
            f"{_place(query, relative.start, origin)}: {relative.text} is not an absolute IRI; "
            "write it in full, or declare a BASE."
        )
    if "variable that is unbound" in message:
        start = next(w.start for w in words(query) if w.text.upper() == "SELECT")
        return BadInput(
            f"{_place(query, start, origin)}: SELECT names a variable that is neither in GROUP BY "
            "nor in an aggregate."
        )
    said = re.sub(r"^error at \d+:\d+: (expected (one of )?)?", "", message.strip())
    return BadInput(f"{origin}: {said.splitlines()[0]}")


def _undeclared_prefix(query: str) -> Word | None:
    known = set(PREFIXES)
    before = ""
    for word in words(query):
        if word.kind == "NAME":
            prefix = word.text.partition(":")[0]
            if before == "PREFIX":
                known.add(prefix)
            elif prefix not in known:
                return word
        before = word.text.upper()
    return None


def _relative_iri(query: str) -> Word | None:
    found = words(query)
    if any(word.kind == "WORD" and word.text.upper() == "BASE" for word in found):
        return None
    iris = (word for word in found if word.kind == "IRI")
    return next((word for word in iris if not re.match(r"<[A-Za-z][\w+.-]*:", word.text)), None)


def shortened(term: str, prefixes: Mapping[str, str]) -> str:
    """Write a term for a person: IRIs by prefix where it is a plain name, literals bare."""
    piece = parts(term)
    if piece.kind != "iri":
        return f"_:{piece.text}" if piece.kind == "blank" else piece.text
    for prefix, namespace in prefixes.items():
        if piece.text.startswith(namespace):
            local = piece.text[len(namespace) :]
            if re.fullmatch(r"\w[\w.\-]*", local):
                return f"{prefix}:{local}"
    return piece.text


def _verb(token: Token) -> Token | None:
    """The word that says what is asked, past PREFIX and BASE."""
    return token if token.text.lower() in _UPDATES | _QUERIES else None


def _may_be_service(token: Token) -> bool:
    """The engine needs no space around keywords: `1SERVICE:x{...}` calls out as well."""
    if token.kind == "word":
        return "service" in token.text.lower()
    return token.kind == "name" and token.text.partition(":")[0].lower().endswith("service")


def _escaped(character: str) -> str:
    if character in '"\\':
        return f"\\{character}"
    if character < " " or character == "\x7f":
        return f"\\u{ord(character):04X}"
    return character


def _place(query: str, start: int, origin: str) -> str:
    line = query.count("\n", 0, start) + 1
    column = start - (query.rfind("\n", 0, start) + 1) + 1
    return f"{origin}:{line}:{column}"
