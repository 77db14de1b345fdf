"""An object at the address of one that is gone is another object, whatever name holds it."""

from __future__ import annotations

from pathlib import Path

from provkit.capture.journal import Journal
from provkit.capture.objects import Objects, Places


def test_a_name_bound_again_does_not_vouch_for_what_it_held_before(tmp_path: Path) -> None:
    """`a = [1]` thrice: the third list may lie where the first one lay."""
    objects, namespace = Objects(Journal(str(tmp_path / "journal"))), dict[str, object]()
    places = Places(namespace, None, None)
    first, second = [1], [1]
    namespace["a"] = first
    objects.hold(first, 1, places, "a")
    namespace["a"] = second
    objects.hold(second, 2, places, "a")
    namespace["a"] = third = first  # the same address; nobody has told of it yet
    assert objects.find(third, None) is None
    namespace["a"] = second
    known = objects.find(second, None)
    assert known is not None
    assert known.value == 2


def test_a_name_that_is_gone_does_not_vouch_for_what_it_held(tmp_path: Path) -> None:
    """`globals().pop("a")`, then `a = [1]`: no hook has seen the first one go."""
    objects, namespace = Objects(Journal(str(tmp_path / "journal"))), dict[str, object]()
    places = Places(namespace, None, None)
    namespace["a"] = namespace["b"] = first = [1]
    objects.hold(first, 1, places, "a")
    del namespace["a"], namespace["b"]
    assert places.gone() == ["a"]
    namespace["a"] = first  # the same address
    assert objects.find(first, None) is None
