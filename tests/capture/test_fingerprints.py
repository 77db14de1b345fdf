"""What sums up an object's state tells a change in it, as deep as it looks."""

import pytest

from provkit.capture.fingerprints import fingerprint


class Part:
    pass


def test_a_small_array_deep_in_an_object_is_looked_into():
    numpy = pytest.importorskip("numpy")
    whole = Part()
    whole.inner = Part()
    whole.inner.cached = numpy.zeros(50)
    whole.inner.layers = [numpy.zeros(3)]
    before = fingerprint(whole)
    assert fingerprint(whole) == before
    whole.inner.cached[7] = 1.0
    assert fingerprint(whole) != before
    before = fingerprint(whole.inner)
    whole.inner.layers[0] += 1
    assert fingerprint(whole.inner) != before
