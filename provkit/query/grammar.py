"""Where a malformed query goes wrong, and what would have fitted there.

The engine only reports the furthest character any of its attempts had looked at: for
`SELEC * {` it names column 10, and for a missing object the words LATERAL and SERVICE. So
after a failure, and only then, the query is read again by words against the grammar of
SPARQL 1.1, which is LL(1): the first word that no rule takes is the mistake.

Source:
    https://www.w3.org/TR/sparql11-query/#sparqlGrammar, rules 1 to 138, without updates.
"""

from __future__ import annotations

import re
from functools import cache
from typing import NamedTuple

_RULES = r"""
Query: Prologue (Select | Construct | Describe | Ask) Values END
Prologue: ('BASE' IRI | 'PREFIX' NAME IRI)*
Select: SelectClause Dataset* Where Modifier
SubSelect: SelectClause Where Modifier Values
SelectClause: 'SELECT' ('DISTINCT' | 'REDUCED')? (Projected+ | '*')
Projected: VARIABLE | '(' Expression 'AS' VARIABLE ')'
Construct: 'CONSTRUCT' (Template Dataset* Where Modifier | Dataset* 'WHERE' Template Modifier)
Template: '{' Triples? '}'
Describe: 'DESCRIBE' (VarOrIri+ | '*') Dataset* Where? Modifier
Ask: 'ASK' Dataset* Where Modifier
Dataset: 'FROM' 'NAMED'? Iri
Where: 'WHERE'? Group
Modifier: GroupBy? Having? OrderBy? Limits?
GroupBy: 'GROUP' 'BY' GroupCondition+
GroupCondition: Call | '(' Expression ('AS' VARIABLE)? ')' | VARIABLE
Having: 'HAVING' Constraint+
OrderBy: 'ORDER' 'BY' OrderCondition+
OrderCondition: ('ASC' | 'DESC') Bracketed | Constraint | VARIABLE
Limits: 'LIMIT' NUMBER ('OFFSET' NUMBER)? | 'OFFSET' NUMBER ('LIMIT' NUMBER)?
Values: ('VALUES' DataBlock)?
Group: '{' (SubSelect | GroupBody) '}'
GroupBody: Triples? (Pattern '.'? Triples?)*
Triples: Same ('.' Triples?)?
Pattern: Optional | Minus | Graph | Filter | Bind | Data | Union
Optional: 'OPTIONAL' Group
Minus: 'MINUS' Group
Graph: 'GRAPH' VarOrIri Group
Filter: 'FILTER' Constraint
Bind: 'BIND' '(' Expression 'AS' VARIABLE ')'
Data: 'VALUES' DataBlock
Union: Group ('UNION' Group)*
DataBlock: VARIABLE '{' DataValue* '}' | '(' VARIABLE* ')' '{' ('(' DataValue* ')')* '}'
DataValue: Iri | Literal | 'UNDEF'
Constraint: Bracketed | BuiltIn | Call
Call: Iri Arguments
Arguments: '(' ('DISTINCT'? Expression (',' Expression)*)? ')'
Same: Term Properties | Collected Properties?
Properties: Verb Objects (';' (Verb Objects)?)*
Verb: Path | VARIABLE
Objects: Node (',' Node)*
Path: Sequence ('|' Sequence)*
Sequence: Elt ('/' Elt)*
Elt: '^'? Primary ('?' | '*' | '+')?
Primary: Iri | 'A' | '!' Negated | '(' Path ')'
Negated: OneInSet | '(' (OneInSet ('|' OneInSet)*)? ')'
OneInSet: '^'? (Iri | 'A')
Node: Collected | Term
Collected: '(' Node* ')' | '[' Properties? ']'
Term: VARIABLE | Iri | Literal | BLANK
VarOrIri: VARIABLE | Iri
Iri: IRI | NAME
Literal: STRING (LANGUAGE | '^^' Iri)? | ('+' | '-')? NUMBER | 'TRUE' | 'FALSE'
Bracketed: '(' Expression ')'
Expression: And ('||' And)*
And: Relation ('&&' Relation)*
Relation: Sum (Comparison Sum | 'NOT'? 'IN' List)?
Comparison: '=' | '!=' | '<=' | '>=' | '<' | '>'
List: '(' (Expression (',' Expression)*)? ')'
Sum: Product (('+' | '-') Product)*
Product: Unary (('*' | '/') Unary)*
Unary: ('!' | '+' | '-')? Operand
Operand: Bracketed | BuiltIn | Iri Arguments? | Literal | VARIABLE
BuiltIn: 'NOT' 'EXISTS' Group | 'EXISTS' Group | Count | Concat | FUNCTION Arguments
Count: 'COUNT' '(' 'DISTINCT'? ('*' | Expression) ')'
Concat: 'GROUP_CONCAT' '(' 'DISTINCT'? Expression (';' 'SEPARATOR' '=' STRING)? ')'
"""

