"""A store's own settings: which folder is meant, its format, base IRI and project."""

from __future__ import annotations

import errno
import json
import re
from pathlib import Path
from typing import NamedTuple

from provkit.errors import BadInput, StoreError, StoreNotFound, StoreTooNew
from provkit.store.durable import write_durably
from provkit.store.migration import migrate

FOLDER_NAME = ".provkit"
FORMAT = 1
"""Version of the folder's layout. A store of a later version is left alone."""

_ABSOLUTE_IRI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\s<>\"{}|\\^`]*[/#]")


class Config(NamedTuple):
    """What config.json says."""

    base_iri: str
    project: str


def meant_folder(path: Path) -> Path:
    """Take a store's folder, or a project's that has one."""
    if not path.is_dir():
        what = "it is a file" if path.exists() else "there is no such folder"
        raise StoreNotFound(
            f"Couldn't open the store {str(path)!r}: {what}; make one with `provkit init`."
        )
    inside = path / FOLDER_NAME
    return inside if inside.is_dir() else path


def read_config(folder: Path) -> Config:
    """Read a store's settings; a store of an older format is brought to the current one first.

    Raises:
        StoreTooNew: A newer provkit made it.
        StoreError: The folder is no store, or cannot be read.
    """
    path = folder / "config.json"
    try:
        config = json.loads(path.read_bytes())
        version, base_iri, project = config["format"], config["base_iri"], config["project"]
    except FileNotFoundError as error:
        raise StoreError(
            f"Couldn't open {str(folder)!r}: it is no store, as it has no config.json; "
            "`provkit init` makes it one."
        ) from error
    except OSError as error:
        raise StoreError(
            f"Couldn't open the store {str(folder)!r}: "
            f"{(error.strerror or str(error)).lower()}. Check who may read it."
        ) from error
    except (ValueError, KeyError, TypeError) as error:
        raise StoreError(
            f"Couldn't open the store {str(folder)!r}: its config.json is damaged ({error}); "
            "restore that file, or remove it and set the same base IRI by `provkit init`."
        ) from error
    if version == FORMAT:
        return Config(base_iri, project)
    if type(version) is int and version < FORMAT:
        migrate(folder, to=FORMAT)
        return read_config(folder)
    raise StoreTooNew(
        f"Couldn't open the store {str(folder)!r}: it has format {version}, and this provkit "
        f"knows format {FORMAT}; upgrade provkit. Nothing was touched."
    )


def make_at_once(folder: Path, base_iri: str | None) -> None:
    """Make a store that is whole as soon as it can be seen, unless there is something of that name.

    Other captures may look for it at this moment, or this process may be killed.
    """
    if folder.exists():
        return
    import shutil
    import tempfile

    folder.parent.mkdir(parents=True, exist_ok=True)
    making = Path(tempfile.mkdtemp(prefix=f"{folder.name}-", dir=folder.parent))
    try:
        for part in ("trials", "annotations", "journals"):
            (making / part).mkdir(mode=0o700)
        write_config(making, base_iri)
        making.rename(folder)
    except OSError as error:
        if error.errno not in (errno.ENOTEMPTY, errno.EEXIST):  # else another process was quicker
            raise
    finally:
        shutil.rmtree(making, ignore_errors=True)


def write_config(folder: Path, base_iri: str | None) -> None:
    """Settle for good how IRIs begin here, and keep the folder out of git."""
    import uuid

    project, declared = _project_settings(folder.parent)
    chosen = base_iri or declared or f"arcp://uuid,{uuid.uuid4()}/"
    if not _ABSOLUTE_IRI.fullmatch(chosen):
        raise BadInput(
            f"Couldn't use {chosen!r} as base IRI: it must be absolute and end in '/' or '#', "
            "as https://example.org/my-project/ does."
        )
    config = {"format": FORMAT, "base_iri": chosen, "project": project}
    write_durably(folder / ".gitignore", b"*\n")
    write_durably(folder / "config.json", json.dumps(config, indent=2).encode() + b"\n")


def _project_settings(project: Path) -> tuple[str, str | None]:
    """Read the project's name and base IRI from its pyproject.toml, if it says them."""
    import tomllib  # only a new store is asked for these

    path = project / "pyproject.toml"
    try:
        content = tomllib.loads(path.read_text())
    except FileNotFoundError:
        return project.name, None
    except (OSError, ValueError) as error:
        raise BadInput(f"Couldn't read {str(path)!r}: {error}.") from error
    declared = content.get("tool", {}).get("provkit", {}).get("base-iri")
    return content.get("project", {}).get("name", project.name), declared
