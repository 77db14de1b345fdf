"""Passing and failing documents for every constraint, in PROV-N.

Each case is a line `verdict name` and its statements. The verdict is `valid`,
or the number of a constraint that the report must name: for event ordering,
among the steps of a cycle as well. `malformed` and `mention` are the two
titles that have no number in the Recommendation.
"""

from __future__ import annotations

from typing import NamedTuple

TEXT = """
# 22 key-object
valid entity twice with different attributes
  entity(ex:e, [ex:a=1])
  entity(ex:e, [ex:b=2])
valid entity twice with two values of one attribute
  entity(ex:e, [ex:a=1])
  entity(ex:e, [ex:a=2])
valid activity twice, each with one of its times
  activity(ex:a, 2011-11-16T16:05:00, -)
  activity(ex:a, -, 2011-11-16T18:05:00)
valid activity twice with the same instant in two zones
  activity(ex:a, 2011-11-16T16:05:00Z, -)
  activity(ex:a, 2011-11-16T17:05:00+01:00, -)
valid agent that is an entity too
  agent(ex:x, [prov:type='prov:Person'])
  entity(ex:x)
valid agent that is an activity too
  agent(ex:x)
  activity(ex:x, -, -)
22 activity with two start times
  activity(ex:a, 2011-11-16T16:05:00, -)
  activity(ex:a, 2012-11-16T16:05:00, -)
22 activity with two end times
  activity(ex:a, -, 2011-11-16T16:05:00)
  activity(ex:a, -, 2012-11-16T16:05:00)
22 activity with two times through a third statement
  activity(ex:a, 2011-11-16T16:05:00, -)
  activity(ex:a, -, -)
  activity(ex:a, 2012-11-16T16:05:00, 2013-11-16T16:05:00)

# 23 key-properties
valid generation twice, completed by merging
  wasGeneratedBy(ex:g; ex:e, -, 2011-11-16T16:05:00)
  wasGeneratedBy(ex:g; ex:e, ex:a, -, [ex:port="out"])
valid usages with two identifiers
  used(ex:u1; ex:a, ex:e, 2011-11-16T16:05:00)
  used(ex:u2; ex:a, ex:e, 2012-11-16T16:05:00)
valid usages without identifiers at different times
  used(ex:a, ex:e, 2011-11-16T16:05:00)
  used(ex:a, ex:e, 2012-11-16T16:05:00)
valid usage completed by another
  used(ex:u; ex:a, -, 2011-11-16T16:05:00)
  used(ex:u; ex:a, ex:e, -)
valid association whose agent is left out once
  wasAssociatedWith(ex:x; ex:a, -, ex:p)
  wasAssociatedWith(ex:x; ex:a, ex:ag, ex:p)
valid association without a plan twice
  wasAssociatedWith(ex:x; ex:a, ex:ag, -)
  wasAssociatedWith(ex:x; ex:a, ex:ag, -, [ex:a=1])
valid associations with and without plan under two identifiers
  wasAssociatedWith(ex:x; ex:a, ex:ag, -)
  wasAssociatedWith(ex:y; ex:a, ex:ag, ex:p)
valid delegation whose activity is left out once
  actedOnBehalfOf(ex:d; ex:ag2, ex:ag1, ex:a)
  actedOnBehalfOf(ex:d; ex:ag2, ex:ag1, -)
valid delegation whose responsible agent is left out once
  actedOnBehalfOf(ex:d; ex:ag2, ex:ag1, ex:a)
  actedOnBehalfOf(ex:d; ex:ag2, -, ex:a)
valid derivation with activity, its usage named once
  wasDerivedFrom(ex:d; ex:e2, ex:e1, ex:a, -, ex:u)
  wasDerivedFrom(ex:d; ex:e2, ex:e1, ex:a, -, -)
valid derivation without activity twice
  wasDerivedFrom(ex:d; ex:e2, ex:e1)
  wasDerivedFrom(ex:d; ex:e2, ex:e1, -, -, -)
valid attribution twice
  wasAttributedTo(ex:x; ex:e, ex:ag, [ex:a=1])
  wasAttributedTo(ex:x; ex:e, ex:ag, [ex:a=2])
valid communication twice
  wasInformedBy(ex:i; ex:a2, ex:a1)
  wasInformedBy(ex:i; ex:a2, ex:a1)
valid influence twice
  wasInfluencedBy(ex:i; ex:x2, ex:x1)
  wasInfluencedBy(ex:i; ex:x2, ex:x1, [ex:a=1])
valid influence that repeats a usage
  used(ex:u; ex:a, ex:e, -)
  wasInfluencedBy(ex:u; ex:a, ex:e)
valid invalidation completed by another
  wasInvalidatedBy(ex:i; ex:e, ex:a, -)
  wasInvalidatedBy(ex:i; ex:e, -, 2011-11-16T16:05:00)
valid start completed by others
  wasStartedBy(ex:s; ex:a, ex:e, -, -)
  wasStartedBy(ex:s; ex:a, -, ex:b, -)
  wasStartedBy(ex:s; ex:a, -, -, 2011-11-16T16:05:00)
valid end completed by others
  wasEndedBy(ex:s; ex:a, ex:e, -, -)
  wasEndedBy(ex:s; ex:a, -, ex:b, -)
  wasEndedBy(ex:s; ex:a, -, -, 2011-11-16T16:05:00)
valid the same identifier in two bundles
  bundle ex:b1
    used(ex:u; ex:a, ex:e, -)
  endBundle
  bundle ex:b2
    used(ex:u; ex:a, ex:other, -)
  endBundle
23 generation of two entities
  wasGeneratedBy(ex:g; ex:e1, ex:a, -)
  wasGeneratedBy(ex:g; ex:e2, ex:a, -)
23 generation by two activities
  wasGeneratedBy(ex:g; ex:e, ex:a1, -)
  wasGeneratedBy(ex:g; ex:e, ex:a2, -)
23 generation at two times
  wasGeneratedBy(ex:g; ex:e, -, 2011-11-16T16:05:00)
  wasGeneratedBy(ex:g; ex:e, -, 2012-11-16T16:05:00)
23 generation at a time with and without a zone
  wasGeneratedBy(ex:g; ex:e, -, 2011-11-16T16:05:00)
  wasGeneratedBy(ex:g; ex:e, -, 2011-11-16T16:05:00Z)
23 usage of two entities
  used(ex:u; ex:a, ex:e1, -)
  used(ex:u; ex:a, ex:e2, -)
23 usage by two activities
  used(ex:u; ex:a1, ex:e, -)
  used(ex:u; ex:a2, ex:e, -)
23 usage at two times, the first of them in a third statement
  used(ex:u; ex:a, ex:e, -)
  used(ex:u; ex:a, ex:e, 2012-11-16T16:05:00)
  used(ex:u; ex:a, -, 2011-11-16T16:05:00)
23 communication of two informed activities
  wasInformedBy(ex:i; ex:a2, ex:a1)
  wasInformedBy(ex:i; ex:a3, ex:a1)
23 communication from two informants
  wasInformedBy(ex:i; ex:a2, ex:a1)
  wasInformedBy(ex:i; ex:a2, ex:a0)
23 start by two triggers
  wasStartedBy(ex:s; ex:a, ex:e1, -, -)
  wasStartedBy(ex:s; ex:a, ex:e2, -, -)
23 start by two starters
  wasStartedBy(ex:s; ex:a, -, ex:b1, -)
  wasStartedBy(ex:s; ex:a, -, ex:b2, -)
23 start of two activities
  wasStartedBy(ex:s; ex:a1, -, -, -)
  wasStartedBy(ex:s; ex:a2, -, -, -)
23 end by two enders
  wasEndedBy(ex:s; ex:a, -, ex:b1, -)
  wasEndedBy(ex:s; ex:a, -, ex:b2, -)
23 end at two times
  wasEndedBy(ex:s; ex:a, -, -, 2011-11-16T16:05:00)
  wasEndedBy(ex:s; ex:a, -, -, 2012-11-16T16:05:00)
23 invalidation of two entities
  wasInvalidatedBy(ex:i; ex:e1, -, -)
  wasInvalidatedBy(ex:i; ex:e2, -, -)
23 derivation with and without activity
  wasDerivedFrom(ex:d; ex:e2, ex:e1, ex:a, -, -)
  wasDerivedFrom(ex:d; ex:e2, ex:e1)
23 derivation of two entities
  wasDerivedFrom(ex:d; ex:e2, ex:e1)
  wasDerivedFrom(ex:d; ex:e3, ex:e1)
23 derivation from two entities
  wasDerivedFrom(ex:d; ex:e2, ex:e1)
  wasDerivedFrom(ex:d; ex:e2, ex:e0)
23 derivation by two activities
  wasDerivedFrom(ex:d; ex:e2, ex:e1, ex:a, -, -)
  wasDerivedFrom(ex:d; ex:e2, ex:e1, ex:b, -, -)
23 derivation with two generations
  wasDerivedFrom(ex:d; ex:e2, ex:e1, ex:a, ex:g1, -)
  wasDerivedFrom(ex:d; ex:e2, ex:e1, ex:a, ex:g2, -)
23 derivation with two usages
  wasDerivedFrom(ex:d; ex:e2, ex:e1, ex:a, -, ex:u1)
  wasDerivedFrom(ex:d; ex:e2, ex:e1, ex:a, -, ex:u2)
23 derivation whose usage is of another entity
  used(ex:u; ex:a, ex:other, -)
  wasDerivedFrom(ex:e2, ex:e1, ex:a, ex:g, ex:u)
23 derivation whose usage is by another activity
  used(ex:u; ex:b, ex:e1, -)
  wasDerivedFrom(ex:e2, ex:e1, ex:a, -, ex:u)
23 derivation whose generation is of another entity
  wasGeneratedBy(ex:g; ex:other, ex:a, -)
  wasDerivedFrom(ex:e2, ex:e1, ex:a, ex:g, -)
23 derivation whose generation is by another activity
  wasGeneratedBy(ex:g; ex:e2, ex:b, -)
  wasDerivedFrom(ex:e2, ex:e1, ex:a, ex:g, ex:u)
23 revision with an identifier that a quotation of another has
  wasDerivedFrom(ex:d; ex:e2, ex:e1, [prov:type='prov:Revision'])
  wasDerivedFrom(ex:d; ex:e2, ex:e0, [prov:type='prov:Quotation'])
23 attribution to two agents
  wasAttributedTo(ex:x; ex:e, ex:ag1)
  wasAttributedTo(ex:x; ex:e, ex:ag2)
23 attribution of two entities
  wasAttributedTo(ex:x; ex:e1, ex:ag)
  wasAttributedTo(ex:x; ex:e2, ex:ag)
23 association with two agents
  wasAssociatedWith(ex:x; ex:a, ex:ag1, -)
  wasAssociatedWith(ex:x; ex:a, ex:ag2, -)
23 association with and without a plan
  wasAssociatedWith(ex:x; ex:a, ex:ag, ex:p)
  wasAssociatedWith(ex:x; ex:a, ex:ag, -)
23 association with two plans
  wasAssociatedWith(ex:x; ex:a, ex:ag, ex:p1)
  wasAssociatedWith(ex:x; ex:a, ex:ag, ex:p2)
23 delegation of two delegates
  actedOnBehalfOf(ex:d; ex:ag2, ex:ag1, ex:a)
  actedOnBehalfOf(ex:d; ex:ag3, ex:ag1, ex:a)
23 delegation in two activities
  actedOnBehalfOf(ex:d; ex:ag2, ex:ag1, ex:a)
  actedOnBehalfOf(ex:d; ex:ag2, ex:ag1, ex:b)
23 influence of two
  wasInfluencedBy(ex:i; ex:x2, ex:x1)
  wasInfluencedBy(ex:i; ex:x3, ex:x1)
23 influence with the identifier of a usage of something else
  used(ex:u; ex:a, ex:e, -)
  wasInfluencedBy(ex:u; ex:a, ex:other)
23 derivation with the identifier of an attribution of something else
  wasDerivedFrom(ex:d; ex:e2, ex:e1)
  wasAttributedTo(ex:d; ex:e3, ex:e1)
23 in a bundle
  bundle ex:b
    used(ex:u; ex:a, ex:e1, -)
    used(ex:u; ex:a, ex:e2, -)
  endBundle

23 usages that a derivation makes one
  wasDerivedFrom(ex:d; ex:e2, ex:e1, ex:a, -, ex:u)
  wasDerivedFrom(ex:d; ex:e2, ex:e1, ex:a, -, -)
  used(ex:u; ex:b, ex:e1, -)

# 24 unique-generation
valid one generation without identifier, one with
  wasGeneratedBy(ex:e, ex:a, 2011-11-16T16:05:00)
  wasGeneratedBy(ex:g; ex:e, ex:a, -)
valid generations by two activities
  entity(ex:e)
  wasGeneratedBy(ex:g1; ex:e, ex:a1, 2011-11-16T16:05:00)
  wasGeneratedBy(ex:g2; ex:e, ex:a2, 2012-11-16T16:05:00)
valid generations by unknown activities
  wasGeneratedBy(ex:g1; ex:e, -, 2011-11-16T16:05:00)
  wasGeneratedBy(ex:g2; ex:e, -, 2012-11-16T16:05:00)
24 two identifiers
  wasGeneratedBy(ex:g1; ex:e, ex:a, -)
  wasGeneratedBy(ex:g2; ex:e, ex:a, -)
24 two identifiers after a merging that tells the activity
  wasGeneratedBy(ex:g1; ex:e, ex:a, -)
  wasGeneratedBy(ex:g2; ex:e, -, -)
  wasGeneratedBy(ex:g2; ex:e, ex:a, -)
23 two times without identifiers
  wasGeneratedBy(ex:e, ex:a, 2011-11-16T16:05:00)
  wasGeneratedBy(ex:e, ex:a, 2012-11-16T16:05:00)
24 generation of a derivation beside another one
  wasGeneratedBy(ex:g1; ex:e2, ex:a, -)
  wasDerivedFrom(ex:e2, ex:e1, ex:a, ex:g2, -)

# 25 unique-invalidation
valid one invalidation without identifier, one with
  wasInvalidatedBy(ex:e, ex:a, 2011-11-16T16:05:00)
  wasInvalidatedBy(ex:i; ex:e, ex:a, -)
valid invalidations by two activities
  wasInvalidatedBy(ex:i1; ex:e, ex:a1, -)
  wasInvalidatedBy(ex:i2; ex:e, ex:a2, -)
25 two identifiers of one invalidation
  wasInvalidatedBy(ex:i1; ex:e, ex:a, -)
  wasInvalidatedBy(ex:i2; ex:e, ex:a, -)
23 one invalidation at two times
  wasInvalidatedBy(ex:e, ex:a, 2011-11-16T16:05:00)
  wasInvalidatedBy(ex:i; ex:e, ex:a, 2012-11-16T16:05:00)

# 26 unique-wasStartedBy
valid starts by two starters
  wasStartedBy(ex:s1; ex:a, ex:e1, ex:b1, -)
  wasStartedBy(ex:s2; ex:a, ex:e2, ex:b2, -)
valid starts with the starter left out
  activity(ex:a, -, -)
  wasStartedBy(ex:s1; ex:a, ex:e1, -, -)
  wasStartedBy(ex:s2; ex:a, ex:e2, -, -)
26 two starts by one starter
  wasStartedBy(ex:s1; ex:a, ex:e, ex:b, -)
  wasStartedBy(ex:s2; ex:a, ex:e, ex:b, -)
23 one starter, two triggers
  wasStartedBy(ex:a, ex:e1, ex:b, -)
  wasStartedBy(ex:a, ex:e2, ex:b, -)

# 27 unique-wasEndedBy
valid ends by two enders
  wasEndedBy(ex:s1; ex:a, ex:e1, ex:b1, -)
  wasEndedBy(ex:s2; ex:a, ex:e2, ex:b2, -)
27 two ends by one ender
  wasEndedBy(ex:s1; ex:a, ex:e, ex:b, -)
  wasEndedBy(ex:s2; ex:a, -, ex:b, -)
23 one ender, two times
  wasEndedBy(ex:a, ex:e, ex:b, 2011-11-16T16:05:00)
  wasEndedBy(ex:s; ex:a, ex:e, ex:b, 2012-11-16T16:05:00)

# 28 unique-startTime
valid the same start time twice
  activity(ex:a, 2011-11-16T16:05:00, -)
  wasStartedBy(ex:a, -, -, 2011-11-16T16:05:00)
valid start time only in the start
  activity(ex:a, -, 2012-11-16T16:05:00)
  wasStartedBy(ex:s; ex:a, ex:e, -, 2011-11-16T16:05:00)
valid starts at two times of an activity that is not stated
  wasStartedBy(ex:s1; ex:a, ex:e, ex:b, 2011-11-16T16:05:00)
  wasStartedBy(ex:s2; ex:a, ex:e, ex:c, 2012-11-16T16:05:00)
28 another start time
  activity(ex:a, 2011-11-16T16:05:00, -)
  wasStartedBy(ex:a, -, -, 2012-11-16T16:05:00)
28 two starts at two times of an activity without times
  wasStartedBy(ex:s1; ex:a, ex:e, ex:b, 2011-11-16T16:05:00)
  activity(ex:a, -, -)
  wasStartedBy(ex:s2; ex:a, ex:e, ex:c, 2012-11-16T16:05:00)
28 in a bundle
  activity(ex:a, 2012-11-16T16:05:00, -)
  bundle ex:b
    activity(ex:a, 2011-11-16T16:05:00, -)
    wasStartedBy(ex:a, -, -, 2012-11-16T16:05:00)
  endBundle

# 29 unique-endTime
valid the same end time twice
  activity(ex:a, -, 2011-11-16T16:05:00)
  wasEndedBy(ex:a, ex:e, -, 2011-11-16T16:05:00)
valid end before start is no matter of the constraints
  activity(ex:a, 2012-11-16T16:05:00, 2011-11-16T16:05:00)
29 another end time
  activity(ex:a, -, 2011-11-16T16:05:00)
  wasEndedBy(ex:a, -, -, 2012-11-16T16:05:00)
22 another end time, the time of the activity in a second statement
  activity(ex:a, -, -)
  wasEndedBy(ex:s; ex:a, ex:e, -, 2012-11-16T16:05:00)
  activity(ex:a, -, 2011-11-16T16:05:00)

# 30 to 40: events within activities and within the lives of entities
valid everything within an activity
  entity(ex:e1)
  entity(ex:e2)
  activity(ex:a, -, -)
  wasStartedBy(ex:s; ex:a, ex:e1, -, -)
  used(ex:u; ex:a, ex:e1, -)
  wasGeneratedBy(ex:g; ex:e2, ex:a, -)
  wasEndedBy(ex:x; ex:a, ex:e1, -, -)
valid an activity generates what it uses
  entity(ex:e)
  activity(ex:a, -, -)
  wasGeneratedBy(ex:e, ex:a, -)
  used(ex:a, ex:e, -)
valid activities inform each other
  activity(ex:a1, -, -)
  activity(ex:a2, -, -)
  wasInformedBy(ex:a2, ex:a1)
  wasInformedBy(ex:a1, ex:a2)
valid an activity informs itself
  activity(ex:a, -, -)
  wasInformedBy(ex:a, ex:a)
valid activities start each other with what they generated
  entity(ex:e1)
  entity(ex:e2)
  wasStartedBy(ex:a1, ex:e2, ex:a2, -)
  wasStartedBy(ex:a2, ex:e1, ex:a1, -)
valid generated, used and invalidated by one activity
  entity(ex:e)
  activity(ex:a, -, -)
  wasGeneratedBy(ex:e, ex:a, -)
  used(ex:a, ex:e, -)
  wasInvalidatedBy(ex:e, ex:a, -)
valid times that contradict the order of events
  entity(ex:e)
  wasGeneratedBy(ex:e, ex:a, 2012-11-16T16:05:00)
  used(ex:b, ex:e, 2011-11-16T16:05:00)
34 two starts, each after what the other is before
  entity(ex:e1)
  entity(ex:e2)
  wasDerivedFrom(ex:e2, ex:e1)
  wasStartedBy(ex:s1; ex:a, ex:e2, ex:b, -)
  wasStartedBy(ex:s2; ex:a, -, ex:c, -)
  wasGeneratedBy(ex:g1; ex:e1, ex:a, -)
34 a source used by an activity that its product started
  entity(ex:e1)
  entity(ex:e2)
  wasStartedBy(ex:s; ex:a, ex:e2, -, -)
  wasDerivedFrom(ex:e3, ex:e1, ex:a, ex:g3, ex:u1)
  entity(ex:e3)
  specializationOf(ex:e1, ex:e3)
  wasDerivedFrom(ex:e2, ex:e3)
34 a source generated by an activity that its product started
  entity(ex:e1)
  entity(ex:e2)
  wasDerivedFrom(ex:e2, ex:e1)
  wasStartedBy(ex:s; ex:a, ex:e2, -, -)
  wasGeneratedBy(ex:g; ex:e1, ex:a, -)
42 a source derived by using its product
  entity(ex:e1)
  entity(ex:e2)
  wasDerivedFrom(ex:e2, ex:e1)
  wasDerivedFrom(ex:e1, ex:e2, ex:a, ex:g, ex:u)
39 two generations, one before and one after the other entity
  wasGeneratedBy(ex:g1; ex:e1, ex:a1, -)
  wasGeneratedBy(ex:g2; ex:e1, ex:a2, -)
  wasStartedBy(ex:s; ex:a2, ex:e2, -, -)
  wasDerivedFrom(ex:e2, ex:e1)
  entity(ex:e2)

# 41 derivation-usage-generation-ordering
valid a derivation with everything named
  entity(ex:e1)
  entity(ex:e2)
  activity(ex:a, -, -)
  wasDerivedFrom(ex:d; ex:e2, ex:e1, ex:a, ex:g, ex:u)
  used(ex:u; ex:a, ex:e1, -)
  wasGeneratedBy(ex:g; ex:e2, ex:a, -)
42 derived from each other, all named
  wasDerivedFrom(ex:e2, ex:e1, ex:a, ex:g2, ex:u1)
  wasDerivedFrom(ex:e1, ex:e2, ex:b, ex:g1, ex:u2)

# 42 derivation-generation-generation-ordering
valid a chain of derivations
  entity(ex:e1)
  entity(ex:e2)
  entity(ex:e3)
  wasDerivedFrom(ex:e2, ex:e1)
  wasDerivedFrom(ex:e3, ex:e2)
  wasDerivedFrom(ex:e3, ex:e1)
valid derived from each other, of neither is a generation known
  wasDerivedFrom(ex:e2, ex:e1)
  wasDerivedFrom(ex:e1, ex:e2)
valid a circle of derivations with one entity that nothing is known of
  entity(ex:e1)
  entity(ex:e2)
  wasDerivedFrom(ex:e2, ex:e1)
  wasDerivedFrom(ex:e3, ex:e2)
  wasDerivedFrom(ex:e1, ex:e3)
valid a circle of derivations through two bundles
  bundle ex:b1
    entity(ex:e1)
    entity(ex:e2)
    wasDerivedFrom(ex:e2, ex:e1)
  endBundle
  bundle ex:b2
    entity(ex:e1)
    entity(ex:e2)
    wasDerivedFrom(ex:e1, ex:e2)
  endBundle
42 derived from itself
  entity(ex:e)
  wasDerivedFrom(ex:e, ex:e)
42 derived from itself, generation stated
  wasGeneratedBy(ex:g; ex:e, ex:a, -)
  wasDerivedFrom(ex:e, ex:e)
42 derived from itself by an activity
  wasDerivedFrom(ex:e, ex:e, ex:a, -, -)
42 derived from each other
  entity(ex:e1)
  entity(ex:e2)
  wasDerivedFrom(ex:e2, ex:e1)
  wasDerivedFrom(ex:e1, ex:e2)
42 revision, quotation and primary source in a circle
  entity(ex:e1)
  entity(ex:e2)
  entity(ex:e3)
  wasDerivedFrom(ex:e2, ex:e1, [prov:type='prov:Revision'])
  wasDerivedFrom(ex:e3, ex:e2, -, -, -, [prov:type='prov:Quotation'])
  wasDerivedFrom(ex:e1, ex:e3, [prov:type='prov:PrimarySource'])
42 generations known by attribution
  wasAttributedTo(ex:e1, ex:ag)
  wasAttributedTo(ex:e2, ex:ag)
  wasDerivedFrom(ex:e2, ex:e1)
  wasDerivedFrom(ex:e1, ex:e2)
42 generations known as triggers
  wasStartedBy(ex:a, ex:e1, ex:b, -)
  wasEndedBy(ex:a, ex:e2, ex:b, -)
  wasDerivedFrom(ex:e2, ex:e1)
  wasDerivedFrom(ex:e1, ex:e2)
42 in a bundle
  bundle ex:b
    entity(ex:e1)
    entity(ex:e2)
    wasDerivedFrom(ex:e2, ex:e1)
    wasDerivedFrom(ex:e1, ex:e2)
  endBundle

# 43 wasStartedBy-ordering
valid started by what it was generated for
  entity(ex:e)
  activity(ex:a, -, -)
  wasStartedBy(ex:a, ex:e, ex:b, -)
  used(ex:a, ex:e, -)
43 a source generated by what its product started
  wasGeneratedBy(ex:g1; ex:e1, ex:a, -)
  wasGeneratedBy(ex:g2; ex:e2, ex:b, -)
  wasStartedBy(ex:a, ex:e2, ex:b, -)
  wasDerivedFrom(ex:e2, ex:e1)

# 44 wasEndedBy-ordering
valid ended by an entity that it generated itself
  entity(ex:e)
  activity(ex:a, -, -)
  wasGeneratedBy(ex:e, ex:a, -)
  wasEndedBy(ex:a, ex:e, -, -)
  wasInvalidatedBy(ex:e, ex:a, -)

# 45 specialization-generation-ordering
valid a specialization derived from what it specializes
  entity(ex:e1)
  entity(ex:e2)
  specializationOf(ex:e2, ex:e1)
  wasDerivedFrom(ex:e2, ex:e1)
valid two specializations of one, one derived from the other
  entity(ex:e)
  specializationOf(ex:e1, ex:e)
  specializationOf(ex:e2, ex:e)
  wasDerivedFrom(ex:e2, ex:e1)
45 the general derived from the special
  entity(ex:e1)
  entity(ex:e2)
  specializationOf(ex:e2, ex:e1)
  wasDerivedFrom(ex:e1, ex:e2)
45 the general derived from the special, two steps away
  entity(ex:e1)
  specializationOf(ex:e3, ex:e2)
  specializationOf(ex:e2, ex:e1)
  wasDerivedFrom(ex:e1, ex:e3)
45 two steps away, and of the one between no generation is known
  wasGeneratedBy(ex:g1; ex:e1, -, -)
  wasGeneratedBy(ex:g3; ex:e3, -, -)
  specializationOf(ex:e3, ex:e2)
  specializationOf(ex:e2, ex:e1)
  wasDerivedFrom(ex:e1, ex:e3)
45 the special stated by nothing but its specialization
  entity(ex:e1)
  specializationOf(ex:e2, ex:e1)
  wasDerivedFrom(ex:e1, ex:e2)
45 through a mention
  entity(ex:e1)
  entity(ex:e2)
  mentionOf(ex:e2, ex:e1, ex:b)
  wasDerivedFrom(ex:e1, ex:e2)

# 46 specialization-invalidation-ordering
valid the special invalidated, the general too
  entity(ex:e1)
  entity(ex:e2)
  specializationOf(ex:e2, ex:e1)
  wasInvalidatedBy(ex:i1; ex:e1, ex:a, -)
  wasInvalidatedBy(ex:i2; ex:e2, ex:a, -)

# 47 wasAssociatedWith-ordering
valid an agent that is generated and invalidated by its own activity
  entity(ex:ag)
  agent(ex:ag)
  activity(ex:a, -, -)
  wasAssociatedWith(ex:a, ex:ag, -)
  wasGeneratedBy(ex:ag, ex:a, -)
  wasInvalidatedBy(ex:ag, ex:a, -)
valid an agent that is an activity
  activity(ex:ag, -, -)
  activity(ex:a, -, -)
  wasAssociatedWith(ex:a, ex:ag, -)

# 48 wasAttributedTo-ordering
valid an agent there before what is attributed to it
  entity(ex:ag)
  entity(ex:e)
  agent(ex:ag)
  wasAttributedTo(ex:e, ex:ag)
  wasDerivedFrom(ex:e, ex:ag)
48 an agent derived from what is attributed to it
  entity(ex:ag)
  entity(ex:e)
  wasAttributedTo(ex:e, ex:ag)
  wasDerivedFrom(ex:ag, ex:e)
48 an agent started by what derives from an entity attributed to it
  activity(ex:ag, -, -)
  entity(ex:e)
  entity(ex:t)
  wasAttributedTo(ex:e, ex:ag)
  wasStartedBy(ex:s; ex:ag, ex:t, -, -)
  wasDerivedFrom(ex:t, ex:e)

# 49 actedOnBehalfOf-ordering
valid agents that act on behalf of each other
  entity(ex:ag1)
  entity(ex:ag2)
  actedOnBehalfOf(ex:ag2, ex:ag1, ex:a)
  actedOnBehalfOf(ex:ag1, ex:ag2, ex:a)
valid an agent that acts on its own behalf
  agent(ex:ag)
  actedOnBehalfOf(ex:ag, ex:ag)

# 50 typing, seen through 55
valid a plan that is an entity
  entity(ex:p, [prov:type='prov:Plan'])
  wasAssociatedWith(ex:a, ex:ag, ex:p)
valid an agent with all the types that go together
  agent(ex:x)
  entity(ex:x)
  wasAttributedTo(ex:e, ex:x)
  used(ex:a, ex:x, -)
valid influence says nothing of types
  entity(ex:e)
  activity(ex:a, -, -)
  wasInfluencedBy(ex:a, ex:e)
  wasInfluencedBy(ex:e, ex:a)
valid an entity and an activity of one name in two bundles
  bundle ex:b1
    entity(ex:x)
  endBundle
  bundle ex:b2
    activity(ex:x, -, -)
  endBundle

# 51 impossible-unspecified-derivation-generation-use
valid a derivation with its activity only
  wasDerivedFrom(ex:e2, ex:e1, ex:a, -, -)
51 generation without activity
  wasDerivedFrom(ex:e2, ex:e1, -, ex:g, -)
51 usage without activity
  wasDerivedFrom(ex:e2, ex:e1, -, -, ex:u)
51 generation and usage without activity
  wasDerivedFrom(ex:d; ex:e2, ex:e1, -, ex:g, ex:u)
51 revision with generation without activity
  wasDerivedFrom(ex:e2, ex:e1, -, ex:g, -, [prov:type='prov:Revision'])
51 generation without activity in a bundle
  bundle ex:b
    wasDerivedFrom(ex:e2, ex:e1, -, ex:g, -)
  endBundle

# 52 impossible-specialization-reflexive
valid alternate of itself
  entity(ex:e)
  alternateOf(ex:e, ex:e)
valid alternates of each other
  alternateOf(ex:e1, ex:e2)
  alternateOf(ex:e2, ex:e1)
valid specialization and alternate the other way
  specializationOf(ex:e2, ex:e1)
  alternateOf(ex:e1, ex:e2)
valid two ways to one general entity
  specializationOf(ex:e4, ex:e2)
  specializationOf(ex:e4, ex:e3)
  specializationOf(ex:e2, ex:e1)
  specializationOf(ex:e3, ex:e1)
52 specialization of itself
  specializationOf(ex:e, ex:e)
52 specializations of each other
  specializationOf(ex:e1, ex:e2)
  specializationOf(ex:e2, ex:e1)
52 three specializations in a circle
  specializationOf(ex:e1, ex:e2)
  specializationOf(ex:e2, ex:e3)
  specializationOf(ex:e3, ex:e1)
52 mention of itself
  mentionOf(ex:e, ex:e, ex:b)
52 mention one way, specialization the other
  mentionOf(ex:e2, ex:e1, ex:b)
  specializationOf(ex:e1, ex:e2)

# 53 impossible-property-overlap
valid usage and generation with identifiers of their own
  used(ex:u; ex:a, ex:e, -)
  wasGeneratedBy(ex:g; ex:e, ex:a, -)
valid influence with the identifier of a communication
  wasInformedBy(ex:i; ex:a2, ex:a1)
  wasInfluencedBy(ex:i; ex:a2, ex:a1)
valid derivation with the identifier of an attribution
  wasDerivedFrom(ex:d; ex:e2, ex:e1)
  wasAttributedTo(ex:d; ex:e2, ex:e1)
valid one identifier of a usage and of a generation in another bundle
  used(ex:x; ex:a, ex:e, -)
  bundle ex:b
    wasGeneratedBy(ex:x; ex:e, ex:a, -)
  endBundle
53 usage and generation
  used(ex:x; ex:a, ex:e, -)
  wasGeneratedBy(ex:x; ex:e, ex:a, -)
53 generation and invalidation
  wasGeneratedBy(ex:x; ex:e, ex:a, -)
  wasInvalidatedBy(ex:x; ex:e, ex:a, -)
53 start and end
  wasStartedBy(ex:x; ex:a, ex:e, -, -)
  wasEndedBy(ex:x; ex:a, ex:e, -, -)
53 attribution and association
  wasAttributedTo(ex:x; ex:e, ex:ag)
  wasAssociatedWith(ex:x; ex:a, ex:ag, -)
53 delegation and communication
  actedOnBehalfOf(ex:x; ex:ag2, ex:ag1, -)
  wasInformedBy(ex:x; ex:a2, ex:a1)
53 usage of a derivation is an invalidation
  wasInvalidatedBy(ex:x; ex:e1, ex:a, -)
  wasDerivedFrom(ex:e2, ex:e1, ex:a, ex:g, ex:x)
53 generation and usage of a derivation have one identifier
  wasDerivedFrom(ex:e2, ex:e1, ex:a, ex:x, ex:x)

# 54 impossible-object-property-overlap
54 entity and generation
  entity(ex:x)
  wasGeneratedBy(ex:x; ex:e, ex:a, -)
54 activity and usage
  activity(ex:x, -, -)
  used(ex:x; ex:a, ex:e, -)
54 agent and delegation
  agent(ex:x)
  actedOnBehalfOf(ex:x; ex:ag2, ex:ag1, -)
54 entity and attribution
  entity(ex:x)
  wasAttributedTo(ex:x; ex:e, ex:ag)
54 agent and association
  agent(ex:x)
  wasAssociatedWith(ex:x; ex:a, ex:ag, -)
54 entity and derivation
  entity(ex:x)
  wasDerivedFrom(ex:x; ex:e2, ex:e1)
54 entity and influence
  entity(ex:x)
  wasInfluencedBy(ex:x; ex:e2, ex:e1)
54 activity and start
  activity(ex:x, -, -)
  wasStartedBy(ex:x; ex:a, -, -, -)
54 activity and end
  activity(ex:x, -, -)
  wasEndedBy(ex:x; ex:a, ex:e, -, -)
54 entity and communication
  entity(ex:x)
  wasInformedBy(ex:x; ex:a2, ex:a1)
54 entity and invalidation
  entity(ex:x)
  wasInvalidatedBy(ex:x; ex:e, ex:a, -)
54 entity and the generation of a derivation
  entity(ex:x)
  wasDerivedFrom(ex:e2, ex:e1, ex:a, ex:x, -)
valid entity at the top and generation in a bundle
  entity(ex:x)
  bundle ex:b
    wasGeneratedBy(ex:x; ex:e, ex:a, -)
  endBundle

# 55 entity-activity-disjoint
55 stated as both
  entity(ex:x)
  activity(ex:x, -, -)
55 used and using
  used(ex:a, ex:x, -)
  used(ex:x, ex:e, -)
55 generated by an entity
  entity(ex:x)
  wasGeneratedBy(ex:e, ex:x, -)
55 an activity generated
  activity(ex:x, -, -)
  wasGeneratedBy(ex:x, -, -)
55 an activity invalidated
  activity(ex:x, -, -)
  wasInvalidatedBy(ex:x, -, -)
55 an entity that started something
  entity(ex:x)
  wasStartedBy(ex:a, -, ex:x, -)
55 an activity as trigger
  activity(ex:x, -, -)
  wasEndedBy(ex:a, ex:x, -, -)
55 an entity that informed
  entity(ex:x)
  wasInformedBy(ex:a, ex:x)
55 an activity derived
  activity(ex:x, -, -)
  wasDerivedFrom(ex:x, ex:e)
55 an entity that derived
  entity(ex:x)
  wasDerivedFrom(ex:e2, ex:e1, ex:x, -, -)
55 an activity with an attribution
  activity(ex:x, -, -)
  wasAttributedTo(ex:x, ex:ag)
55 an activity as plan
  activity(ex:x, -, -)
  wasAssociatedWith(ex:a, ex:ag, ex:x)
55 an entity with an association
  entity(ex:x)
  wasAssociatedWith(ex:x, ex:ag, -)
55 a delegation in an entity
  entity(ex:x)
  actedOnBehalfOf(ex:ag2, ex:ag1, ex:x)
55 an activity with a specialization
  activity(ex:x, -, -)
  specializationOf(ex:e, ex:x)
55 an activity as alternate
  activity(ex:x, -, -)
  alternateOf(ex:x, ex:e)
55 an activity as member
  activity(ex:x, -, -)
  hadMember(ex:c, ex:x)
55 an activity as collection
  activity(ex:x, -, -)
  hadMember(ex:x, ex:e)
55 through merging of two starts
  entity(ex:x)
  wasStartedBy(ex:s; ex:a, -, -, -)
  wasStartedBy(ex:s; ex:a, -, ex:x, -)
55 in a bundle
  bundle ex:b
    entity(ex:x)
    used(ex:x, ex:e, -)
  endBundle

# 56 membership-empty-collection
valid a collection with members
  entity(ex:c, [prov:type='prov:Collection'])
  hadMember(ex:c, ex:e1)
  hadMember(ex:c, ex:e2)
valid an empty collection
  entity(ex:c, [prov:type='prov:EmptyCollection'])
valid an empty collection as member
  entity(ex:e, [prov:type='prov:EmptyCollection'])
  hadMember(ex:c, ex:e)
valid the general collection has a member, the special is empty
  entity(ex:c2, [prov:type='prov:EmptyCollection'])
  specializationOf(ex:c2, ex:c1)
  hadMember(ex:c1, ex:e)
valid an empty collection elsewhere
  entity(ex:c, [prov:type='prov:EmptyCollection'])
  bundle ex:b
    hadMember(ex:c, ex:e)
  endBundle
56 an empty collection with a member
  entity(ex:c, [prov:type='prov:EmptyCollection'])
  hadMember(ex:c, ex:e)
56 an empty collection whose type is an xsd:QName
  entity(ex:c, [prov:type="prov:EmptyCollection" %% xsd:QName])
  hadMember(ex:c, ex:e)
56 an empty collection whose type is an xsd:anyURI
  entity(ex:c, [prov:type="http://www.w3.org/ns/prov#EmptyCollection" %% xsd:anyURI])
  hadMember(ex:c, ex:e)
valid a text that reads like the type of empty collections
  entity(ex:c, [prov:type="prov:EmptyCollection"])
  hadMember(ex:c, ex:e)
56 empty by a second statement
  entity(ex:c, [prov:type='prov:Collection'])
  hadMember(ex:c, ex:e)
  entity(ex:c, [prov:type='prov:EmptyCollection'])
56 empty as a specialization of an empty one
  entity(ex:c1, [prov:type='prov:EmptyCollection'])
  specializationOf(ex:c2, ex:c1)
  hadMember(ex:c2, ex:e)
56 empty as a specialization two steps away
  hadMember(ex:c3, ex:e)
  specializationOf(ex:c3, ex:c2)
  entity(ex:c3)
  specializationOf(ex:c2, ex:c1)
  entity(ex:c1, [prov:type='prov:EmptyCollection'])

# what PROV-DM does not let be left out
valid everything left out that may be
  wasGeneratedBy(ex:e)
  used(ex:a)
  wasStartedBy(ex:a)
  wasEndedBy(ex:a)
  wasInvalidatedBy(ex:e)
  wasAssociatedWith(ex:a)
  wasDerivedFrom(ex:e2, ex:e1)
  actedOnBehalfOf(ex:ag2, ex:ag1)
malformed generation of nothing
  wasGeneratedBy(ex:g; -, ex:a, -)
malformed usage by nothing
  used(ex:u; -, ex:e, -)
malformed start of nothing
  wasStartedBy(ex:s; -, ex:e, -, -)
malformed end of nothing
  wasEndedBy(ex:s; -, ex:e, -, -)
malformed invalidation of nothing
  wasInvalidatedBy(ex:i; -, ex:a, -)
malformed communication without informed
  wasInformedBy(ex:i; -, ex:a)
malformed communication without informant
  wasInformedBy(ex:i; ex:a, -)
malformed derivation of nothing
  wasDerivedFrom(ex:d; -, ex:e1)
malformed derivation from nothing
  wasDerivedFrom(ex:d; ex:e2, -)
malformed attribution of nothing
  wasAttributedTo(ex:x; -, ex:ag)
malformed attribution to nobody
  wasAttributedTo(ex:x; ex:e, -)
malformed association of nothing
  wasAssociatedWith(ex:x; -, ex:ag, -)
malformed delegation of nobody
  actedOnBehalfOf(ex:d; -, ex:ag1, -)
malformed influence of nothing
  wasInfluencedBy(ex:i; -, ex:x1)
malformed influence by nothing
  wasInfluencedBy(ex:i; ex:x2, -)
malformed specialization of nothing
  specializationOf(ex:e2, -)
malformed alternate of nothing
  alternateOf(-, ex:e1)
malformed member of nothing
  hadMember(-, ex:e1)
malformed mention without bundle
  mentionOf(ex:e2, ex:e1, -)
malformed in a bundle
  bundle ex:b
    wasAttributedTo(ex:e, -)
  endBundle

# PROV-LINKS
valid a mention
  entity(ex:e1)
  entity(ex:e2)
  mentionOf(ex:e2, ex:e1, ex:b)
valid a mention twice
  mentionOf(ex:e2, ex:e1, ex:b)
  mentionOf(ex:e2, ex:e1, ex:b)
valid two that mention one
  mentionOf(ex:e2, ex:e1, ex:b)
  mentionOf(ex:e3, ex:e1, ex:b)
mention of one entity in two bundles
  mentionOf(ex:e2, ex:e1, ex:b1)
  mentionOf(ex:e2, ex:e1, ex:b2)
mention of two entities
  mentionOf(ex:e2, ex:e1, ex:b)
  mentionOf(ex:e2, ex:e0, ex:b)
"""


class Case(NamedTuple):
    """A document and what is expected of it."""

    section: str
    verdict: str
    name: str
    statements: str

    @property
    def is_valid(self) -> bool:
        return self.verdict == "valid"


def cases() -> list[Case]:
    found: list[Case] = []
    section = ""
    for line in TEXT.splitlines():
        if line.startswith("#"):
            section = line.removeprefix("#").strip()
        elif line.startswith(" "):
            last = found[-1]
            found[-1] = last._replace(statements=last.statements + line + "\n")
        elif line:
            verdict, name = line.split(" ", 1)
            found.append(Case(section, verdict, name, ""))
    return found
