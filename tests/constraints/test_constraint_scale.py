"""Documents of an unpleasant shape take about as long as others of their size."""

import time

import pytest
from prov.model import ProvDocument

from provkit.constraints import check, equivalent, normalize

SIZE = 4_000
# Quadratic work on any of these shapes takes minutes; linear work well under a second.
LIMIT_SECONDS = 10


def new():
    document = ProvDocument()
    document.add_namespace("ex", "http://example.org/")
    return document


def chain_of_specializations():
    document = new()
    document.entity("ex:e0")
    for number in range(SIZE):
        document.specialization(f"ex:e{number + 1}", f"ex:e{number}")
    document.derivation("ex:e0", f"ex:e{SIZE}")
    return document


def one_activity_for_everything():
    document = new()
    document.activity("ex:a")
    for number in range(SIZE):
        document.generation(f"ex:e{number}", "ex:a")
        document.usage("ex:a", f"ex:e{number}")
        document.communication("ex:a", "ex:a")
    return document


def one_identifier_with_a_different_time_each():
    document = new()
    for number in range(SIZE):
        document.usage("ex:a", "ex:e", f"2026-01-01T00:00:00.{number:06}Z", identifier="ex:u")
    return document


def one_entity_with_an_attribute_each():
    document = new()
    for number in range(SIZE):
        document.entity("ex:e", {"ex:k": number})
    return document


def one_entity_generated_by_all_and_attributed_to_all():
    document = new()
    for number in range(SIZE):
        document.generation("ex:e", f"ex:a{number}")
        document.attribution("ex:e", f"ex:ag{number}")
        document.association(f"ex:a{number}", f"ex:ag{number}")
    return document


def circle_of_derivations():
    document = new()
    for number in range(SIZE):
        document.entity(f"ex:e{number}")
        document.derivation(f"ex:e{number}", f"ex:e{(number + 1) % SIZE}")
    return document


def many_small_circles():
    document = new()
    for number in range(SIZE // 2):
        document.entity(f"ex:e{number}")
        document.derivation(f"ex:e{number}", f"ex:e{number}")
    return document


def unknowns_merged_one_after_the_other():
    document = new()
    for number in range(SIZE):
        document.start("ex:a", identifier=f"ex:s{number // 2}")
        document.start("ex:a", trigger=f"ex:e{number // 2}", identifier=f"ex:s{number // 2}")
    return document


VALID = [
    one_activity_for_everything,
    one_entity_with_an_attribute_each,
    one_entity_generated_by_all_and_attributed_to_all,
    unknowns_merged_one_after_the_other,
]
INVALID = [
    chain_of_specializations,
    one_identifier_with_a_different_time_each,
    circle_of_derivations,
    many_small_circles,
]


@pytest.mark.parametrize("shape", [*VALID, *INVALID], ids=lambda shape: shape.__name__)
def test_shape_is_checked_in_time(shape):
    document = shape()
    started = time.perf_counter()
    report = check(document)
    assert time.perf_counter() - started < LIMIT_SECONDS
    assert report.valid == (shape in VALID)


@pytest.mark.parametrize("shape", VALID, ids=lambda shape: shape.__name__)
def test_shape_is_normalized_and_compared_in_time(shape):
    document = shape()
    started = time.perf_counter()
    normalize(document)
    assert equivalent(document, document)
    assert time.perf_counter() - started < 2 * LIMIT_SECONDS


def test_a_thousand_usages_that_nothing_tells_apart_are_compared_in_time():
    one, other = new(), new()
    for _ in range(1_000):
        one.usage("ex:a", "ex:e")
        other.usage("ex:a", "ex:e")
    started = time.perf_counter()
    assert equivalent(one, other)
    other.usage("ex:a", "ex:e")
    assert not equivalent(one, other)
    assert time.perf_counter() - started < LIMIT_SECONDS
