"""What a check found: violations with constraint, place in the Recommendation, statements."""

from __future__ import annotations

from dataclasses import dataclass

RECOMMENDATION = "https://www.w3.org/TR/2013/REC-prov-constraints-20130430/"
DATA_MODEL = "https://www.w3.org/TR/2013/REC-prov-dm-20130430/"
LINKS = "https://www.w3.org/TR/2013/NOTE-prov-links-20130430/"

# The number of a constraint is its number in the Recommendation; the name is also the anchor.
CONSTRAINT_NAMES = {
    22: "key-object",
    23: "key-properties",
    24: "unique-generation",
    25: "unique-invalidation",
    26: "unique-wasStartedBy",
    27: "unique-wasEndedBy",
    28: "unique-startTime",
    29: "unique-endTime",
    30: "start-precedes-end",
    31: "start-start-ordering",
    32: "end-end-ordering",
    33: "usage-within-activity",
    34: "generation-within-activity",
    35: "wasInformedBy-ordering",
    36: "generation-precedes-invalidation",
    37: "generation-precedes-usage",
    38: "usage-precedes-invalidation",
    39: "generation-generation-ordering",
    40: "invalidation-invalidation-ordering",
    41: "derivation-usage-generation-ordering",
    42: "derivation-generation-generation-ordering",
    43: "wasStartedBy-ordering",
    44: "wasEndedBy-ordering",
    45: "specialization-generation-ordering",
    46: "specialization-invalidation-ordering",
    47: "wasAssociatedWith-ordering",
    48: "wasAttributedTo-ordering",
    49: "actedOnBehalfOf-ordering",
    50: "typing",
    51: "impossible-unspecified-derivation-generation-use",
    52: "impossible-specialization-reflexive",
    53: "impossible-property-overlap",
    54: "impossible-object-property-overlap",
    55: "entity-activity-disjoint",
    56: "membership-empty-collection",
}
# Where PROV-DM defines the statements whose parameters may not all be left out.
_DATA_MODEL_ANCHORS = {
    "entity": "term-entity",
    "activity": "term-Activity",
    "agent": "term-agent",
    "wasGeneratedBy": "term-Generation",
    "used": "term-Usage",
    "wasInformedBy": "term-Communication",
    "wasStartedBy": "term-Start",
    "wasEndedBy": "term-End",
    "wasInvalidatedBy": "term-Invalidation",
    "wasDerivedFrom": "term-Derivation",
    "wasAttributedTo": "term-attribution",
    "wasAssociatedWith": "term-Association",
    "actedOnBehalfOf": "term-delegation",
    "wasInfluencedBy": "term-influence",
    "specializationOf": "term-specialization",
    "alternateOf": "term-alternate",
    "hadMember": "term-membership",
}
MALFORMED = "mandatory-parameter"
UNIQUE_MENTION = "unique-mention"


@dataclass(frozen=True)
class Step:
    """One step of a cycle of events: `earlier` comes before `later` because of `statement`."""

    earlier: str
    later: str
    strictly: bool
    constraint: int
    statement: str

    def __str__(self) -> str:
        """Say the step in words."""
        precedes = "strictly precedes" if self.strictly else "precedes"
        return (
            f"the {self.earlier} {precedes} the {self.later} (Constraint {self.constraint},"
            f" {CONSTRAINT_NAMES[self.constraint]}: {self.statement})"
        )


@dataclass(frozen=True)
class Violation:
    """A constraint that a document does not satisfy, and where.

    Attributes:
        constraint: Number in the Recommendation, or None for what comes from
            PROV-DM (a mandatory parameter) or PROV-LINKS (mentions).
        title: Its name there, which is also the anchor of `link`.
        link: Where the text of the constraint is.
        message: What is wrong, in a sentence.
        statements: The clashing statements in PROV-N; what was inferred says so.
        bundle: Name of the bundle; None for the top level.
        cycle: For event ordering, the steps, the last leading back to the first.
    """

    constraint: int | None
    title: str
    link: str
    message: str
    statements: tuple[str, ...]
    bundle: str | None = None
    cycle: tuple[Step, ...] = ()

    def __str__(self) -> str:
        """Say everything, over several lines."""
        label = f"Constraint {self.constraint} ({self.title})" if self.constraint else self.title
        where = f" in bundle {self.bundle}" if self.bundle else ""
        lines = [f"{label}{where}: {self.message}"]
        lines.extend(f"    {statement}" for statement in self.statements)
        lines.extend(f"    {step}" for step in self.cycle)
        lines.append(f"    {self.link}")
        return "\n".join(lines)


@dataclass(frozen=True)
class Report:
    """Whether a document is valid PROV, and every reason why not."""

    violations: tuple[Violation, ...]

    @property
    def valid(self) -> bool:
        """Whether no constraint is violated."""
        return not self.violations


def violation(
    number: int, message: str, statements: tuple[str, ...], cycle: tuple[Step, ...] = ()
) -> Violation:
    """Describe a violation of a constraint of the Recommendation."""
    name = CONSTRAINT_NAMES[number]
    link = f"{RECOMMENDATION}#{name}"
    return Violation(number, name, link, message, statements, cycle=cycle)


def malformed(kind: str, parameter: str, statement: str) -> Violation:
    """Describe a statement without a parameter that PROV-DM wants."""
    anchor = _DATA_MODEL_ANCHORS.get(kind)
    link = f"{DATA_MODEL}#{anchor}" if anchor else f"{LINKS}#term-mention"
    message = f"{kind} has no {parameter}, which may not be left out; name it."
    return Violation(None, MALFORMED, link, message, (statement,))


def mention_clash(message: str, statements: tuple[str, ...]) -> Violation:
    """Describe a violation of the one constraint that PROV-LINKS adds."""
    return Violation(None, UNIQUE_MENTION, f"{LINKS}#unique-mention", message, statements)
