"""What precedes what: each ordering constraint, seen in the graph of events."""

import pytest
from prov_n import document

from provkit.constraints import check
from provkit.constraints.checking import close
from provkit.constraints.graph import Digraph
from provkit.constraints.ordering import event_order
from provkit.constraints.statements import read_instance
from provkit.constraints.wording import Wording

START_AND_END = "wasStartedBy(ex:s; ex:a, -, -, -)\nwasEndedBy(ex:x; ex:a, -, -, -)\n"
AGENT = (
    "wasStartedBy(ex:s; ex:a, -, -, -)\nwasEndedBy(ex:x; ex:a, -, -, -)\n"
    "wasAssociatedWith(ex:a, ex:ag, -)\n"
)

# constraint, statements, earlier event, later event
PRECEDENCES = [
    (30, START_AND_END, "ex:s", "ex:x"),
    (
        31,
        "wasStartedBy(ex:s; ex:a, -, ex:b, -)\nwasStartedBy(ex:t; ex:a, -, ex:c, -)",
        "ex:s",
        "ex:t",
    ),
    (
        31,
        "wasStartedBy(ex:s; ex:a, -, ex:b, -)\nwasStartedBy(ex:t; ex:a, -, ex:c, -)",
        "ex:t",
        "ex:s",
    ),
    (32, "wasEndedBy(ex:s; ex:a, -, ex:b, -)\nwasEndedBy(ex:t; ex:a, -, ex:c, -)", "ex:s", "ex:t"),
    (32, "wasEndedBy(ex:s; ex:a, -, ex:b, -)\nwasEndedBy(ex:t; ex:a, -, ex:c, -)", "ex:t", "ex:s"),
    (33, START_AND_END + "used(ex:u; ex:a, ex:e, -)", "ex:s", "ex:u"),
    (33, START_AND_END + "used(ex:u; ex:a, ex:e, -)", "ex:u", "ex:x"),
    (34, START_AND_END + "wasGeneratedBy(ex:g; ex:e, ex:a, -)", "ex:s", "ex:g"),
    (34, START_AND_END + "wasGeneratedBy(ex:g; ex:e, ex:a, -)", "ex:g", "ex:x"),
    (
        35,
        (
            "wasInformedBy(ex:a2, ex:a1)\nwasStartedBy(ex:s; ex:a1, -, -, -)\n"
            "wasEndedBy(ex:x; ex:a2, -, -, -)"
        ),
        "ex:s",
        "ex:x",
    ),
    (36, "wasGeneratedBy(ex:g; ex:e, -, -)\nwasInvalidatedBy(ex:i; ex:e, -, -)", "ex:g", "ex:i"),
    (37, "wasGeneratedBy(ex:g; ex:e, -, -)\nused(ex:u; ex:a, ex:e, -)", "ex:g", "ex:u"),
    (38, "used(ex:u; ex:a, ex:e, -)\nwasInvalidatedBy(ex:i; ex:e, -, -)", "ex:u", "ex:i"),
    (
        39,
        "wasGeneratedBy(ex:g; ex:e, ex:a, -)\nwasGeneratedBy(ex:h; ex:e, ex:b, -)",
        "ex:g",
        "ex:h",
    ),
    (
        39,
        "wasGeneratedBy(ex:g; ex:e, ex:a, -)\nwasGeneratedBy(ex:h; ex:e, ex:b, -)",
        "ex:h",
        "ex:g",
    ),
    (
        40,
        "wasInvalidatedBy(ex:i; ex:e, ex:a, -)\nwasInvalidatedBy(ex:j; ex:e, ex:b, -)",
        "ex:i",
        "ex:j",
    ),
    (
        40,
        "wasInvalidatedBy(ex:i; ex:e, ex:a, -)\nwasInvalidatedBy(ex:j; ex:e, ex:b, -)",
        "ex:j",
        "ex:i",
    ),
    (41, "wasDerivedFrom(ex:e2, ex:e1, ex:a, ex:g, ex:u)", "ex:u", "ex:g"),
    (
        42,
        (
            "wasGeneratedBy(ex:g; ex:e1, -, -)\nwasGeneratedBy(ex:h; ex:e2, -, -)\n"
            "wasDerivedFrom(ex:e2, ex:e1)"
        ),
        "ex:g",
        "ex:h",
    ),
    (
        43,
        "wasGeneratedBy(ex:g; ex:e, ex:b, -)\nwasStartedBy(ex:s; ex:a, ex:e, ex:b, -)",
        "ex:g",
        "ex:s",
    ),
    (
        43,
        "wasStartedBy(ex:s; ex:a, ex:e, -, -)\nwasInvalidatedBy(ex:i; ex:e, -, -)",
        "ex:s",
        "ex:i",
    ),
    (
        44,
        "wasGeneratedBy(ex:g; ex:e, ex:b, -)\nwasEndedBy(ex:x; ex:a, ex:e, ex:b, -)",
        "ex:g",
        "ex:x",
    ),
    (44, "wasEndedBy(ex:x; ex:a, ex:e, -, -)\nwasInvalidatedBy(ex:i; ex:e, -, -)", "ex:x", "ex:i"),
    (
        45,
        (
            "specializationOf(ex:e2, ex:e1)\nwasGeneratedBy(ex:g; ex:e1, -, -)\n"
            "wasGeneratedBy(ex:h; ex:e2, -, -)"
        ),
        "ex:g",
        "ex:h",
    ),
    (
        46,
        (
            "specializationOf(ex:e2, ex:e1)\nwasInvalidatedBy(ex:i; ex:e1, -, -)\n"
            "wasInvalidatedBy(ex:j; ex:e2, -, -)"
        ),
        "ex:j",
        "ex:i",
    ),
    (47, AGENT + "wasInvalidatedBy(ex:i; ex:ag, -, -)", "ex:s", "ex:i"),
    (47, AGENT + "wasGeneratedBy(ex:g; ex:ag, -, -)", "ex:g", "ex:x"),
    (47, AGENT + "wasEndedBy(ex:y; ex:ag, -, -, -)", "ex:s", "ex:y"),
    (47, AGENT + "wasStartedBy(ex:t; ex:ag, -, -, -)", "ex:t", "ex:x"),
    (
        48,
        (
            "wasAttributedTo(ex:e, ex:ag)\nwasGeneratedBy(ex:g; ex:ag, -, -)\n"
            "wasGeneratedBy(ex:h; ex:e, -, -)"
        ),
        "ex:g",
        "ex:h",
    ),
    (
        48,
        (
            "wasAttributedTo(ex:e, ex:ag)\nwasStartedBy(ex:s; ex:ag, -, -, -)\n"
            "wasGeneratedBy(ex:h; ex:e, -, -)"
        ),
        "ex:s",
        "ex:h",
    ),
    (
        49,
        (
            "actedOnBehalfOf(ex:d, ex:r)\nwasGeneratedBy(ex:g; ex:r, -, -)\n"
            "wasInvalidatedBy(ex:i; ex:d, -, -)"
        ),
        "ex:g",
        "ex:i",
    ),
    (
        49,
        (
            "actedOnBehalfOf(ex:d, ex:r)\nwasStartedBy(ex:s; ex:r, -, -, -)\n"
            "wasEndedBy(ex:x; ex:d, -, -, -)"
        ),
        "ex:s",
        "ex:x",
    ),
]


