"""What a journal tells of statements and calls -> executions, with what each called and used."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping

from provkit.assembly.argument_binding import parameter_name, positional_parameters
from provkit.assembly.derivation import Derivations
from provkit.assembly.gathering import Call, Gathered, Statement
from provkit.assembly.naming import Naming
from provkit.assembly.origins import Source
from provkit.assembly.plans import Plans
from provkit.dataflow import Argument
from provkit.events import CalleeSeen
from provkit.model import Execution, Failure, Implementation, Package, Reference, Usage


class Implementations:
    """Names what is called."""

    def __init__(
        self, plans: Plans, package_of: Mapping[str, Package], interpreter: Package
    ) -> None:
        """Take what names are made of.

        Args:
            plans: Of the project's own texts.
            package_of: The distribution that each top-level module is from.
            interpreter: What the standard library is from.
        """
        self._plans = plans
        self._package_of = package_of
        self._interpreter = interpreter

    def of(self, callee: CalleeSeen) -> Implementation:
        """Name something that is called, with the package it is from or the plan that defines it."""
        name = f"{callee.module}.{callee.name}" if callee.module else callee.name
        # A class without a constructor of its own is known by where it is defined.
        plan = self._plans.defining(callee) if callee.kind in ("own", "class") else None
        if callee.kind == "own" or plan is not None:
            own_name = callee.name if plan is not None else name
            return Implementation(own_name, plan=plan)
        top = (callee.module or "builtins").partition(".")[0]
        package = self._package_of.get(top)
        if package is None and callee.module is not None and _is_standard(top):
            package = self._interpreter
        return Implementation(name, package=package)


class Executions:
    """The executions of one trial."""

    def __init__(
        self,
        gathered: Gathered,
        plans: Plans,
        implementations: Implementations,
        derivations: Derivations,
        naming: Naming,
    ) -> None:
        self._gathered = gathered
        self._plans = plans
        self._implementations = implementations
        self._derivations = derivations
        self._naming = naming

    def told(self) -> Iterable[Execution]:
        """Tell all of them, in the order in which they began."""
        gathered = self._gathered
        orders = sorted([*gathered.statements, *gathered.calls])
        for order in orders:
            statement = gathered.statements.get(order)
            call = gathered.calls.get(order)
            if statement is not None:
                own = next((item for item in statement.calls.values() if item.order == order), None)
                yield self._execution(statement, statement, own)
            elif call is not None:
                inside = _statement_around(gathered, call)
                yield self._execution(inside, call, call)

    def _execution(
        self,
        statement: Statement,
        item: Statement | Call,
        call: Call | None,
    ) -> Execution:
        gathered = self._gathered
        callee = gathered.callees.get(call.callee or 0) if call is not None else None
        failed = item.failed
        ended = item.ended_ns
        if ended is None and gathered.end is not None and failed is None:
            # `sys.exit()` and its kin: the step ended with the program.
            ended = gathered.end.time_ns
        return Execution(
            order=item.order,
            plan=self._plans.digest_of(statement.plan),
            step=f"{self._plans.step_prefix(statement.plan)}{item.key}",
            parent=item.parent,
            started_at=gathered.at(item.began_ns),
            ended_at=gathered.at(ended) if ended is not None else None,
            called=self._implementations.of(callee) if callee is not None else None,
            usages=tuple(self._usages(item.order, statement, call, callee)),
            iterations=item.iterations if isinstance(item, Statement) else None,
            summarised=item.summarised or (call is not None and call.summarised),
            failure=Failure(failed.type or "an exception that was suppressed", failed.message)
            if failed
            else None,
            unbinds=self._naming.deletions.of(item.order),
            between=gathered.between.get(item.order),
        )

    def _usages(
        self,
        order: int,
        statement: Statement,
        call: Call | None,
        callee: CalleeSeen | None,
    ) -> Iterable[Usage]:
        bound: dict[tuple[Reference, str | None, str | None], None] = {}
        if call is not None and callee is not None:
            for name, argument, taken in self._arguments(statement, call, callee):
                reference = self._naming.reference(argument)
                if reference is not None:
                    bound[reference, name, taken] = None
        with_role = {reference for reference, _, _ in bound}
        for entity, parameter, part in bound:
            yield Usage(entity, parameter, part)
        for source in self._derivations.used.get(order, {}):
            reference = self._naming.reference(source)
            if reference is not None and reference not in with_role:
                yield Usage(reference)

    def _arguments(
        self, statement: Statement, call: Call, callee: CalleeSeen
    ) -> Iterable[tuple[str, Source, str | None]]:
        analysis = self._plans.analyses.get(statement.plan)
        flow = analysis.dataflow.get(statement.key) if analysis is not None else None
        site = flow.calls.get(call.key) if flow is not None else None
        if site is None:
            return
        reads = dict(reversed(statement.reads))
        takes_self = bool(callee.parameters) and callee.parameters[0] in ("self", "cls")  # type: ignore[index]
        if site.receiver is not None and callee.kind in ("method", "own", "object"):
            part = site.receiver.part
            receiver = call.receiver or _source_of(site.receiver, reads, statement)
            if receiver is not None:
                yield "self", receiver, None if call.receiver is not None else part
        positional = positional_parameters(callee.parameters, skip_first=takes_self)
        for argument in site.arguments:
            source = _source_of(argument, reads, statement)
            name = parameter_name(argument, positional, callee.parameters)
            if source is not None and name is not None:
                yield name, source, argument.part


def _source_of(argument: Argument, reads: dict[str, int], statement: Statement) -> int | None:
    if argument.place is None:
        return None
    if argument.place in reads:
        return reads[argument.place]
    call = statement.calls.get(argument.place)
    return call.result if call is not None else None


def _statement_around(gathered: Gathered, call: Call) -> Statement:
    current: Call = call
    while current.parent is not None and current.parent not in gathered.statements:
        current = gathered.calls[current.parent]
    assert current.parent is not None
    return gathered.statements[current.parent]


def _is_standard(module: str) -> bool:
    return module in sys.stdlib_module_names or module == "builtins"
