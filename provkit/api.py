"""The verbs of provkit as functions: what the command line calls, and what a program may.

Each opens the store it is given, or the one that stands in this folder or above it, and does
one thing. What needs an RDF library imports it when called: importing this module is cheap.
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from provkit.errors import StoreError, StoreNotFound, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

    from prov.model import ProvDocument

    from provkit.capture.notebook_running import Progress
    from provkit.constraints import Report
    from provkit.description import DocumentDescription, TrialDescription
    from provkit.exchange import Arrival
    from provkit.learning import FittedModel, Measured, Parameter
    from provkit.lineage import Lineage
    from provkit.live.kernelspecs import Installed
    from provkit.model import Trial
    from provkit.paths import Path as DerivationPath
    from provkit.planning import ProspectivePlan
    from provkit.query import NamedQuery, QueryResult
    from provkit.recording import Captured
    from provkit.slicing import Slice
    from provkit.store import LocalStore, TrialSummary
    from provkit.upkeep import Clearing, Health, Leftover
    from provkit.validation import Report as ShapesReport

Place = str | os.PathLike[str] | None
"""A store's folder; None for `$PROVKIT_STORE` or the nearest `.provkit` upwards."""


# ------------------------------------------------------------------ stores


def init(folder: str | os.PathLike[str] = ".", *, base_iri: str | None = None) -> Path:
    """Make a store for a project.

    Args:
        folder: The project's folder; the store is `.provkit` in it.
        base_iri: What every IRI of the project begins with; None for an `arcp:` one that is
            unique anywhere and needs no domain.

    Returns:
        The store's folder. A store that is there already is left as it is.

    Raises:
        StoreError: The store cannot be made here, or it is there with another base IRI.
    """
    from provkit.store import LocalStore

    made = LocalStore.create(Path(folder) / ".provkit", base_iri=base_iri)
    if base_iri is not None and made.base_iri != base_iri:
        raise StoreError(
            f"The store {str(made.folder)!r} is there already, with the base IRI "
            f"{made.base_iri!r}; trials keep the one that they were made with."
        )
    return made.folder


def open_store(store: Place = None) -> LocalStore:
    """Open the store, and first take in what interrupted captures have left.

    Raises:
        StoreNotFound: There is none here.
    """
    opened = _find(store)
    if opened.journals.is_dir() and any(opened.journals.iterdir()):
        from provkit.recording import recovered

        for trial_id, problem in recovered(opened):
            tell(
                f"recovered trial {trial_id[:8]}, which was interrupted"
                if problem is None
                else f"couldn't recover trial {trial_id[:8]}: {problem}"
            )
    return opened


def tell(sentence: str) -> None:
    """Say one line to the person on stderr, if anybody listens."""
    with contextlib.suppress(OSError, ValueError):
        sys.stderr.write(f"provkit: {sentence}\n")


def _find_or_create(store: Place) -> LocalStore:
    """Open the store that a capture writes to, made if there is none."""
    from provkit.store import LocalStore

    try:
        return _find(store)
    except StoreNotFound:
        asked = store or os.environ.get("PROVKIT_STORE")
        return LocalStore.create(Path(asked) if asked else Path.cwd() / ".provkit")


def _find(store: Place) -> LocalStore:
    from provkit.store import LocalStore

    return LocalStore.find(explicit=None if store is None else Path(store))


# ------------------------------------------------------------------ capture


