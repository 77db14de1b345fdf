"""What keras networks measure while they are trained and when they are asked, with keras if it is here and with a stand-in."""

from __future__ import annotations

import importlib.util
import os

import pytest
from programs import run_program

STAND_IN = """\
class Dense:
    def __init__(self, units, activation=None):
        self.units, self.activation = units, activation


class History:
    def __init__(self):
        self.history = {}


class Sequential:
    def __init__(self, layers=None, trainable=True, name=None):
        self.layers = list(layers or [])

    def compile(self, optimizer="rmsprop", loss=None, metrics=None):
        self.asked = ["loss", *(metrics or [])]

    def fit(self, x=None, y=None, epochs=1, validation_data=None, verbose="auto"):
        self.history = History()
        for name in self.asked:
            self.history.history[name] = [0.5] * epochs
            if validation_data is not None:
                self.history.history["val_" + name] = [0.25] * epochs
        self.weights = [epochs]
        return self.history

    def evaluate(self, x=None, y=None, verbose="auto"):
        return [0.125, 0.75]
"""
PROGRAM = """\
import sys

sys.path.insert(0, "../library")
import keras
import numpy as np

if hasattr(keras, "layers"):
    from keras.layers import Dense
else:
    from keras import Dense

x_train = np.arange(80, dtype="float32").reshape(20, 4) / 80
y_train = np.arange(20, dtype="float32") % 2
x_test, y_test = x_train[::2] + 0.01, y_train[::2]
model = keras.Sequential([Dense(4, activation="relu"), Dense(1, activation="sigmoid")])
model.compile(optimizer="sgd", loss="binary_crossentropy", metrics=["accuracy"])
model.fit(x_train, y_train, epochs=3, validation_data=(x_test, y_test), verbose=0)
loss, accuracy = model.evaluate(x_test, y_test, verbose=0)
print(model.evaluate(x_test, y_test, verbose=0))
"""


@pytest.fixture(scope="module", params=["a stand-in", "keras"])
def learning(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp("networks")
    if request.param == "keras":
        if importlib.util.find_spec("keras") is None:
            pytest.skip("keras is not installed")
        os.environ.setdefault("KERAS_BACKEND", "torch")
    else:
        (folder / "library" / "keras").mkdir(parents=True)
        (folder / "library" / "keras" / "__init__.py").write_text(STAND_IN)
    return run_program(folder / "project", PROGRAM).learning


def test_what_was_measured_after_each_epoch_is_a_curve(learning):
    curves = {(one.series, one.measure): len(one.numbers) for one in learning.curves}
    assert curves == {
        (None, "loss"): 3,
        (None, "accuracy"): 3,
        ("validation", "loss"): 3,
        ("validation", "accuracy"): 3,
    }


def test_the_last_number_on_validation_data_is_a_measure_that_was_asked_for(learning):
    told = [one for one in learning.evaluations if one.via == "evaluation set"]
    assert [(one.measure, one.split, one.iteration) for one in told] == [
        ("loss", "validation", 2),
        ("accuracy", "validation", 2),
    ]
    assert not any(one.is_implied for one in told)


def test_what_evaluate_gives_is_told_by_what_was_asked_for_once_each(learning):
    """The statement that takes the numbers apart binds them; the one that prints them does not."""
    told = [one for one in learning.evaluations if one.via == "call"]
    assert [(one.measure, one.split, one.value) for one in told] == [
        ("loss", "test", "loss.1"),
        ("accuracy", "test", "accuracy.1"),
        ("loss", "test", None),
        ("accuracy", "test", None),
    ]
    assert {one.run for one in told} == {learning.runs[0].key}