def order_of(statements):
    closed = close(read_instance(document(statements)))
    order, wording = event_order(closed), Wording(closed.instance)
    nodes = {
        wording.term(event.terms[0]): node
        for node, event in enumerate(order.events)
        if event is not None
    }
    return order, nodes


def reachable(graph, start):
    onward = {}
    for source, target in zip(graph.sources, graph.targets, strict=True):
        onward.setdefault(source, []).append(target)
    reached, waiting = {start}, [start]
    while waiting:
        for target in onward.get(waiting.pop(), ()):
            if target not in reached:
                reached.add(target)
                waiting.append(target)
    return reached


@pytest.mark.parametrize(("constraint", "statements", "earlier", "later"), PRECEDENCES)
def test_event_precedes_event(constraint, statements, earlier, later):
    order, nodes = order_of(statements)
    assert nodes[later] in reachable(order.graph, nodes[earlier])
    assert constraint in {label.constraint for label in order.graph.labels}


@pytest.mark.parametrize(("constraint", "statements", "earlier", "later"), PRECEDENCES)
def test_only_simultaneous_events_precede_each_other(constraint, statements, earlier, later):
    order, nodes = order_of(statements)
    both_ways = constraint in (31, 32, 39, 40)
    assert (nodes[earlier] in reachable(order.graph, nodes[later])) == both_ways


def test_only_derivations_are_strict():
    for constraint, statements, _, _ in PRECEDENCES:
        order, _ = order_of(statements)
        strict = {order.graph.labels[edge].constraint for edge in order.strict}
        assert strict <= {42}
        assert strict or constraint != 42


def test_cycle_is_told_event_by_event_and_leads_back():
    report = check(
        document(
            "wasGeneratedBy(ex:g1; ex:e1, ex:a, -)\nwasStartedBy(ex:s; ex:a, ex:e2, -, -)\n"
            "wasDerivedFrom(ex:e2, ex:e1)\nwasGeneratedBy(ex:g2; ex:e2, ex:b, -)"
        )
    )
    (found,) = report.violations
    assert found.constraint == 42
    assert [step.earlier for step in found.cycle] == [
        "generation of ex:e1 by ex:a (ex:g1)",
        "generation of ex:e2 by ex:b (ex:g2)",
        "start of ex:a (ex:s)",
    ]
    assert [step.constraint for step in found.cycle] == [42, 43, 34]
    assert [step.strictly for step in found.cycle] == [True, False, False]
    assert found.cycle[-1].later == found.cycle[0].earlier
    assert "the start of ex:a (ex:s) precedes the generation of ex:e1 by ex:a (ex:g1)" in str(found)


def test_steps_over_several_specializations_name_them_all():
    report = check(
        document(
            "entity(ex:e1)\nspecializationOf(ex:e3, ex:e2)\nspecializationOf(ex:e2, ex:e1)\n"
            "wasDerivedFrom(ex:e1, ex:e3)"
        )
    )
    (found,) = report.violations
    (step,) = [step for step in found.cycle if step.constraint == 45]
    assert "specializationOf(ex:e3, ex:e2)" in step.statement
    assert "specializationOf(ex:e2, ex:e1)" in step.statement


def test_a_chain_longer_than_the_stack_of_python_has_components():
    graph: Digraph[None] = Digraph()
    for node in range(50_000):
        graph.add_edge(node, node + 1, None)
    back = graph.add_edge(50_000, 25_000, None)
    component = graph.components()
    assert len(set(component)) == 25_001
    (cycle,) = graph.shortest_cycles([back])
    assert len(cycle) == 25_001
