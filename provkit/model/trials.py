"""A trial: all of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from provkit.model.executions import (
    Agent,
    Execution,
    Failure,
    File,
    Output,
    Package,
    Setting,
    Status,
    Value,
)
from provkit.model.learning import Learning
from provkit.model.notebooks import Notebook
from provkit.model.plans import Plan


@dataclass(frozen=True, slots=True)
class Trial:
    """One run of a plan and all that is known of it."""

    id: str
    """32 hex digits of a random UUID."""
    base_iri: str
    """Base IRI of the project when the trial was made; it keeps it."""
    label: str
    """The command line as a person would say it: `train.py --alpha 0.1`."""
    plan: Plan
    started_at: datetime
    ended_at: datetime | None
    status: Status
    exit_status: int | None
    provkit_version: str
    name: str | None = None
    tags: tuple[str, ...] = ()
    note: str | None = None
    experiment: str | None = None
    signal: int | None = None
    """Number of the signal that killed the program."""
    failure: Failure | None = None
    failed_in: int | None = None
    """Order of the innermost execution in which the exception was raised."""
    agent: Agent | None = None
    script: str | None = None
    """Key of the file that holds the plan's text; None for `-c`."""
    modules: tuple[tuple[str, Plan], ...] = ()
    """The project's own modules that were imported: key of the file, and its plan."""
    executions: tuple[Execution, ...] = ()
    ran_unseen: tuple[tuple[str, str], ...] = ()
    """Statements that ran, at least once, without being looked into: digest of the plan and key of the step."""
    values: tuple[Value, ...] = ()
    files: tuple[File, ...] = ()
    settings: tuple[Setting, ...] = ()
    packages: tuple[Package, ...] = ()
    """Distributions that were imported, sorted by name."""
    interpreter: Package | None = None
    platform: Package | None = None
    outputs: tuple[Output, ...] = ()
    notebook: Notebook | None = None
    cpu_seconds: float | None = None
    peak_memory_bytes: int | None = None
    learning: Learning = field(default=Learning())
    warnings: tuple[str, ...] = field(default=())
    """What capture itself could not do, each in one sentence."""
