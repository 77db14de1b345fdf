"""Hyperparameters: what each object and call was set to, by whom, and where.

Of an object the journal says the values; the call that made it says which of them were given. Of a function
the call says what was given, and the function's own declaration all the rest.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import replace

from provkit.assembly.comprehended import called_in_comprehensions
from provkit.assembly.derivation import Derivations
from provkit.assembly.gathering import Chunk, Gathered
from provkit.assembly.invocations import Given, Invocation, Invocations, Shown, shown_of
from provkit.assembly.makers import Makers
from provkit.assembly.origins import Source
from provkit.assembly.parameter_drafts import Draft, ParametersFound
from provkit.assembly.parameter_texts import is_data, is_setting, pairs_in
from provkit.assembly.whereabouts import Whereabouts
from provkit.events import ParametersSeen
from provkit.model import Implementation

WITH_PARAMETERS = frozenset(
    {
        *("booster", "callback", "container", "cross_validation", "data_generator", "estimator"),
        *("clusterer", "column_transformer", "layer", "loss", "network", "optimizer", "pipeline"),
        *("random_generator", "sampler", "scheduler", "search", "seeder", "settings", "split"),
        *("splitter", "trainer", "transformer"),
    }
)
"""Concepts of the knowledge base whose calls have hyperparameters."""
_NO_PARAMETERS = frozenset(
    {
        *("axes", "data", "evaluation_data", "estimator", "features", "groups", "label"),
        *("model", "optimizer", "path", "prediction", "scores", "transformer", "weight"),
    }
)
"""Roles of arguments that are no hyperparameters."""
_SEEDS = frozenset({"random_state", "random_seed", "seed", "bagging_seed", "feature_fraction_seed"})
_EXPANDED = ("xgboost", "lightgbm", "catboost")
"""Libraries whose trainers take their parameters as one dict."""


def find_parameters(
    invocations: Invocations,
    *,
    trained_in: Collection[int] = (),
    loops: Mapping[int, str] | None = None,
    implementation: Callable[[str], Implementation],
    own_implementation: Callable[[Invocation], Implementation],
    files: Mapping[str, str],
    arguments: Iterable[str],
    paths: Mapping[int, str],
) -> ParametersFound:
    """Find all parameter settings of a trial.

    Args:
        invocations: Its calls.
        trained_in: Orders of calls of the program's own functions that train by a loop of their own.
        loops: By order of a loop of the program's that trains, what it trains.
        implementation: Names a class or function of a library, with its package.
        own_implementation: Names what a call has called.
        files: The path of each file state, by key.
        arguments: The program's command line.
        paths: For each source text its path, to say where something was set.
    """
    found = ParametersFound(
        _revisions={
            value: origin.revision_of
            for value, origin in invocations.derivations.origins.items()
            if origin.revision_of is not None
        }
    )
    makers = Makers(invocations)
    where = Whereabouts(
        invocations, found, makers, files=files, arguments=list(arguments), paths=paths
    )
    finder = _Finder(invocations, found, makers, where, implementation, own_implementation)
    finder.trained_in = trained_in
    finder.find()
    for order, trained in (loops or {}).items():
        finder.find_constants(order, implementation(trained))
    found.drafts.sort(key=lambda draft: draft.order)
    return found


class _Finder:
    def __init__(
        self,
        invocations: Invocations,
        found: ParametersFound,
        makers: Makers,
        where: Whereabouts,
        implementation: Callable[[str], Implementation],
        own_implementation: Callable[[Invocation], Implementation],
    ) -> None:
        self._invocations = invocations
        self._gathered: Gathered = invocations.gathered
        self._derivations: Derivations = invocations.derivations
        self.found = found
        self._makers = makers
        self._where = where
        self._implementation = implementation
        self._own_implementation = own_implementation
        self._keys: set[str] = set()
        self._learning: set[int] = set()
        """Orders of the calls that made what is fitted."""
        self.trained_in: Collection[int] = ()
        self._in_comprehensions: dict[str, list[tuple[int, ast.Call]]] | None = None

    def find(self) -> None:
        """Go through the calls of the program's own, through what the journal tells of objects, and the other calls."""
        self._learning = self._made_to_learn()
        training = self._orders_around_learning() | self._learning | set(self.trained_in)
        training |= self._settings_given(training)
        made = {event.order for _, event in self._gathered.parameters if event.by == "made"}
        calls = [
            one
            for one in self._invocations.all
            if one.order not in made or one.concept == "trainer"
        ]
        # What its own objects were set to is what they hand on.
        for invocation in calls:
            if invocation.callee.kind == "own" and invocation.order in training:
                self._of_own_function(invocation)
        for _, event in self._gathered.parameters:
            self._of_object(event)
        for invocation in calls:
            if invocation.callee.kind != "own" and self._has_parameters(invocation):
                self._of_call(invocation)
        self.found.drafts.sort(key=lambda draft: draft.order)

    # ---------------------------------------------------------------- objects

    def _of_object(self, event: ParametersSeen) -> None:
        settings = dict(self.found.in_force(event.value)) if event.by != "made" else {}
        for prefix, inner in event.parts:
            for name, draft in self.found.in_force(inner).items():
                path = f"{prefix}{name}"
                if path not in settings:
                    copy = replace(
                        draft,
                        key=self._key(event.order, path),
                        name=path,
                        order=event.order,
                        of=event.value,
                        same_as=draft.same_as or draft.key,
                        sources=(),
                    )
                    settings[path] = copy
                    self.found.drafts.append(copy)
        invocation = self._invocations.by_order.get(event.order)
        for name, described, default, owner in event.settings:
            shown = shown_of(described, name)
            draft = Draft(
                self._key(event.order, name),
                name,
                event.order,
                self._implementation(owner),
                shown,
                "resolved",
                event.value,
            )
            draft.is_seed = draft.parameter in _SEEDS
            if event.by == "fitted":
                before = settings.get(name)
                draft.resolves = before.key if before is not None else None
                draft.is_seed = False
                self.found.drafts.append(draft)
                continue
            self._say_who_set(draft, event, invocation, default=default)
            settings[name] = draft
            self.found.drafts.append(draft)
        self.found.of_version[event.value] = settings

    def _say_who_set(
        self, draft: Draft, event: ParametersSeen, invocation: Invocation | None, *, default: bool
    ) -> None:
        given = None
        if self._is_set_in_comprehension(draft, event):
            return
        if invocation is not None and event.by == "made":
            given = invocation.given.get(draft.name)
        elif invocation is not None:
            given = invocation.given.get(draft.name) or next(iter(invocation.given.values()), None)
        draft.origin = "given" if given is not None or not default else "default"
        if event.by == "set" and given is None:
            draft.origin = "given"
            draft.set_by = "assignment"
            draft.where = self._where.place(event.order)
            statement = self._gathered.statements.get(event.order)
            if statement is not None:
                draft.sources = tuple(self._derivations.used.get(event.order, {}))
                draft.sources = tuple(
                    source for source in draft.sources if not self._is_receiver(source, event.value)
                )
            return
        if given is not None and draft.origin == "given":
            self._where.say(draft, given, invocation)
            if event.by == "set" and draft.set_by in ("source", "**"):
                draft.set_by = "set_params"
        elif draft.origin == "given" and not self._is_found_elsewhere(draft, event, invocation):
            draft.where = self._where.place(event.order)
            draft.set_by = "source"

    def _is_set_in_comprehension(self, draft: Draft, event: ParametersSeen) -> bool:
        """Say of what was made in a comprehension, where nobody looked, which settings its text has given."""
        seen = self._gathered.values.get(event.value)
        if event.by == "set" or seen is None or "__" in draft.name:
            return False
        first = self._invocations.by_order.get(event.order)
        if first is not None and first.name.startswith(seen.type) and first.call.receiver is None:
            return False  # somebody has looked
        written = [one for one in self._comprehended(seen.type) if one[0] < event.order]
        if not written:
            return False
        order, call = written[-1]
        places = [name for name, *_ in event.settings if "__" not in name]
        names = {one.arg for one in call.keywords} | set(places[: len(call.args)])
        if draft.name in names or (None in names and draft.origin == "given"):
            draft.origin, draft.set_by, draft.where = "given", "source", self._where.place(order)
            return True
        return False

    def _comprehended(self, cls: str) -> list[tuple[int, ast.Call]]:
        """List the places in comprehensions where objects of a class are made."""
        if self._in_comprehensions is None:
            self._in_comprehensions = {}
            for statement, call, name, _ in called_in_comprehensions(self._invocations):
                self._in_comprehensions.setdefault(name, []).append((statement.order, call))
        return self._in_comprehensions.get(cls, [])

    def _is_found_elsewhere(
        self, draft: Draft, event: ParametersSeen, invocation: Invocation | None
    ) -> bool:
        """Tell whether a part's setting is what it was before, in the search that the part came out of.

        What a search has put in its place, nobody has given.
        """
        root, _, inner = draft.name.partition("__")
        given = invocation.given.get(root) if invocation is not None and inner else None
        if given is None or event.by != "made":
            return False
        for source in self._where.behind(given.sources):
            held = self.found.in_force(source) if isinstance(source, int) else {}
            before = held.get(inner) or held.get(f"estimator__{inner}")
            if before is None:
                continue
            if before.shown == draft.shown:
                draft.same_as = before.same_as or before.key
            else:
                draft.origin = "resolved"
                draft.resolves = before.same_as or before.key
            return True
        return False

    def _is_receiver(self, source: Source, value: int) -> bool:
        origin = self._derivations.origins.get(value)
        return source == value or (origin is not None and source == origin.revision_of)

    # ---------------------------------------------------------------- calls

    def _has_parameters(self, invocation: Invocation) -> bool:
        if invocation.concept in WITH_PARAMETERS:
            is_method = invocation.entry is not None and invocation.entry.is_method
            # `random.seed` is a method of a generator that the module keeps.
            if invocation.concept != "trainer" or not is_method:
                is_searching = (
                    invocation.concept == "search" and invocation.short_name == "optimize"
                )
                is_seeding = invocation.concept == "seeder"
                return not is_method or invocation.is_constructor or is_seeding or is_searching
        is_fit = invocation.short_name in ("fit", "partial_fit", "compile", "fit_transform")
        return is_fit and invocation.call.receiver is not None

    def _of_call(self, invocation: Invocation) -> None:
        owner = self._own_implementation(invocation)
        drafts = self.found.of_call.setdefault(invocation.order, [])
        is_method = invocation.call.receiver is not None
        for name, given in invocation.given.items():
            if not self._is_parameter(invocation, name, given.shown):
                continue
            is_expanded = owner.qualified_name.startswith(_EXPANDED)
            items = (given.shown.items or pairs_in(given.shown)) if is_expanded else None
            if items:
                for inner, shown in items.items():
                    drafts.append(
                        self._given(invocation, owner, inner, replace(given, shown=shown))
                    )
            elif not is_method or given.shown.scalar is not None:
                drafts.append(self._given(invocation, owner, name, given))
        if not is_method:
            named = {draft.name for draft in drafts} | set(invocation.given)
            for name, described in invocation.callee.defaults.items():
                shown = shown_of(described, name)
                if name not in named and self._is_parameter(invocation, name, shown):
                    drafts.append(
                        self._draft(invocation.order, owner, name, shown, invocation.call.result)
                    )
        self.found.drafts.extend(drafts)
        if invocation.call.result is not None and not is_method:
            self.found.of_version.setdefault(
                invocation.call.result, {draft.name: draft for draft in drafts}
            )

    def _is_parameter(self, invocation: Invocation, name: str, shown: Shown) -> bool:
        if not shown.is_known or name.isdigit():
            return False
        stem = name.partition(".")[0]
        role = invocation.role(stem)
        if role is None and stem != name:
            role = invocation.role(f"*{stem}")
        if role == "model" and invocation.concept == "trainer":
            return True  # training goes on from it
        if role == "estimator" and invocation.concept == "splitter":
            return True  # what it parts rows by, as it has no `get_params` to say so
        if role in _NO_PARAMETERS:
            return False
        if role is not None:
            return True
        return shown.scalar is not None or not is_data(shown) or self._is_option(shown)

    def _is_option(self, shown: Shown) -> bool:
        """Tell whether an object is a setting by itself: `family=sm.families.Poisson()`."""
        entry = self._invocations.knowledge.entry((shown.text or "").strip("<>"))
        return entry is not None and entry.concept == "option"

    def _given(
        self, invocation: Invocation, owner: Implementation, name: str, given: Given
    ) -> Draft:
        draft = self._draft(invocation.order, owner, name, given.shown, invocation.call.result)
        draft.origin = "given"
        entry = invocation.entry
        draft.is_seed |= entry is not None and entry.role(name) == "seed"
        self._where.say(draft, given, invocation)
        return draft

    def _draft(
        self, order: int, owner: Implementation, name: str, shown: Shown, result: int | None
    ) -> Draft:
        draft = Draft(self._key(order, name), name, order, owner, shown, "default", result)
        draft.is_seed = name in _SEEDS
        return draft

    # ---------------------------------------------------------------- functions of the project's

    def _orders_around_learning(self) -> set[int]:
        """List the calls inside which something is trained, or made that will be."""
        around: set[int] = set()
        learns = {
            invocation.order
            for invocation in self._invocations.all
            if invocation.callee.kind != "own"
            and (
                invocation.concept
                in ("trainer", "estimator", "optimizer", "training_step", "layer", "network")
                or invocation.short_name in ("fit", "backward")
            )
        }
        for order in learns:
            current: int | None = order
            while current is not None:
                item = self._gathered.calls.get(current) or self._gathered.statements.get(current)
                if item is None:
                    break
                around.add(current)
                current = item.parent
        return around

    def _made_to_learn(self) -> set[int]:
        """List the calls that made what is fitted: of the program's own classes, too."""
        found = set()
        for invocation in self._invocations.all:
            if not (invocation.short_name in ("fit", "partial_fit") or invocation.is_own_training):
                continue
            # What a class of the program's gives has changed already, in its constructor.
            for maker in self._makers.makers_of(invocation.call.receiver):
                if maker.short_name not in ("fit", "partial_fit"):
                    found.add(maker.order)
                    break
        return found

    def _settings_given(self, training: set[int]) -> set[int]:
        """List the calls that made objects of the program's own classes for what trains: `Trainer(net, Config())`."""
        found: set[int] = set()
        waiting = [
            one
            for one in self._invocations.all
            if one.order in training
            or (one.callee.kind != "own" and self._has_parameters(one) and one.concept is not None)
        ]
        for invocation in waiting:
            for given in invocation.given.values():
                for source in given.sources:
                    maker = self._makers.maker_of(source) if isinstance(source, int) else None
                    if maker is not None and maker.order not in training | found:
                        found.add(maker.order)
                        waiting.append(maker)
        return found

    def _of_own_function(self, invocation: Invocation) -> None:
        activation = next(
            (one for one in self._gathered.activations.values() if one.parent == invocation.order),
            None,
        )
        owner = self._own_implementation(invocation)
        bound = dict(activation.binds) if activation is not None else {}
        is_constructor = self._makers.is_constructor(invocation)
        drafts = self.found.of_call.setdefault(invocation.order, [])
        for parameter in invocation.callee.parameters or ():
            name = parameter.lstrip("*")
            given = invocation.given.get(name)
            if given is not None:
                if is_setting(given.shown, is_constructor):
                    drafts.append(self._given(invocation, owner, name, given))
                continue
            seen = self._gathered.values.get(bound.get(name, 0))
            described = seen.description if seen is not None else None
            shown = shown_of(described or invocation.callee.defaults.get(name, {}), name)
            if is_setting(shown, is_constructor):
                made = invocation.call.result if invocation.order in self._learning else None
                drafts.append(self._draft(invocation.order, owner, name, shown, made))
        self.found.drafts.extend(drafts)
        if invocation.call.result is not None and invocation.order in self._learning:
            self.found.of_version.setdefault(
                invocation.call.result, {draft.name: draft for draft in drafts}
            )

    # ---------------------------------------------------------------- constants of the program's

    def find_constants(self, loop: int, trained: Implementation) -> None:
        """Take the constants of the program that a training loop reads as its settings: `EPOCHS = 10`."""
        read: dict[int, None] = {}
        for statement in self._gathered.statements.values():
            if statement.order >= loop and loop in self._invocations.calls_around(statement.order):
                read.update(
                    (value, None) for chunk in statement.chunks for value in _read_in(chunk)
                )
        drafts = self.found.of_call.setdefault(loop, [])
        for value in read:
            names = self._derivations.names.get(value, ())
            where = self._written_out_at(value, loop)
            if where is None or not names:
                continue
            shown = shown_of(self._gathered.values[value].description, names[0])
            draft = self._draft(loop, trained, names[0].rpartition(".")[2], shown, None)
            draft.is_seed = draft.name.lower() in _SEEDS
            draft.origin, draft.set_by, draft.where, draft.sources = (
                "given",
                "source",
                where,
                (value,),
            )
            if all(one.name != draft.name for one in drafts):
                drafts.append(draft)
                self.found.drafts.append(draft)

    def _written_out_at(self, value: int, loop: int) -> str | None:
        """Give the place of a constant of a module, bound to a number before a loop; None for anything else."""
        origin = self._derivations.origins.get(value)
        scalar = self._gathered.values[value].description.get("scalar")
        is_number = isinstance(scalar, int | float) and not isinstance(scalar, bool)
        if origin is None or origin.generated_by is None or origin.data or not is_number:
            return None
        statement = self._gathered.statements.get(origin.generated_by)
        if statement is None or statement.order > loop or statement.activation is not None:
            return None
        names = self._derivations.names.get(value, ("",))
        if not names[0].rpartition(".")[2].isupper():
            return None  # a counter, a name that the loop binds anew
        return self._where.place(statement.order)

    def _key(self, order: int, name: str) -> str:
        key = f"{order}.{name}"
        count = 1
        while key in self._keys:
            count += 1
            key = f"{order}.{name}@{count}"
        self._keys.add(key)
        return key


def _read_in(chunk: Chunk) -> Iterator[int]:
    for values in chunk.reads.values():
        yield from values[:1]