def capture(
    target: str,
    arguments: Sequence[str] = (),
    *,
    kind: Literal["script", "module", "command"] = "script",
    name: str | None = None,
    tags: Iterable[str] = (),
    note: str | None = None,
    keep_models: bool = False,
    python: str | None = None,
    detail: Literal["statement"] = "statement",
    store: Place = None,
) -> Captured:
    """Run a program unchanged, in a process of its own, and store what happened.

    Args:
        target: The path of a script, the name of a module, or the text of a command.
        arguments: The program's own.
        kind: Which of the three `target` is.
        name: A name for the trial, that commands will take instead of its id.
        tags: Words to find it by.
        note: Whatever should be remembered with it.
        keep_models: Keep the models that it fits in the store, each in a safe format where there is one.
        python: The interpreter to run it with, by path or name; None for this one.
        detail: How finely to record; a statement is the only level there is.
        store: The store's folder. One that is not there yet is made; if no store is found
            upwards either, `.provkit` is made in this folder.

    Returns:
        How it ended. That the program failed, or that its record could not be stored, is in
        the result and raises nothing: the program has run.

    Raises:
        TargetNotFound: There is no such script, so nothing was started.
        StoreError: The store cannot be used, so nothing was started.
    """
    from provkit.recording import Wanted, record

    if detail != "statement":
        raise UsageError(f"There is no level of detail {detail!r}: 'statement' is the one built.")
    return record(
        lambda: _find_or_create(store),
        Wanted(
            target=target,
            arguments=tuple(arguments),
            kind=kind,
            python=python,
            name=name,
            tags=tuple(tags),
            note=note,
            keep_models=keep_models,
        ),
    )


def capture_saved(
    notebook: str,
    *,
    name: str | None = None,
    tags: Iterable[str] = (),
    note: str | None = None,
    store: Place = None,
) -> Trial:
    """Store what a saved notebook tells by itself, and run nothing.

    Args:
        notebook: The path of its file, of nbformat 2 to 4.5, in any language.
        name: A name for the trial, that commands will take instead of its id.
        tags: Words to find it by.
        note: Whatever should be remembered with it.
        store: As for `capture`.

    Returns:
        The trial; what had to be repaired in the file is among its warnings.

    Raises:
        TargetNotFound: There is no such file.
        BadInput: It is no notebook.
        StoreError: The store cannot be used.
    """
    from provkit.recording import Wanted, record_saved

    wanted = Wanted(target=notebook, name=name, tags=tuple(tags), note=note)
    return record_saved(lambda: _find_or_create(store), wanted)


def capture_notebook(
    path: str,
    parameters: Mapping[str, object] | None = None,
    *,
    output: str | Path | None = None,
    kernel: str | None = None,
    timeout: int | None = None,
    folder: str | Path | None = None,
    name: str | None = None,
    tags: Iterable[str] = (),
    note: str | None = None,
    keep_models: bool = False,
    arguments: Sequence[str] = (),
    progress: Callable[[Progress], None] | None = None,
    store: Place = None,
) -> Captured:
    """Execute a notebook on a kernel of its own, and store what happened; its file is not written to.

    Args:
        path: The notebook's.
        parameters: Set in a cell after the one tagged `parameters`, or before the first cell.
        output: Where to keep the executed notebook, written after each cell.
        kernel: Name of a kernelspec; None for the one that the notebook wants.
        timeout: Seconds that a cell may take; None for any number of them.
        folder: The kernel's working directory; None for the notebook's folder.
        name: A name for the trial, that commands will take instead of its id.
        tags: Words to find it by.
        note: Whatever should be remembered with it.
        keep_models: As for `capture`.
        arguments: The words that the command line had after the notebook, for the record.
        progress: Called when a cell begins and when it ends.
        store: As for `capture`.

    Returns:
        How it ended: exit status 1 if a cell failed, took too long, or its kernel died.

    Raises:
        TargetNotFound: There is no such notebook, so nothing was started.
        BadInput: It is no notebook, or there is no such kernel, so nothing was started.
        MissingExtra: nbclient is not installed.
        StoreError: The store cannot be used, so nothing was started.
    """
    from provkit.capture.notebook_running import NotebookWanted
    from provkit.recording import Wanted, record

    how = NotebookWanted(
        parameters=dict(parameters or {}),
        output=None if output is None else str(output),
        kernel=kernel,
        timeout=timeout,
        folder=None if folder is None else str(folder),
    )
    return record(
        lambda: _find_or_create(store),
        Wanted(
            target=path,
            arguments=tuple(arguments),
            kind="notebook",
            name=name,
            tags=tuple(tags),
            note=note,
            keep_models=keep_models,
            notebook=how,
            progress=progress,
        ),
    )