_FUNCTION_NAMES = """
    abs avg bnode bound ceil coalesce concat contains datatype day encode_for_uri floor hours if
    iri isblank isiri isliteral isnumeric isuri lang langmatches lcase max md5 min minutes month
    now rand regex replace round sameterm sample seconds sha1 sha256 sha384 sha512 str strafter
    strbefore strdt strends strlang strlen strstarts struuid substr sum timezone tz ucase uri uuid
    year adjust triple subject predicate object istriple
"""
_FUNCTIONS = frozenset(_FUNCTION_NAMES.split())
_PLAIN = {
    "VARIABLE": "a variable",
    "IRI": "an IRI",
    "NAME": "a prefixed name",
    "STRING": "a string",
    "NUMBER": "a number",
    "BLANK": "a blank node",
    "LANGUAGE": "a language tag",
    "FUNCTION": "a function",
    "END": "the end of the query",
    "'A'": "'a'",
}
_WORDS = re.compile(
    r"""
      (?P<SPACE>\s+ | \#[^\n]*)
    | (?P<STRING>"{3}(?:\\.|[^\\])*?"{3} | '{3}(?:\\.|[^\\])*?'{3}
                 | "(?:\\.|[^"\\\n\r])*" | '(?:\\.|[^'\\\n\r])*')
    | (?P<IRI><[^<>"{}|^`\\\x00-\x20]*>)
    | (?P<VARIABLE>[?$]\w+)
    | (?P<LANGUAGE>@[A-Za-z]+(?:-[A-Za-z0-9]+)*)
    | (?P<BLANK>_:\w(?:[\w\-]|\.(?=[\w\-]))*)
    | (?P<NAME>(?:[^\W\d_](?:[\w\-]|\.(?=[\w\-]))*)?:(?:[\w\-:%]|\\.|\.(?=[\w\-:%\\]))*)
    | (?P<NUMBER>(?:\d+\.\d*|\.?\d+)(?:[eE][+-]?\d+)?)
    | (?P<WORD>[^\W\d]\w*)
    | (?P<SIGN>\^\^|&&|\|\||!=|<=|>=|.)
    """,
    re.VERBOSE | re.DOTALL,
)
_RULE_PIECES = re.compile(r"'[^']+'|\w+|[()|*+?]")
_OPTIONS_SHOWN = 7


class Mistake(NamedTuple):
    """The first word that does not fit."""

    start: int
    """Its place in the text; the length of the text if something is missing at the end."""
    found: str
    """The word; empty at the end."""
    expected: tuple[str, ...]
    """What would have fitted, in words."""

    def __str__(self) -> str:
        """One clause for a message."""
        found = f"found {self.found!r}" if self.found else "the query ends"
        rest = len(self.expected) - _OPTIONS_SHOWN
        if rest > 1:
            return f"expected {', '.join(self.expected[:_OPTIONS_SHOWN])}, ..., but {found}"
        *others, last = self.expected
        return f"expected {', '.join(others) + ' or ' if others else ''}{last}, but {found}"


class Word(NamedTuple):
    """A word of a query, its kind, and where it starts."""

    kind: str
    text: str
    start: int


def words(query: str) -> list[Word]:
    """Split a query into words, without spaces and comments, an `END` last."""
    found = [Word(str(m.lastgroup), m[0], m.start()) for m in _WORDS.finditer(query)]
    return [word for word in found if word.kind != "SPACE"] + [Word("END", "", len(query))]


