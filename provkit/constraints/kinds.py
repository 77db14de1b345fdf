"""The kinds of PROV-DM statement, and what each parameter may be.

A parameter that is left out (`-` in PROV-N) means one of three things, and
the whole of PROV-CONSTRAINTS hangs on telling them apart:

* *required*: PROV-DM does not let it be left out; the statement is malformed;
* *existential*: there is one, it is only not said which (Definition 4);
* *kept*: the absence itself is the statement: an association without a plan
  had none to speak of, a derivation without an activity says nothing about
  how many activities were involved.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class WhenAbsent(Enum):
    """What `-` means in a place."""

    REQUIRED = "required"
    EXISTENTIAL = "existential"
    KEPT = "kept"


@dataclass(frozen=True, eq=False)
class Parameter:
    """One place of a statement after its identifier.

    `sort` is what Constraint 50 concludes of the value: `entity`, `activity`
    or `agent`; the empty string when it concludes nothing.
    """

    name: str
    sort: str
    when_absent: WhenAbsent
    is_time: bool = False


@dataclass(frozen=True, eq=False)
class Kind:
    """A kind of statement.

    `influence` gives the two places (effect, cause) that Inference 15 turns
    into an influence; None where there is no such inference.
    """

    name: str
    parameters: tuple[Parameter, ...]
    has_identifier: bool = True
    is_element: bool = False
    influence: tuple[int, int] | None = None
    noun: str = ""

    def __repr__(self) -> str:
        """Show the PROV-N keyword."""
        return self.name


def _parameter(words: str) -> Parameter:
    """Read `name:sort:absent`, where absent is `!` required, `?` existential, `-` kept."""
    name, sort, absent = words.split(":")
    meaning = {
        "!": WhenAbsent.REQUIRED,
        "?": WhenAbsent.EXISTENTIAL,
        "-": WhenAbsent.KEPT,
    }[absent]
    is_time = sort == "time"
    return Parameter(name, "" if is_time else sort, meaning, is_time)


def _relation(
    name: str, words: str, *, influence: tuple[int, int] | None = (1, 2), noun: str = ""
) -> Kind:
    return Kind(name, tuple(map(_parameter, words.split())), influence=influence, noun=noun)


def _plain(name: str, words: str) -> Kind:
    return Kind(name, tuple(map(_parameter, words.split())), has_identifier=False)


ENTITY = Kind("entity", (), is_element=True)
AGENT = Kind("agent", (), is_element=True)
ACTIVITY = Kind(
    "activity",
    (_parameter("startTime:time:?"), _parameter("endTime:time:?")),
    is_element=True,
)
GENERATION = _relation(
    "wasGeneratedBy", "entity:entity:! activity:activity:? time:time:?", noun="generation"
)
USAGE = _relation("used", "activity:activity:! entity:entity:? time:time:?", noun="usage")
COMMUNICATION = _relation("wasInformedBy", "informed:activity:! informant:activity:!")
START = _relation(
    "wasStartedBy",
    "activity:activity:! trigger:entity:? starter:activity:? time:time:?",
    noun="start",
)
END = _relation(
    "wasEndedBy",
    "activity:activity:! trigger:entity:? ender:activity:? time:time:?",
    noun="end",
)
INVALIDATION = _relation(
    "wasInvalidatedBy", "entity:entity:! activity:activity:? time:time:?", noun="invalidation"
)
# The activity, generation and usage of a derivation are told apart when it is read: with an
# activity the other two are existential, without one all three are kept (Table 3).
DERIVATION = _relation(
    "wasDerivedFrom",
    "generatedEntity:entity:! usedEntity:entity:! activity:activity:- generation::- usage::-",
)
ATTRIBUTION = _relation("wasAttributedTo", "entity:entity:! agent:agent:!")
ASSOCIATION = _relation("wasAssociatedWith", "activity:activity:! agent:agent:? plan:entity:-")
# PROV-DM wants the responsible agent; the W3C's own case unification-delegation-s4 lets it be
# left out and passes it, so it is an existential here.
DELEGATION = _relation(
    "actedOnBehalfOf", "delegate:agent:! responsible:agent:? activity:activity:?"
)
INFLUENCE = _relation("wasInfluencedBy", "influencee::! influencer::!")
SPECIALIZATION = _plain("specializationOf", "specificEntity:entity:! generalEntity:entity:!")
ALTERNATE = _plain("alternateOf", "alternate1:entity:! alternate2:entity:!")
MENTION = _plain("mentionOf", "specificEntity:entity:! generalEntity:entity:! bundle:entity:!")
MEMBERSHIP = _plain("hadMember", "collection:entity:! entity:entity:!")

KINDS = (
    ENTITY,
    ACTIVITY,
    AGENT,
    GENERATION,
    USAGE,
    COMMUNICATION,
    START,
    END,
    INVALIDATION,
    DERIVATION,
    ATTRIBUTION,
    ASSOCIATION,
    DELEGATION,
    INFLUENCE,
    SPECIALIZATION,
    ALTERNATE,
    MENTION,
    MEMBERSHIP,
)
EVENTS = (GENERATION, USAGE, START, END, INVALIDATION)
RELATIONS = tuple(kind for kind in KINDS if kind.influence is not None)
# Constraint 53: a statement of one of these never shares its identifier with one of another.
DISJOINT_RELATIONS = tuple(kind for kind in RELATIONS if kind not in (INFLUENCE, DERIVATION))