def kernel_install(
    *,
    name: str = "provkit",
    display_name: str | None = None,
    user: bool = True,
    prefix: str | None = None,
    python: str | None = None,
) -> Installed:
    """Add a kernel to Jupyter that records every notebook that is run on it.

    Args:
        name: What commands call it.
        display_name: What people see in the list of kernels.
        user: For this person, else for everybody on this machine.
        prefix: The folder of the environment it is for; wins over `user`.
        python: The interpreter that runs the kernel, a path or a name on PATH; None for this one.

    Raises:
        MissingExtra: ipykernel is not installed here.
        UsageError: No kernel may have such a name, or one that is not provkit's has it.
        BadInput: The folder cannot be written, or the interpreter is none, or has no provkit or ipykernel.
    """
    from provkit.live.kernelspecs import install

    return install(name=name, display_name=display_name, user=user, prefix=prefix, python=python)


def kernels() -> list[Installed]:
    """List the kernels of provkit's that Jupyter finds."""
    from provkit.live.kernelspecs import installed

    return installed()


def kernel_remove(name: str = "provkit") -> Installed:
    """Remove a kernel of provkit's, and give what it was.

    Raises:
        UsageError: There is none of that name.
        BadInput: Its folder cannot be removed.
    """
    from provkit.live.kernelspecs import remove

    return remove(name)


def recover(*, store: Place = None) -> list[str]:
    """Store what interrupted captures have left, each as a trial with status *aborted*.

    Every function that opens the store does this first; calling it is a way to see it done.

    Returns:
        Ids of the trials that were stored; empty if nothing was left.
    """
    return [trial_id for trial_id, problem in recoveries(store=store) if problem is None]


def recoveries(*, store: Place = None) -> list[tuple[str, str | None]]:
    """Do as `recover` does, and tell of failures too.

    Returns:
        For each journal that was left the trial's id, and None or the sentence that says why
        it could not be stored; the journal is kept then.
    """
    from provkit.recording import recovered

    return list(recovered(_find(store)))


# ------------------------------------------------------------------ looking


def trials(
    *,
    tag: str | None = None,
    status: str | None = None,
    script: str | None = None,
    since: datetime | None = None,
    store: Place = None,
) -> list[TrialSummary]:
    """List the trials, the newest first.

    Args:
        tag: Only those that have it.
        status: Only those that ended so: `completed`, `failed` or `aborted`; `imported` for
            documents made elsewhere.
        script: Only those of a script, by path or by the end of its path.
        since: Only those started at this moment or later; it has to know its zone.
        store: The store's folder.
    """
    found = reversed(open_store(store).summaries())
    return [
        trial
        for trial in found
        if (tag is None or tag in trial.tags)
        and (status is None or trial.status == status)
        and (script is None or _is_script(trial, script))
        and (since is None or (trial.started_at is not None and trial.started_at >= since))
    ]


def _is_script(trial: TrialSummary, script: str) -> bool:
    path = trial.script or ""
    return path == script or path.endswith("/" + script.removeprefix("./"))


def show(trial: str, *, store: Place = None) -> TrialDescription | DocumentDescription:
    """Tell what happened in a trial, or what an imported document holds.

    Args:
        trial: Its id or the beginning of it, its name, `last` or `last~1`.
        store: The store's folder.
    """
    from provkit.description import describe_document, describe_trial

    opened = open_store(store)
    trial_id = opened.resolve(trial)
    if opened.summary(trial_id).status == "imported":
        return describe_document(opened, trial_id)
    return describe_trial(opened, trial_id)


def parameters(trial: str, *, store: Place = None) -> tuple[Parameter, ...]:
    """List the hyperparameters of a trial: what each was set to, by whom, and where.

    Args:
        trial: Its id or the beginning of it, its name, `last` or `last~1`.
        store: The store's folder.

    Returns:
        In the order of the calls that got them; of one call the given ones first.
    """
    from provkit.learning import learning_of

    opened = open_store(store)
    return learning_of(opened, opened.resolve(trial)).parameters()


def models(trial: str, *, store: Place = None) -> tuple[FittedModel, ...]:
    """List the models that a trial has fitted, and on what; arguments as for `parameters`."""
    from provkit.learning import learning_of

    opened = open_store(store)
    return learning_of(opened, opened.resolve(trial)).models()


