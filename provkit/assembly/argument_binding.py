"""Which parameter of a function an argument of a call is bound to."""

from __future__ import annotations

from provkit.dataflow import Argument


def positional_parameters(parameters: list[str] | None, *, skip_first: bool) -> list[str]:
    """List the parameters that arguments without a name go to, in their order."""
    names: list[str] = []
    for parameter in parameters or ():
        if parameter.startswith("*"):
            if parameter != "*" and not parameter.startswith("**"):
                names.append(parameter)
            break
        names.append(parameter)
    return names[1:] if skip_first and names and not names[0].startswith("*") else names


def parameter_name(
    argument: Argument, positional: list[str], parameters: list[str] | None
) -> str | None:
    """Say which parameter an argument is bound to; None if nobody can tell."""
    if isinstance(argument.parameter, str):
        return argument.parameter
    if argument.parameter is None or parameters is None:
        return None
    if argument.parameter < len(positional) and not positional[argument.parameter].startswith("*"):
        return positional[argument.parameter]
    if positional and positional[-1].startswith("*"):
        return f"{positional[-1][1:]}.{argument.parameter - len(positional) + 1}"
    return None
