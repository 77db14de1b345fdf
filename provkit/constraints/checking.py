"""Check a PROV document against PROV-CONSTRAINTS, each bundle by itself."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from prov.model import ProvBundle, ProvDocument

from provkit.constraints.impossibility import impossibilities
from provkit.constraints.inference import saturate
from provkit.constraints.ordering import disorders
from provkit.constraints.report import Report, Violation, malformed, violation
from provkit.constraints.statements import Instance, Statement, read_instance
from provkit.constraints.uniqueness import Clash, ClosedStatements
from provkit.constraints.wording import Wording


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
    for name, bundle in named_instances(document):
        found.extend(replace(one, bundle=name) for one in _violations(read_instance(bundle)))
    return Report(tuple(dict.fromkeys(found)))


def named_instances(document: ProvDocument) -> Iterator[tuple[str | None, ProvBundle]]:
    """Yield the top level (named None) and each bundle with its qualified name."""
    yield None, document
    for bundle in document.bundles:
        yield str(bundle.identifier), bundle


def _violations(instance: Instance) -> Iterator[Violation]:
    wording = Wording(instance)
    for record, kind, parameter in instance.malformed:
        yield malformed(kind.name, parameter, record.get_provn())
    statements = ClosedStatements(instance)
    saturate(statements)
    for clash in statements.clashes:
        yield _describe_clash(clash, statements, wording)
    yield from impossibilities(statements, wording)
    yield from disorders(statements, wording)


def _describe_clash(clash: Clash, statements: ClosedStatements, wording: Wording) -> Violation:
    cause = clash.cause
    left, right = wording.term(clash.left), wording.term(clash.right)
    shown = (
        _witness(cause.left, cause.left_place, clash.left, statements),
        _witness(cause.right, cause.right_place, clash.right, statements),
    )
    identifier = wording.term(cause.left.terms[0])
    if cause.number in (22, 23):
        place = cause.left.kind.parameters[cause.left_place - 1].name
        message = f"{identifier} identifies one statement, whose {place} cannot be both"
    elif cause.number in (28, 29):
        which = "start" if cause.number == 28 else "end"
        message = f"The {which} time of {identifier} and of its {which} cannot be both"
    else:
        of = wording.term(cause.left.terms[1])
        message = f"There is one such {cause.left.kind.noun} of {of}, which cannot be both"
    texts = tuple(dict.fromkeys(wording.statement(statement) for statement in shown))
    return violation(cause.number, f"{message} {left} and {right}.", texts)


def _witness(
    statement: Statement, place: int, constant: int, statements: ClosedStatements
) -> Statement:
    """Return the statement, of those merged into one, in which the constant is written."""
    terms = statements.terms
    for member in statement.all_members():
        term = member.terms[place]
        if terms.stated_as_constant(term) and terms.find(term) == constant:
            return member
    return statement