def restore(trial: str, model: str | None = None, *, store: Place = None) -> bytes:
    """Give the bytes of a model that a trial keeps, in the format that `models` names; nothing is unpickled.

    Args:
        trial: Its id or the beginning of it, its name, `last` or `last~1`.
        model: Its label, `forest@2`, or the variable that held it; None for the only one that is kept.
        store: The store's folder.

    Raises:
        UsageError: No model, or several, are kept under that name.
        StoreError: Its bytes are gone, or are not what they were.
    """
    from provkit.learning import kept_model

    opened = open_store(store)
    return kept_model(opened, opened.resolve(trial), model)[1]


def measures(trial: str, *, folds: bool = False, store: Place = None) -> tuple[Measured, ...]:
    """List the measures of a trial's models.

    Args:
        trial: Its id or the beginning of it, its name, `last` or `last~1`.
        folds: Those of single folds and candidates of a search too.
        store: The store's folder.
    """
    from provkit.learning import learning_of

    opened = open_store(store)
    return learning_of(opened, opened.resolve(trial)).measures(folds=folds)


def specification(trial: str, *, store: Place = None) -> dict[str, Any]:
    """Write down a trial as a declarative representation: task, data, stages, parameters, evaluation, seeds, software.

    Returns:
        Mappings, lists and scalars, as `provkit/specification/schema.json` has them.

    Raises:
        UsageError: There is no such trial, or there are several.
    """
    from provkit.specification import specification_of

    opened = open_store(store)
    return specification_of(opened, opened.resolve(trial))


def describe(trial: str, *, format: str = "markdown", store: Place = None) -> str:
    """Write a trial as a page that a person reads: a model card for each model, and a methods section.

    Args:
        trial: An id, the beginning of one, a name, or `last`.
        format: `markdown` or `html`.
        store: The store's folder.

    Raises:
        UsageError: There is no such trial or format.
    """
    from provkit.reporting import report

    if format not in ("markdown", "html"):
        raise UsageError(f"There is no page format {format!r}; use markdown or html.")
    return report(specification(trial, store=store), format=format)


def plan(file: str | os.PathLike[str], *, project: str | os.PathLike[str] = ".") -> ProspectivePlan:
    """Say what a script or notebook is going to do, stage by stage, without running it.

    Args:
        file: The script, or the notebook (`.ipynb`).
        project: The folder whose pyproject.toml may name files of knowledge.

    Raises:
        TargetNotFound: There is no such file.
        BadInput: It is no Python and no notebook, or a file of knowledge does not keep to its format.
    """
    from provkit.knowledge import project_knowledge
    from provkit.planning import plan_of_file

    return plan_of_file(Path(file), project_knowledge(Path(project)))


def trial_plan(trial: str, *, store: Place = None) -> ProspectivePlan:
    """Say what a trial's program does, stage by stage, and how often each step ran.

    Args:
        trial: Its id or the beginning of it, its name, `last` or `last~1`.
        store: The store's folder.

    Raises:
        BadInput: The trial does not hold its program's text.
    """
    from provkit.knowledge import project_knowledge
    from provkit.trial_plan import plan_of_trial

    opened = open_store(store)
    return plan_of_trial(opened, opened.resolve(trial), project_knowledge(Path()))


def plan_graph(file: str | os.PathLike[str], *, store: Place = None) -> bytes:
    """Write the plan of a script as Turtle: the graph that each trial of this text has.

    Args:
        file: The script.
        store: A store whose base IRI is to be used; without any, IRIs begin with the folder's name.

    Raises:
        TargetNotFound: There is no such file.
        BadInput: It is no Python.
    """
    from provkit.knowledge import project_knowledge
    from provkit.mapping.plans import plan_quads
    from provkit.planning import written_plan

    base = f"arcp://name,{Path(file).resolve().parent.name or 'root'}/"
    with contextlib.suppress(StoreNotFound):
        base = _find(store).base_iri
    from provkit.export.rdf import turtle
    from provkit.vocabulary import PREFIXES

    found = written_plan(Path(file), project_knowledge(Path()))
    return turtle(plan_quads(found, base), PREFIXES)


