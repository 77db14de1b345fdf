"""What a call meant for learning, told when it has returned: parameters, fitted models, measures."""

from __future__ import annotations

import sys
from collections.abc import Callable
from itertools import islice

from provkit.capture.callees import Callee, is_own
from provkit.capture.fitted import FITS, Fitted, keeps_history
from provkit.capture.journal import Journal, json_of, text
from provkit.capture.kept_models import KeptModels, is_model
from provkit.capture.parameters import Parameters, brief, described_defaults
from provkit.capture.running import Returned
from provkit.capture.studies import is_study, trials_of_fmin, trials_of_study
from provkit.capture.values import Description, is_atom
from provkit.redaction import redact

_ITEMS = 64
_TOLD_OF_PYTHON = frozenset({"random"})
"""Modules of the standard library whose calls have parameters that matter: seeds."""
_SETS = frozenset({"set_params"})
_TRAINED = frozenset({"parameters", "compile"})
"""Methods of networks that the program trains, besides those that fit."""

Told = tuple[int | str, Description, bool]
"""Position or keyword of an argument, what it looks like, and whether it came out of `*` or `**`."""


def is_told(callee: Callee) -> bool:
    """Tell whether the arguments of a callee are worth telling: it is the project's, or a library's."""
    if callee.kind == "own":
        return True
    root = (callee.module or "builtins").partition(".")[0]
    return root in _TOLD_OF_PYTHON or (
        root not in sys.stdlib_module_names and root not in ("builtins", "__main__")
    )


def defaults_text(callee: Callee, function: object) -> str:
    """Write the declared defaults of a callee as JSON."""
    return json_of(described_defaults(function)) if is_told(callee) else "{}"


def mapping_items(obj: object) -> dict[str, Description]:
    """Describe what a dict holds under texts, as far as it is not too much."""
    items: list[tuple[object, object]] = list(islice(dict.items(obj), _ITEMS))  # type: ignore[arg-type]
    return {redact(name): brief(member, name) for name, member in items if type(name) is str}


class Meaning:
    """Listens to calls that have returned."""

    def __init__(
        self,
        journal: Journal,
        version_of: Callable[[object], int | None],
        project: str,
        libraries: list[str],
        *,
        keep_models: bool = False,
    ) -> None:
        def is_the_projects(file: str) -> bool:
            return is_own(file, project, libraries)

        self._journal = journal
        self._version_of = version_of
        self._parameters = Parameters(journal, version_of, is_the_projects)
        self._fitted = Fitted(journal, self._parameters)
        self.kept = KeptModels(journal, version_of, is_the_projects, all_wanted=keep_models)

    def returned(self, call: Returned) -> None:
        """Tell what a call was given, what it made and what it has done to its receiver."""
        if not is_told(call.callee):
            return
        arguments = [get() for get, _, _ in call.arguments]
        self._tell_arguments(call, arguments)
        result = call.result
        if call.value is not None and not is_atom(result):
            if self._parameters.has_some(result) and not self._parameters.is_told(result):
                self._parameters.made(call.order, result, call.value)
            self._fitted.tell_numbers(call.order, call.place, call.callee.name, result)
            if call.callee.method is None and call.callee.name == "train":
                self._fitted.tell(call.order, result, call.value, arguments)
                self.kept.fitted(result, call.value)
            if call.callee.name == "fmin" and (call.callee.module or "").startswith("hyperopt"):
                self._fitted.tell_tried(call.order, call.value, *trials_of_fmin(arguments, result))
        if call.callee.module == "provkit.untagged" and call.callee.name == "tag":
            self._keep_tagged(call, arguments)
        if call.receiver is not None:
            self._look_at(call, call.receiver[0], arguments)
            if call.callee.method in FITS or call.callee.method in _TRAINED:
                self.kept.fitted(call.receiver[0], self._version_of(call.receiver[0]))

    def stored(self, order: int, obj: object) -> None:
        """Tell what the assignment of an attribute has set."""
        if not is_atom(obj) and self._parameters.is_told(obj):
            value = self._version_of(obj)
            if value is not None:
                self._parameters.changed(order, obj, value)

    def _look_at(self, call: Returned, receiver: object, arguments: list[object]) -> None:
        if call.callee.method == "optimize" and is_study(receiver):
            study = self._version_of(receiver)
            if study is not None:
                self._fitted.tell_tried(call.order, study, *trials_of_study(receiver))
            return
        is_plain = not self._parameters.has_some(receiver)
        if is_plain and (call.callee.method not in FITS or not keeps_history(receiver)):
            return
        value = self._version_of(receiver)
        if value is None:
            return
        if is_plain:
            self._fitted.tell(call.order, receiver, value, arguments)
            return
        if not self._parameters.is_told(receiver):
            self._parameters.made(call.order, receiver, value)
        method = call.callee.method
        if method in _SETS:
            self._parameters.changed(call.order, receiver, value)
        elif method in FITS:
            self._fitted.tell(call.order, receiver, value, arguments)
            self._parameters.changed(call.order, receiver, value)

    def _keep_tagged(self, call: Returned, arguments: list[object]) -> None:
        """Keep the model that a program gives to `provkit.tag`."""
        for obj, (_, value, _) in zip(arguments, call.arguments, strict=True):
            if value is not None and not is_atom(obj) and is_model(obj):
                self.kept.hold(obj, value)

    def _tell_arguments(self, call: Returned, arguments: list[object]) -> None:
        mappings = [
            (value, mapping_items(obj))
            for obj, (_, value, _) in zip(arguments, call.arguments, strict=True)
            if type(obj) is dict and obj
        ]
        if not call.told and not mappings:
            return
        given = ",".join(
            [
                f"[{_position_or_name(parameter)},{json_of(shown)},{json_of(spread)}]"
                for parameter, shown, spread in call.told
            ]
        )
        self._journal.write(
            f'["arguments",{call.order},"{call.place}",[{given}],{json_of(mappings)}]'
        )


def _position_or_name(parameter: int | str) -> str:
    return text(redact(parameter)) if isinstance(parameter, str) else str(parameter)
