"""How a kernel is started so that the cells it runs are watched: its command line, rewritten."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from provkit.capture.script import BOOTSTRAP, Interpreter, find_interpreter
from provkit.errors import BadInput

_LAUNCHERS = ("ipykernel_launcher", "ipykernel")


class KernelCommand(NamedTuple):
    """A kernel's command line, in its parts."""

    interpreter: Interpreter
    flags: tuple[str, ...]
    module: str
    arguments: tuple[str, ...]

    def watched(self, options: Mapping[str, object]) -> list[str]:
        """Write the command that starts the kernel with the tracer in it; `options` as for `kernel.begin`."""
        said = ascii({**options, "target": {"kind": "kernel", "text": self.module}})
        python = self.interpreter.executable
        return [python, *self.flags, str(BOOTSTRAP), said, self.module, *self.arguments]


def parted(command: Sequence[str], language: str) -> KernelCommand:
    """Take a kernel's command line apart.

    Args:
        command: As Jupyter would run it.
        language: What the kernelspec says its language is.

    Raises:
        BadInput: It is no kernel that can be watched; the sentence says why.
    """
    if language.lower() != "python":
        raise BadInput(f"its language is {language}")
    for index in range(1, len(command) - 1):
        if command[index] == "-m" and command[index + 1] in _LAUNCHERS:
            interpreter = find_interpreter(command[0])
            flags, rest = tuple(command[1:index]), tuple(command[index + 2 :])
            return KernelCommand(interpreter, flags, command[index + 1], rest)
    raise BadInput(f"it is not started with ipykernel, but as {' '.join(command[:3])!r}")