def lineage(
    trial: str,
    name: str,
    *,
    forward: bool = False,
    depth: int | None = None,
    files_only: bool = False,
    only: Literal["data", "control"] | None = None,
    store: Place = None,
) -> Lineage:
    """Find where a value or a file came from, or with `forward` what became of it.

    Args:
        trial: Its id or the beginning of it, its name, `last` or `last~1`.
        name: A variable (its last version), a version (`model@1`), a function's variable (`clean:frame`), an
            attribute or item (`model.alpha`, `df["price"]`), a file's path or base name, a metric, a model.
        forward: Follow the derivations the other way.
        depth: Derivations to go; None for all.
        files_only: Keep only files, joined where a path joins them.
        only: `data` for what values were made from, `control` for what tests read; None for both.
        store: The store's folder.
    """
    from provkit.lineage import lineage as lineage_of

    opened = open_store(store)
    return lineage_of(
        opened,
        opened.resolve(trial),
        name,
        forward=forward,
        depth=depth,
        files_only=files_only,
        only=only,
    )


def why(trial: str, source: str, target: str, *, store: Place = None) -> DerivationPath:
    """Find how one thing in a trial came from another: the shortest path of derivations.

    Args:
        trial: Its id or the beginning of it, its name, `last` or `last~1`.
        source: What it may have come from, by any name that `lineage` takes; any version, if none is given.
        target: What may have come from it; its last version, if none is given. `train.py:42` is what the
            statement on that line read or made.
        store: The store's folder.

    Returns:
        A path; it `exists` or not, and has `stages`, the source first. One by data alone is preferred.

    Raises:
        UsageError: Nothing in the trial answers to one of the names, or several things do.
    """
    from provkit.paths import path_between

    opened = open_store(store)
    return path_between(opened, opened.resolve(trial), source, target)


def slice_(trial: str, name: str, *, store: Place = None) -> Slice:
    """Find the smallest program in the author's own lines that lineage says produces something.

    Args:
        trial: Its id or the beginning of it, its name, `last` or `last~1`.
        name: As `lineage` takes it; or `train.py:42`, what the statement on that line did.
        store: The store's folder.

    Returns:
        The slice: `main`, the program itself, and `files`, with the project's modules that it needs cut
        down as well. Each has its `path` and `text`.

    Raises:
        UsageError: Nothing in the trial answers to the name, or nothing in the program made it.
        BadInput: The trial does not hold its program's text.
    """
    from provkit.slicing import slice_of

    opened = open_store(store)
    return slice_of(opened, opened.resolve(trial), name)


def notebook_of(found: Slice, *, store: Place = None) -> bytes:
    """Write the slice of a notebook as a notebook: what is needed of each execution of a cell, as they ran.

    Args:
        found: From `slice_`.
        store: The store's folder, the same.

    Raises:
        BadInput: The trial ran no notebook.
    """
    from provkit.export import notebook

    opened = open_store(store)
    cells = [(cell.id, cell.text) for cell in found.cells]
    return notebook.write_cells(opened.quads(found.trial), opened.artifact, cells)


def query(
    sparql: str,
    *,
    parameters: Mapping[str, str] | None = None,
    trial: str | None = None,
    data: Iterable[str | os.PathLike[str]] = (),
    timeout: float | None = None,
    origin: str = "query",
    store: Place = None,
) -> QueryResult:
    """Ask the store in SPARQL 1.1: SELECT, ASK, CONSTRUCT or DESCRIBE.

    The usual prefixes are declared, and the default graph is the union of all trials.

    Args:
        sparql: The query.
        parameters: Values of its variables: a string, or an IRI if it is written `<iri>`.
        trial: Ask this trial alone.
        data: Files of RDF to be asked instead of the store.
        timeout: Seconds after which the query is stopped; None for no limit.
        origin: What messages call the query, the name of its file for one.
        store: The store's folder.

    Raises:
        BadInput: It is no SPARQL query, or an update.
        QueryTimeout: It took longer than it was given.
    """
    from provkit.query import ask
    from provkit.query.sparql import parameter_term, with_parameters

    if parameters:
        terms = {name: parameter_term(value) for name, value in parameters.items()}
        sparql = with_parameters(sparql, terms)
    files = [Path(file) for file in data]
    opened = None if files else open_store(store)
    return ask(opened, sparql, trial=trial, data=files, timeout=timeout, origin=origin)


