"""When a kernel makes its shell: seen once, from before IPython is there, and no trace left afterwards.

IPython is not imported here: its loader is watched until the class is there, and the class until it is used.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

_MODULE = "IPython.core.interactiveshell"


def when_shell_is_made(attend: Callable[[Any], None]) -> None:
    """Call `attend` with the first shell that this process makes, once it is whole."""
    sys.meta_path.insert(0, _Finder(attend))


class _Finder:
    """Stands before the other finders until the module with the shell's class is asked for."""

    def __init__(self, attend: Callable[[Any], None]) -> None:
        self._attend = attend

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> ModuleSpec | None:
        """Find the module as the others do, and look at it when it has been executed."""
        if name != _MODULE:
            return None
        sys.meta_path.remove(self)
        for finder in list(sys.meta_path):
            spec = finder.find_spec(name, path, target)
            if spec is not None:
                break
        else:
            return None
        loader = spec.loader
        if loader is None:
            return spec
        execute = loader.exec_module

        def exec_module(module: ModuleType) -> None:
            del loader.exec_module
            execute(module)
            _watch_class(module.InteractiveShell, self._attend)

        loader.exec_module = exec_module  # type: ignore[method-assign]
        return spec


def _watch_class(shell_class: type[Any], attend: Callable[[Any], None]) -> None:
    original = shell_class.__init__

    def __init__(self: Any, *arguments: Any, **options: Any) -> None:  # noqa: N807
        shell_class.__init__ = original
        original(self, *arguments, **options)
        attend(self)

    shell_class.__init__ = __init__
