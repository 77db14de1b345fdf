"""A store's own settings: which folder is meant, its format, base IRI and project."""

from __future__ import annotations

import json
import re
import tomllib
import uuid
from pathlib import Path
from typing import NamedTuple

from provkit.errors import BadInput, StoreError, StoreNotFound, StoreTooNew
from provkit.store.durable import write_durably

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
    """Read a store's settings.

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
    if version != FORMAT:
        raise StoreTooNew(
            f"Couldn't open the store {str(folder)!r}: it has format {version}, and this provkit "
            f"knows format {FORMAT}; upgrade provkit. Nothing was touched."
        )
    return Config(base_iri, project)


def write_config(folder: Path, base_iri: str | None) -> None:
    """Settle for good how IRIs begin here, and keep the folder out of git."""
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
    path = project / "pyproject.toml"
    try:
        content = tomllib.loads(path.read_text())
    except FileNotFoundError:
        return project.name, None
    except (OSError, ValueError) as error:
        raise BadInput(f"Couldn't read {str(path)!r}: {error}.") from error
    declared = content.get("tool", {}).get("provkit", {}).get("base-iri")
    return content.get("project", {}).get("name", project.name), declared