def queries() -> list[NamedQuery]:
    """List the queries that come with provkit, by name."""
    from provkit.query import queries as known

    return known()


def named_query(
    name: str,
    parameters: Mapping[str, str] | None = None,
    *,
    trial: str | None = None,
    timeout: float | None = None,
    store: Place = None,
) -> QueryResult:
    """Ask one of the queries that come with provkit.

    Args:
        name: Its name, as `queries` lists it.
        parameters: A value for each parameter that it declares.
        trial: Ask this trial alone.
        timeout: Seconds after which the query is stopped; None for no limit.
        store: The store's folder.

    Raises:
        UsageError: There is no such query, or a parameter is missing or unknown.
    """
    from provkit.query import named_query as find_query

    bound = find_query(name).bound(parameters or {})
    return query(bound, trial=trial, timeout=timeout, origin=name, store=store)


# ------------------------------------------------------------------ exchanging


def export(trials: str | Iterable[str], format: str, *, store: Place = None) -> bytes:
    """Write trials in one of the formats of `provkit.export.FORMATS`.

    Args:
        trials: One or several, as ids, beginnings of ids, names or `last`.
        format: `turtle`, `trig`, `nquads`, `jsonld`, `rdf-xml`, `prov-json`, ...
        store: The store's folder.

    Raises:
        UsageError: There is no such format.
    """
    from provkit.export import export as export_trials

    opened = open_store(store)
    names = [trials] if isinstance(trials, str) else list(trials)
    return export_trials(opened, [opened.resolve(name) for name in names], format)


def import_(file: str | os.PathLike[str] | bytes, *, store: Place = None) -> list[str]:
    """Take trials that were exported elsewhere, or any PROV document, into the store.

    A document is named after its file if nothing has that name yet. Its id is determined by
    what it says: the same statements, in whatever syntax and order, are there only once.

    Args:
        file: In any syntax of PROV or RDF; gzipped or not. Or the bytes of one.
        store: The store's folder.

    Returns:
        The ids of the trials and documents, those included that were there already.

    Raises:
        BadInput: The file cannot be read, or the store has another trial of the same id.
    """
    from provkit.exchange import take_in

    opened = _find_or_create(store)
    called = "standard input" if isinstance(file, bytes) else str(file)
    arrivals = take_in(opened, _source(file), called)
    for arrival in arrivals:
        if not arrival.is_new:
            tell(f"{arrival.id[:8]} of {called!r} is there already; nothing was added")
            continue
        if arrival.remark:
            tell(f"{called!r}: {arrival.remark}")
        if arrival.is_document:
            _annotate_arrival(opened, arrival, None if isinstance(file, bytes) else Path(file).name)
    return [arrival.id for arrival in arrivals]


def _annotate_arrival(opened: LocalStore, arrival: Arrival, file_name: str | None) -> None:
    """Say of a document what was said where it was exported; name it after its file, at worst."""
    from provkit.recording import check_name
    from provkit.store.catalog import Annotations

    said = arrival.said or Annotations()
    given = None
    for name in filter(None, (said.name, file_name)):
        with contextlib.suppress(UsageError):  # somebody else has the name
            check_name(opened, name)
            given = name
            break
    _annotate(opened, arrival.id, name=given, tags=said.tags, note=said.note)


def convert(
    source: str | os.PathLike[str] | bytes,
    format: str,
    *,
    source_format: str | None = None,
) -> bytes:
    """Turn a provenance document into another format.

    From RDF to RDF every statement is kept; else what is no PROV is left out.

    Args:
        source: A file, or the bytes of one.
        format: The format wanted.
        source_format: That of the source; None to tell it from the content.

    Raises:
        BadInput: The source cannot be read, or the format cannot hold what it says.
        UsageError: There is no such format.
    """
    from provkit.export import writer_of

    writer_of(format)  # that the format is known is found out before `prov` is imported
    from provkit.export.conversion import convert as converted

    name = "standard input" if isinstance(source, bytes) else None
    return converted(_source(source), format, name=name, format=source_format)


