"""The way from an execution out to what stands around it."""

from types import SimpleNamespace

from provkit.assembly.invocations import Invocations


def test_the_way_out_of_a_cell_ends_there():
    # Activations are numbered by themselves: the first has the number of the cell that it ran in.
    gathered = SimpleNamespace(
        calls={3: SimpleNamespace(parent=2)},
        statements={2: SimpleNamespace(parent=1), 4: SimpleNamespace(parent=3)},
        activations={1: SimpleNamespace(parent=3)},
    )
    around = Invocations.calls_around(SimpleNamespace(gathered=gathered), 4)
    assert list(around) == [4, 3, 2, 1]
