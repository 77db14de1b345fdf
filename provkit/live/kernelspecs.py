"""Kernels that record without a line in the notebook: kernelspecs which load the extension, or bring the tracer."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any, NamedTuple

from provkit.capture.script import find_interpreter
from provkit.errors import BadInput, MissingExtra, UsageError

DEFAULT_NAME = "provkit"
_MARK = "provkit"
"""Key of a kernelspec's metadata by which ours are known."""
_PATIENCE_SECONDS = 60
_WHAT_IT_HAS = """
import importlib.util as found, json
print(json.dumps([name for name in ("provkit", "ipykernel") if found.find_spec(name) is None]))
"""


class Installed(NamedTuple):
    """A kernelspec of ours."""

    name: str
    display_name: str
    python: str
    folder: str


def install(
    *,
    name: str = DEFAULT_NAME,
    display_name: str | None = None,
    user: bool = True,
    prefix: str | None = None,
    python: str | None = None,
) -> Installed:
    """Add a kernel that records every notebook that is run on it.

    Args:
        name: What commands call it.
        display_name: What people see in the list of kernels.
        user: For this person; else for everybody who uses the environment or the system.
        prefix: The environment it is for; wins over `user`.
        python: The interpreter that runs the kernel, a path or a name on PATH; None for this one.

    Raises:
        MissingExtra: ipykernel or jupyter_client is not installed here.
        UsageError: No kernel may have such a name, or another kernel than ours has it.
        BadInput: The folder cannot be written, or the interpreter is none, or has no provkit or ipykernel.
    """
    manager = _manager()
    _check_name(manager, name)
    executable = sys.executable if python is None else _interpreter_with_provkit(python)
    own = "" if name == DEFAULT_NAME else f": {name}"
    shown = display_name or f"Python {sys.version_info[0]} (provkit{own})"
    spec = {
        "argv": [
            *(executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"),
            "--InteractiveShellApp.extra_extensions=provkit",
        ],
        "display_name": shown,
        "language": "python",
        "metadata": {"debugger": True, _MARK: {"python": executable}},
    }
    with tempfile.TemporaryDirectory() as folder:
        made = Path(folder) / name
        made.mkdir(mode=0o755)
        (made / "kernel.json").write_text(json.dumps(spec, indent=1), encoding="utf-8")
        _take_logos(made)
        try:
            place = manager.install_kernel_spec(
                str(made), name, user=user and prefix is None, prefix=prefix
            )
        except OSError as error:
            raise BadInput(
                f"Couldn't install the kernel {name!r}: {error.strerror} ({error.filename}). "
                "Use --user, or --prefix with a folder that can be written."
            ) from error
    return Installed(name, shown, executable, str(place))


def installed() -> list[Installed]:
    """List the kernels of ours that Jupyter finds."""
    found = []
    for name, folder in sorted(_manager().find_kernel_specs().items()):
        spec = _spec_in(folder)
        if _MARK in spec.get("metadata", {}):
            python = spec["metadata"][_MARK].get("python", spec["argv"][0])
            found.append(Installed(name, spec.get("display_name", name), python, folder))
    return found


def remove(name: str = DEFAULT_NAME) -> Installed:
    """Remove a kernel of ours.

    Raises:
        UsageError: There is none of that name.
        BadInput: Its folder cannot be removed.
    """
    for one in installed():
        if one.name == name:
            try:
                shutil.rmtree(one.folder)
            except OSError as error:
                raise BadInput(
                    f"Couldn't remove the kernel {name!r}: {error.strerror} ({error.filename})."
                ) from error
            return one
    known = ", ".join(repr(one.name) for one in installed()) or "none"
    raise UsageError(f"No kernel of provkit's is named {name!r}; there is {known}.")


def _manager() -> Any:
    try:
        import ipykernel  # noqa: F401
        from jupyter_client.kernelspec import KernelSpecManager
    except ImportError as error:
        raise MissingExtra(
            "A kernel needs ipykernel and jupyter_client: pip install 'provkit[notebook]'."
        ) from error
    return KernelSpecManager()


def _interpreter_with_provkit(python: str) -> str:
    """Find another interpreter, and make sure that a kernel of it can load the extension."""
    found = find_interpreter(python)
    executable = os.path.abspath(found.executable)
    with tempfile.TemporaryDirectory() as elsewhere:  # what lies in this folder is no package of it
        try:
            answer = subprocess.run(  # an interpreter that was asked for, on words of ours
                [executable, "-c", _WHAT_IT_HAS],
                cwd=elsewhere,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=_PATIENCE_SECONDS,
                check=True,
            ).stdout
            missing = json.loads(answer)
        except (OSError, subprocess.SubprocessError, ValueError) as error:
            raise BadInput(
                f"Couldn't ask {python!r} for provkit: it does not answer as a Python interpreter does."
            ) from error
    if missing:
        raise BadInput(
            f"Couldn't make a kernel of {python!r}: it has no {' and no '.join(missing)}. Install what is missing: "
            f"{executable} -m pip install 'provkit[notebook]'."
        )
    return executable


def _check_name(manager: Any, name: str) -> None:
    from jupyter_client.kernelspec import _is_valid_kernel_name

    if not _is_valid_kernel_name(name):
        raise UsageError(
            f"A kernel cannot be named {name!r}: letters, digits, '-', '_' and '.' are what Jupyter takes."
        )
    folder = manager.find_kernel_specs().get(name.lower())
    if folder is not None and _MARK not in _spec_in(folder).get("metadata", {}):
        raise UsageError(
            f"There is a kernel {name!r} that is not provkit's, in {folder!r}; give ours another --name."
        )


def _spec_in(folder: str) -> dict[str, Any]:
    try:
        spec = json.loads((Path(folder) / "kernel.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return spec if isinstance(spec, dict) else {}


def _take_logos(made: Path) -> None:
    import ipykernel

    resources = Path(os.fspath(ipykernel.__file__)).parent / "resources"
    for logo in resources.glob("logo-*"):
        shutil.copy(logo, made / logo.name)