def trial_document(trial: str, *, store: Place = None) -> ProvDocument:
    """Give what a trial, or an imported document, says as statements of PROV.

    Its name, tags and note are left out.

    Args:
        trial: Its id or the beginning of it, its name, `last` or `last~1`.
        store: The store's folder.
    """
    from provkit.prov_document import document_of

    opened = open_store(store)
    quads = opened.quads(opened.resolve(trial))
    return document_of(quad for quad in quads if not quad[3].endswith("/annotations>"))


def read_document(source: str | os.PathLike[str] | bytes) -> ProvDocument:
    """Read a provenance document, in whichever syntax it is written."""
    from provkit.prov_document import read_document as read

    return read(_source(source))


def validate_constraints(source: str | os.PathLike[str] | bytes | ProvDocument) -> Report:
    """Check a document against PROV-CONSTRAINTS, the W3C Recommendation.

    Returns:
        A report: `valid`, and `violations` each with its constraint and its statements.
    """
    from provkit.constraints import check

    return check(_document(source))


def validate(
    trial: str = "last",
    *,
    profile: str | None = None,
    shapes: Iterable[str | os.PathLike[str]] = (),
    store: Place = None,
) -> ShapesReport:
    """Hold a trial, or an imported document, against SHACL shapes.

    Args:
        trial: Its id or the beginning of it, its name, `last` or `last~1`.
        profile: A key of `provkit.validation.PROFILES`; None for `trial`, or for `prov` if it is
            a document that was imported.
        shapes: Files with shapes of one's own, in any RDF syntax.
        store: The store's folder.

    Returns:
        A report: `conforms()`, and `findings` each with the thing it is about and what to do.

    Raises:
        BadInput: A file of shapes cannot be read, or is malformed.
    """
    from provkit.validation import profile_named, validate_trial

    if profile is not None:
        profile_named(profile)
    opened = open_store(store)
    trial_id = opened.resolve(trial)
    is_imported = opened.summary(trial_id).status == "imported"
    chosen = profile_named(profile or ("prov" if is_imported else "trial"))
    own = [Path(file) for file in shapes]
    return validate_trial(opened, trial_id, profile=chosen, shapes=own, target=trial)


def validate_document(
    source: str | os.PathLike[str] | bytes,
    *,
    profile: str | None = None,
    shapes: Iterable[str | os.PathLike[str]] = (),
) -> ShapesReport:
    """Hold a document against SHACL shapes, as `validate` does a trial.

    Args:
        source: A file in any syntax of RDF or PROV, or the bytes of one.
        profile: A key of `provkit.validation.PROFILES`; None for `trial`, or for `prov` if the
            document uses no term of REPRODUCE-ME, as every trial does.
        shapes: Files with shapes of one's own.
    """
    from provkit.prov_document.reading import content_of
    from provkit.validation import profile_named, validate_document
    from provkit.vocabulary import PREFIXES

    own = [Path(file) for file in shapes]
    given = _source(source)
    if profile is None:
        content = content_of(given, "standard input" if isinstance(given, bytes) else str(given))
        # A prefix is declared with its namespace in every syntax, so the bytes are enough.
        profile = "trial" if PREFIXES["repr"].encode() in content else "prov"
    return validate_document(given, profile=profile_named(profile), shapes=own)


def write_document(document: ProvDocument, format: str) -> bytes:
    """Write a provenance document in one of the formats that `convert` knows."""
    from provkit.export import writer_of

    writer_of(format)
    from provkit.export.conversion import write_document as written

    return written(document, format)


def normalize(source: str | os.PathLike[str] | bytes | ProvDocument) -> ProvDocument:
    """Give the normal form of a document by PROV-CONSTRAINTS.

    Raises:
        BadInput: The document is invalid, so it has none.
    """
    from provkit.constraints import normalize as normal_form

    return normal_form(_document(source))


def equivalent(
    one: str | os.PathLike[str] | bytes | ProvDocument,
    other: str | os.PathLike[str] | bytes | ProvDocument,
) -> bool:
    """Tell whether two documents have the same normal form, by PROV-CONSTRAINTS."""
    from provkit.constraints import equivalent as are_equivalent

    return are_equivalent(_document(one), _document(other))


