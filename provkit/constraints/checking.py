"""Check a PROV document against PROV-CONSTRAINTS, each bundle by itself."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import islice

from prov.model import ProvBundle, ProvDocument

from provkit.constraints.garbage import collection_paused
from provkit.constraints.impossibility import impossibilities
from provkit.constraints.inference import saturate
from provkit.constraints.ordering import disorders
from provkit.constraints.report import Report, Violation, malformed, violation
from provkit.constraints.statements import Instance, Statement, read_instance
from provkit.constraints.uniqueness import (
    KEY_OBJECT,
    KEY_PROPERTIES,
    LOOKED_THROUGH,
    UNIQUE_EVENTS,
    Cause,
    Clash,
    ClosedStatements,
)
from provkit.constraints.wording import Wording

UNIQUE_EVENT_NUMBERS = {number for number, _, _ in UNIQUE_EVENTS.values()}


def check(document: ProvDocument) -> Report:
    """Say whether a document is valid PROV, and every reason found why not.

    The top level and each bundle are checked by themselves: a bundle may say
    what another denies.

    Args:
        document: Left as it is.

    Source:
        PROV-CONSTRAINTS, W3C Recommendation of 30 April 2013, sections 5 and 6.
    """
    found: list[Violation] = []
    with collection_paused():
        for name, bundle in named_instances(document):
            statements = close(read_instance(bundle))
            found.extend(replace(one, bundle=name) for one in violations(statements))
    return Report(tuple(dict.fromkeys(found)))


def named_instances(document: ProvDocument) -> Iterator[tuple[str | None, ProvBundle]]:
    """Yield the top level (named None) and each bundle with its qualified name."""
    yield None, document
    for bundle in document.bundles:
        yield str(bundle.identifier), bundle


def close(instance: Instance) -> ClosedStatements:
    """Return the statements of an instance with all that validity depends on."""
    statements = ClosedStatements(instance)
    saturate(statements)
    return statements


def violations(statements: ClosedStatements) -> Iterator[Violation]:
    """Yield what is wrong among closed statements, the shape of single statements first."""
    wording = Wording(statements.instance)
    for record, kind, parameter in statements.instance.malformed:
        yield malformed(kind.name, parameter, record.get_provn())
    for clash in statements.clashes:
        yield _describe_clash(clash, statements, wording)
    yield from impossibilities(statements, wording)
    yield from disorders(statements, wording)


def _describe_clash(clash: Clash, statements: ClosedStatements, wording: Wording) -> Violation:
    cause = clash.cause
    left = _witnesses(cause.left, cause.left_place, clash.left, statements)
    right = _witnesses(cause.right, cause.right_place, clash.right, statements)
    both = f"cannot be both {wording.term(clash.left)} and {wording.term(clash.right)}"
    message = f"{_what_clashes(cause, (left[0], right[0]), wording)} {both}."
    texts = tuple(dict.fromkeys(wording.statement(statement) for statement in (*left, *right)))
    return violation(cause.number, message, texts)


def _what_clashes(cause: Cause, shown: tuple[Statement, Statement], wording: Wording) -> str:
    left, right = cause.left, cause.right
    name = wording.term(left.terms[0])
    if cause.number in UNIQUE_EVENT_NUMBERS:
        return f"There is one such {left.kind.noun} of {wording.term(left.terms[1])}, which"
    if cause.number not in (KEY_OBJECT, KEY_PROPERTIES):
        return f"The time in the statement of {name} and in that of its {right.kind.noun}"
    place = left.kind.parameters[cause.left_place - 1].name
    if left.kind is not right.kind:
        return (
            f"{name} identifies a {left.kind.name} and a {right.kind.name}, by Inference 15"
            f" one influence, whose {'effect' if cause.left_place == 1 else 'cause'}"
        )
    if wording.is_existential(left.terms[0]) or shown[0].terms[0] != shown[1].terms[0]:
        by = f" (Constraint {UNIQUE_EVENTS[left.kind][0]})" if left.kind in UNIQUE_EVENTS else ""
        return f"The statements are of one {left.kind.noun or left.kind.name}{by}, whose {place}"
    return f"{name} identifies one statement, whose {place}"


def _witnesses(
    statement: Statement, place: int, constant: int, statements: ClosedStatements
) -> list[Statement]:
    """Return the statement, of those merged into one, in which the constant is written.

    Where none of them has it, because merging brought it there, the first is
    returned with the statement that it came from.
    """
    terms = statements.terms
    for member in islice(statement.all_members(), LOOKED_THROUGH):
        term = member.terms[place]
        if terms.stated_as_constant(term) and terms.find(term) == constant:
            return [member]
    return [statement, *statements.sources_of(constant, statement)]
