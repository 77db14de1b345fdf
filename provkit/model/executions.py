"""What happened: executions, and the values, files and outputs that they used and made."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from provkit.model.references import Reference, Scalar

Status = Literal["completed", "failed", "aborted"]


@dataclass(frozen=True, slots=True)
class Package:
    """Installed software: a distribution of PyPI, or the interpreter itself.

    `ecosystem` is the purl type: `pypi`, or `generic` for Python and the operating system.
    """

    name: str
    version: str
    ecosystem: Literal["pypi", "generic"] = "pypi"


@dataclass(frozen=True, slots=True)
class Implementation:
    """Something that was called: where it comes from, and its qualified name.

    Exactly one of `package` and `plan` says where: `plan` is the digest of the project's own
    source that defines it. Neither is set when nobody could tell.
    """

    qualified_name: str
    package: Package | None = None
    plan: str | None = None


@dataclass(frozen=True, slots=True)
class Usage:
    """An execution read an entity, perhaps as the argument of a parameter.

    `parameter` is the parameter's name in the callee (`X`, `self`, `arrays.0`); `part` the
    subscript or attribute of the entity that was read (`.alpha`, `["rooms"]`).
    """

    entity: Reference
    parameter: str | None = None
    part: str | None = None


@dataclass(frozen=True, slots=True)
class Failure:
    """An exception: its type's qualified name, and its message (redacted, shortened)."""

    type: str
    message: str


@dataclass(frozen=True, slots=True)
class Execution:
    """One step carried out once, a loop as a whole, or an opaque call.

    `order` counts from 1 in the order of starting, and is the execution's name.
    """

    order: int
    plan: str
    """Digest of the plan that has the step."""
    step: str
    """Key of the step."""
    parent: int | None
    """Order of the enclosing execution; None directly below the trial."""
    started_at: datetime
    ended_at: datetime | None
    """None if the program ended, or was killed, inside it."""
    called: Implementation | None = None
    usages: tuple[Usage, ...] = ()
    iterations: int | None = None
    summarised: bool = False
    """Its inside (a loop's rounds, the body of a function of the user's) was not looked into."""
    failure: Failure | None = None
    unbinds: tuple[str, ...] = ()
    """Variables that it deleted; what they had held may live on under another name."""
    between: str | None = None
    """Of a function that ran while no cell of the notebook did: what set it going, in words."""


@dataclass(frozen=True, slots=True)
class Derivation:
    """A value or file came from an entity: by data, or (control) because a test read it."""

    source: Reference
    control: bool = False


@dataclass(frozen=True, slots=True)
class Value:
    """One version of one object, described and not kept.

    `key` is unique in the trial and names the value in IRIs: `df.2` for the second version of
    what `df` named, `11.14-11.35.1` for the unnamed result of the call at that place.
    """

    key: str
    label: str
    """For people: `df@2`, or the source text of the expression."""
    type: str
    """Qualified name of the class."""
    variables: tuple[str, ...] = ()
    """Variables of the script's plan it was bound to; none for temporaries, several for aliases."""
    shape: tuple[int, ...] | None = None
    columns: tuple[str, ...] | None = None
    length: int | None = None
    dtype: str | None = None
    preview: str | None = None
    scalar: Scalar | None = None
    generated_by: int | None = None
    """Order of the innermost execution that made it; None for what was there before."""
    derived_from: tuple[Derivation, ...] = ()
    revision_of: str | None = None
    """Key of the version before, of the same object."""
    holds: str | None = None
    """Of what a name or a part of an object holds, told apart as it was chosen: key of the version of the object."""
    tags: tuple[str, ...] = ()
    """What somebody said that it is."""
    column_types: tuple[str, ...] | None = None
    """Of a table, one for each column."""
    missing: int | None = None
    """Elements that are missing, if some are and they were counted."""
    missing_in: tuple[tuple[str, int], ...] = ()
    """Columns in which some are missing, and how many."""
    size_bytes: int | None = None
    """Of the elements of an array or table, without what they refer to."""
    digest: str | None = None
    """SHA-256 of the whole content, in hex; of small values that consist of plain bytes alone."""
    seeded: bool | None = None
    """Of a generator of random numbers: whether the program said where it starts."""
    ended_by: int | None = None
    """Order of the execution that deleted the last name that could lead to it."""
    between: str | None = None
    """Of what changed while no cell of the notebook ran, by no execution that is known: what may have, in words."""


@dataclass(frozen=True, slots=True)
class File:
    """One state of one file in a trial.

    `path` is relative to the project, in POSIX form, or absolute for what lies outside. A later
    state of the same file has a key ending in `@2`, `@3`, ... . `digest` is SHA-256 in hex; None if the bytes
    could not be read (vanished, unreadable, a device), and `verified` is False when the
    file changed between its use and its hashing.
    """

    key: str
    path: str
    digest: str | None
    size_bytes: int | None
    verified: bool = True
    generated_by: int | None = None
    derived_from: tuple[Derivation, ...] = ()
    revision_of: str | None = None
    ended_by: int | None = None
    """The execution that removed it, or gave it another name."""
    role: Literal["data", "code"] = "data"


@dataclass(frozen=True, slots=True)
class Setting:
    """A circumstance or parameter of the trial, by dotted key: `argv`, `git.commit`, `cpu.model`."""

    key: str
    label: str
    value: Scalar


@dataclass(frozen=True, slots=True)
class Output:
    """The tail of what Python code wrote to one stream (redacted)."""

    stream: Literal["stdout", "stderr"]
    text: str
    size_chars: int
    """Characters written in all, those not kept included."""


@dataclass(frozen=True, slots=True)
class Agent:
    """The person for whom it ran: a name, and an ORCID if one is set."""

    name: str
    orcid: str | None = None