def _source(source: str | os.PathLike[str] | bytes) -> Path | bytes:
    return source if isinstance(source, bytes) else Path(source)


def _document(source: str | os.PathLike[str] | bytes | ProvDocument) -> ProvDocument:
    if isinstance(source, str | bytes | os.PathLike):
        return read_document(source)
    return source


# ------------------------------------------------------------------ keeping


def tag(
    trial: str, tags: Iterable[str] = (), *, remove: Iterable[str] = (), store: Place = None
) -> tuple[str, ...]:
    """Put tags on a trial, and take others off.

    Returns:
        The tags it has now, in the order of the alphabet.
    """
    removed = set(remove)
    added = [text.strip() for text in tags]
    if not all(added):
        raise UsageError("A tag cannot be empty.")
    opened = open_store(store)
    trial_id = opened.resolve(trial)
    said = opened.annotations(trial_id)
    kept = tuple(sorted({*said.tags, *added} - removed))
    _annotate(opened, trial_id, name=said.name, tags=kept, note=said.note)
    return kept


def note(trial: str, text: str, *, store: Place = None) -> None:
    """Write a note on a trial in place of the one it has; an empty text takes it away."""
    opened = open_store(store)
    trial_id = opened.resolve(trial)
    said = opened.annotations(trial_id)
    _annotate(opened, trial_id, name=said.name, tags=said.tags, note=text or None)


def rename(trial: str, name: str, *, store: Place = None) -> None:
    """Give a trial a name; an empty one takes it away.

    Raises:
        UsageError: Another trial has that name, or it would be taken for an id or for `last`.
    """
    from provkit.recording import check_name

    opened = open_store(store)
    trial_id = opened.resolve(trial)
    if name:
        check_name(opened, name, of=trial_id)
    said = opened.annotations(trial_id)
    _annotate(opened, trial_id, name=name or None, tags=said.tags, note=said.note)


def remove(trials: str | Iterable[str], *, store: Place = None) -> list[str]:
    """Remove trials from the store, for good.

    Returns:
        Their ids.

    Raises:
        UnknownTrial: One of them is not there; none is removed then.
    """
    opened = open_store(store)
    names = [trials] if isinstance(trials, str) else list(trials)
    ids = list(dict.fromkeys(opened.resolve(name) for name in names))
    opened.remove(ids)
    return ids


def doctor(*, store: Place = None) -> Health:
    """Look at the store and at this machine; mend the index and the catalog, never a segment.

    Returns:
        What was looked at; `is_good` unless a person has to see to something. A store that
        is not there, or cannot be opened, is part of the answer.
    """
    from provkit.upkeep import examine

    return examine(lambda: _find(store))


def leftovers(*, store: Place = None) -> list[Leftover]:
    """List what nothing in the store refers to, with sizes, and touch none of it."""
    from provkit.upkeep import find_leftovers

    return find_leftovers(_find(store))


def gc(found: Sequence[Leftover] | None = None, *, store: Place = None) -> list[Clearing]:
    """Remove what nothing refers to: never a segment, never a journal in use.

    Args:
        found: What to remove, from `leftovers`; None for all that there is.
        store: The store's folder.

    Returns:
        For each whether it is gone, and if not, why.
    """
    from provkit.upkeep import clear

    opened = _find(store)
    return clear(opened, leftovers(store=store) if found is None else found)


def _annotate(
    opened: LocalStore,
    trial_id: str,
    *,
    name: str | None,
    tags: tuple[str, ...],
    note: str | None,
) -> None:
    from provkit.mapping import annotation_quads, remarks

    summary = opened.summary(trial_id)
    if summary.status == "imported":
        graph, beside = f"<{summary.iri}/graph>", f"<{summary.iri}/annotations>"
        quads = remarks(graph, beside, name=name, tags=tags, note=note)
    else:
        base_iri = summary.iri.removesuffix(f"trial/{trial_id}")
        quads = annotation_quads(base_iri, trial_id, name=name, tags=tags, note=note)
    opened.annotate(trial_id, quads)