def first_mistake(query: str) -> Mistake | None:
    """Find where a query leaves the grammar; None if it does not."""
    reading = _Reading(words(query))
    if reading.matches(_rules()["Query"], 0) is not None:
        return None
    wrong = reading.words[reading.furthest]
    return Mistake(wrong.start, wrong.text, tuple(sorted(reading.expected, key=_usual_first)))


class _Reading:
    """One attempt to read words by the rules, remembering how far any rule got."""

    def __init__(self, words: list[Word]) -> None:
        self.words = words
        self.furthest = 0
        self.expected: set[str] = set()

    def matches(self, rule: _Rule, at: int) -> int | None:
        """Read from a word on; give the word after, or None."""
        if rule.kind == "terminal":
            return self._terminal(rule.text, at)
        if rule.kind == "name":
            return self.matches(_rules()[rule.text], at)
        if rule.kind == "choice":
            ends = (self.matches(part, at) for part in rule.parts)
            return next((end for end in ends if end is not None), None)
        if rule.kind == "sequence":
            end: int | None = at
            for part in rule.parts:
                end = self.matches(part, end) if end is not None else None
            return end
        return self._repeated(rule, at)

    def _repeated(self, rule: _Rule, at: int) -> int | None:
        [part] = rule.parts
        end = self.matches(part, at)
        if end is None:
            return None if rule.kind == "+" else at
        while rule.kind != "?":
            further = self.matches(part, end)
            if further is None or further == end:
                break
            end = further
        return end

    def _terminal(self, text: str, at: int) -> int | None:
        word = self.words[at]
        if _fits(word, text):
            return at + 1
        if at > self.furthest:
            self.furthest, self.expected = at, set()
        if at == self.furthest:
            self.expected.add(_PLAIN.get(text, text))
        return None


def _fits(word: Word, terminal: str) -> bool:
    if terminal.startswith("'"):
        return word.kind in {"WORD", "SIGN"} and word.text.upper() == terminal[1:-1]
    if terminal == "FUNCTION":
        return word.kind == "WORD" and word.text.lower() in _FUNCTIONS
    return word.kind == terminal


class _Rule(NamedTuple):
    kind: str
    """`terminal`, `name`, `sequence`, `choice`, or one of `*`, `+`, `?`."""
    text: str = ""
    parts: tuple[_Rule, ...] = ()


@cache
def _rules() -> dict[str, _Rule]:
    rules = {}
    for line in _RULES.strip().splitlines():
        name, _, body = line.partition(":")
        pieces = _RULE_PIECES.findall(body)
        rules[name], _ = _choice(pieces, 0)
    return rules


def _choice(pieces: list[str], at: int) -> tuple[_Rule, int]:
    options = []
    while True:
        option, at = _sequence(pieces, at)
        options.append(option)
        if at == len(pieces) or pieces[at] != "|":
            break
        at += 1
    return (options[0] if len(options) == 1 else _Rule("choice", parts=tuple(options))), at


def _sequence(pieces: list[str], at: int) -> tuple[_Rule, int]:
    parts = []
    while at < len(pieces) and pieces[at] not in {"|", ")"}:
        if pieces[at] == "(":
            part, at = _choice(pieces, at + 1)
        else:
            part = _Rule("terminal" if _is_terminal(pieces[at]) else "name", pieces[at])
        at += 1
        if at < len(pieces) and pieces[at] in {"*", "+", "?"}:
            part = _Rule(pieces[at], parts=(part,))
            at += 1
        parts.append(part)
    return _Rule("sequence", parts=tuple(parts)), at


def _is_terminal(piece: str) -> bool:
    return piece.startswith("'") or piece.isupper()


def _usual_first(expected: str) -> tuple[bool, bool, bool, str]:
    """Order: what closes or separates, kinds of words, other signs, keywords."""
    is_sign = expected.startswith("'")
    closes = expected in {"'}'", "')'", "']'", "'.'", "';'", "','"}
    return (not closes, is_sign, expected.strip("'").isalpha(), expected)
