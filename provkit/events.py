"""The journal: what a watched process writes down while it runs, event by event.

A journal is a text file in UTF-8 (JSON's ASCII form), one event on a line, each line a JSON
array that begins with the event's name. One process writes one journal, each line in one
`write(2)`; a line is there whole or it is the last one and is left out by the reader. The first
event is always `journal`. Nothing is ever rewritten.

The writer holds an exclusive `flock` on the file for as long as it lives: a journal whose lock is
free belongs to a process that is gone.

Versions:
    1   the first.

Reading is tolerant of what a later minor change may add: an event of an unknown name, and fields
beyond those known, are passed over. A journal of an unknown *version* is refused.

Times are nanoseconds of the monotonic clock since the `journal` event, so that a clock set
back in between changes nothing; `wall_ns` of that event ties them to the calendar.
"""

from __future__ import annotations

from typing import Any, NamedTuple

VERSION = 1

Site = str
"""A place in the source: `line.column` of a name, `line.column-line.column` of a call, or, for
what was read without being looked at one by one, the name itself. Empty for what plain code read inside a
statement, outside its calls: it can have come into all that the event binds and changes."""


class JournalBegan(NamedTuple):
    """`journal`: a process began to be watched."""

    version: int
    trial: str
    provkit: str
    pid: int
    parent_pid: int
    wall_ns: int
    """Nanoseconds since 1970, UTC, at clock 0."""
    python: str
    implementation: str
    executable: str
    prefixes: list[str]
    """Folders of the interpreter and its libraries."""
    search_path: list[str]
    """`sys.path` of the program, its own first entry included."""
    arguments: list[str]
    """`sys.argv` of the program, redacted."""
    working_directory: str


class SourceRead(NamedTuple):
    """`source`: a source text is about to run. Its bytes lie beside the journal."""

    plan: int
    kind: str
    path: str | None
    sha256: str
    size_bytes: int
    instrumented: bool = True
    module: str | None = None
    """Name of a module of the project's; null for the program itself."""


class StepBegan(NamedTuple):
    """`step`: a statement began.

    `activation` is that of the function it stands in; null at module level.
    """

    order: int
    plan: int
    key: str
    parent: int | None
    time_ns: int
    activation: int | None = None


class FunctionEntered(NamedTuple):
    """`enter`: a function of the project's began that is looked into, called by the execution `parent`.

    `key` is the place of its `def`; `binds` are its parameters and what they were given.
    """

    activation: int
    parent: int | None
    plan: int
    key: str
    time_ns: int
    binds: list[tuple[str, int]]


class StepBound(NamedTuple):
    """`bind`: part of a statement is done: what it read, bound and changed so far.

    A loop has one for each round that was looked into, and one for each name that its other rounds bound or
    changed. A name `return` is what a function gives back; `0:x` is the name `x` of the module of plan 0,
    bound by a function that was not looked into.
    """

    order: int
    reads: list[tuple[Site, int]]
    binds: list[tuple[str, int]]
    changes: list[tuple[int, int]]
    """Values that are new versions of others: [old, new]."""
    unbinds: list[str]
    parts: list[tuple[int, str, int]] = []  # noqa: RUF012  read only, as all of an event is
    """What was stored into a place that can be told apart: [the new version, `.x` or `["key"]`, what is there]."""
    sources: list[tuple[int, list[int]]] = []  # noqa: RUF012  read only, as all of an event is
    """For a version that another thread has made, what it came from instead of all that was read."""


class StepEnded(NamedTuple):
    """`done`: a statement ended."""

    order: int
    time_ns: int
    iterations: int | None = None
    summarised: bool = False


class StepFailed(NamedTuple):
    """`failed`: an exception left a statement or a call."""

    order: int
    time_ns: int
    type: str
    message: str


class ExceptionCaught(NamedTuple):
    """`caught`: a handler of the statement `order` took the exception that left `failed`."""

    order: int
    failed: list[int]


class CallBegan(NamedTuple):
    """`calling`: a call inside a statement is about to be made; not written for a statement's own call."""

    order: int
    plan: int
    key: str
    parent: int
    time_ns: int


class CallEnded(NamedTuple):
    """`call`: a call returned. For a statement's own call `order` is the statement's.

    `reads` and `binds` are those of what ran inside it and was not looked into; `binds` as in `bind`. Each of `changes`
    has the version before and the one after; of a container, then, the versions of what had changed in it meanwhile.
    """

    order: int
    key: str
    callee: int
    begin_ns: int
    end_ns: int
    result: int | None
    receiver: int | None
    changes: list[tuple[int, ...]]
    summarised: bool = False
    reads: list[int] = []  # noqa: RUF012  read only, as all of an event is
    binds: list[tuple[str, int]] = []  # noqa: RUF012  read only, as all of an event is
    sources: list[tuple[int, list[int]]] = []  # noqa: RUF012  read only, as all of an event is
    """For a new version of what unwatched functions name, what of `reads` it came from."""


class ArgumentsGiven(NamedTuple):
    """`arguments`: what a call of a library or of a function of the project's was given and the text does not say.

    Written just before its `call`. `given` has for each such argument its keyword or position, a description as
    in `value`, and whether it came out of a `**mapping` or `*sequence`.
    """

    order: int
    key: str
    given: list[tuple[str | int, dict[str, Any], bool]]
    mappings: list[tuple[int, dict[str, dict[str, Any]]]] = []  # noqa: RUF012  read only, as all of an event is
    """Of values that were given and are dicts, what they hold by key."""


class ParametersSeen(NamedTuple):
    """`parameters`: what an object is set to that has hyperparameters.

    `owner` is its class; `settings` has for each its name, `svc__C` inside others, a description as in `value`,
    whether that is its declared default, and, of one inside, the class that has it. Of an object that was changed
    only those that differ.
    """

    order: int
    value: int
    owner: str
    by: str
    """`made`, `set` (by `set_params`, an assignment or anything else), or `fitted`: resolved while fitting."""
    settings: list[tuple[str, dict[str, Any], bool, str]]
    parts: list[tuple[str, int]] = []  # noqa: RUF012  read only, as all of an event is
    """Objects inside that are known: the prefix of their parameters, and their version."""


class ModelFitted(NamedTuple):
    """`fitted`: what fitting has left in an object.

    `facts` are attributes that are single values, `histories` numbers by round, under `name` or `series/name`,
    `candidates` the results of a search as columns, `labels` the classes that it was given, each with its count.
    """

    order: int
    value: int
    facts: list[tuple[str, dict[str, Any]]]
    histories: list[tuple[str, list[float]]]
    candidates: dict[str, list[Any]]
    labels: list[tuple[str, int]] = []  # noqa: RUF012  read only, as all of an event is
    size_bytes: int | None = None
    sha256: str | None = None


class ModelKept(NamedTuple):
    """`kept`: a model was written to a file beside the journal, as it was then.

    `format` is `xgboost-json`, `lightgbm-text`, `catboost-cbm`, `skops`, `pickle`, or `tensors`: the tensors of
    a network's `state_dict` one after the other, of each its name, type, shape and bytes in `tensors`.
    """

    value: int
    fitted: int
    """The version that was fitted, where that is another."""
    format: str
    file: str
    size_bytes: int
    at_end: bool
    """The program had ended; otherwise this is how the model was when it was tagged."""
    tensors: list[tuple[str, str, list[int], int]] = []  # noqa: RUF012  read only, as all of an event is


class NumbersSeen(NamedTuple):
    """`numbers`: the numbers in the result of a call that measures, by name (empty for the only one)."""

    order: int
    key: str
    columns: list[tuple[str, list[float]]]


class CalleeSeen(NamedTuple):
    """`callee`: something that is called, described once.

    `kind` is `function`, `class`, `method`, `builtin`, `object` or `own` (defined by the project's own text).
    `parameters` are its parameters' names as far as they are known, the receiver's first for a
    method; a star marks the one that takes the rest.
    """

    callee: int
    module: str | None
    name: str
    kind: str
    parameters: list[str] | None
    file: str | None = None
    defaults: dict[str, dict[str, Any]] = {}  # noqa: RUF012  read only, as all of an event is
    """Of its parameters that have one, the default, described as in `value`."""


class ValueSeen(NamedTuple):
    """`value`: a version of an object, described.

    `description` may hold `shape`, `columns`, `column_types`, `length`, `dtype`, `preview`, `scalar`, `missing` (a
    count), `missing_in` (columns and counts), `size_bytes`, `digest` (SHA-256 of the content, in hex), and `place`:
    what state that no name of the program holds is told under, such as `numpy.random`.
    """

    value: int
    type: str
    description: dict[str, Any]


class FileTouched(NamedTuple):
    """`file`: a file was opened, renamed or removed, and what it was just before.

    `action` is `read`, `write` (created or emptied), `append`, `update` (read and written in place),
    `rename` (`target` says where to), `remove`, or `look` (its size, its date or only that it is there; `path` may be a
    pattern of `glob`). `state` is [device, inode, size, mtime_ns, sha256 or
    null] before the action, or null if there was no such file.
    """

    order: int | None
    action: str
    path: str
    time_ns: int
    state: list[Any] | None = None
    target: str | None = None


class ModuleSeen(NamedTuple):
    """`module`: a module was imported: top-level ones, and each of the project's own.

    The project's own come with the digest of the source read; its bytes lie beside the journal.
    """

    name: str
    file: str | None
    sha256: str | None = None
    size_bytes: int | None = None


class OutputWritten(NamedTuple):
    """`output`: text that Python code wrote to a standard stream, redacted.

    `total` counts the characters written to the stream so far; what lies between two events' texts was not kept.
    """

    stream: str
    text: str
    total: int


class ProcessStarted(NamedTuple):
    """`process`: the program's own text started another program, with this command line, redacted."""

    order: int | None
    command: str
    time_ns: int


class CaptureDegraded(NamedTuple):
    """`warning`: capture could not do something; the program went on as without it."""

    text: str


class NotebookBegan(NamedTuple):
    """`notebook`: what is run is a notebook, and not one program.

    `kind` is `executed` (from its first cell to its last, by `provkit capture`) or `live` (as somebody works in
    it). `facts` holds `language`, and `ipython`, `ipykernel` and `implementation` where they are known.
    """

    kind: str
    path: str | None
    """The notebook's file, as far as the kernel was told."""
    kernel: str | None
    """Name of the kernelspec."""
    facts: dict[str, Any]
    previous: str | None = None
    """The trial of the same kernel before it was restarted."""


class CellBegan(NamedTuple):
    """`cell`: a cell began to run: one execution, whose `order` the steps in it have as their parent.

    A cell that ran inside another (`%rerun`, `%run` of a notebook) has that one's order as `parent`.
    """

    order: int
    plan: int
    """Number of its `source`, of kind `cell`: the text as it was compiled, magics turned into calls."""
    cell: str | None
    """Its id, where whoever sent it said so."""
    index: int | None  # type: ignore[assignment]  # a tuple has a method of that name
    """Its place in the notebook, counted from 0 over cells of all types, where that is known."""
    raw_sha256: str
    """Of the text that the user sees, which lies where that of its `source` does."""
    execution_count: int | None
    time_ns: int
    parent: int | None = None


class CellEnded(NamedTuple):
    """`cell-done`: a cell ended; before it came `failed` with the cell's order, if it failed.

    `status` is `ok`, `error`, or `aborted` where it was cut short and nobody said why.
    """

    order: int
    time_ns: int
    status: str
    execution_count: int | None


class OutputShown(NamedTuple):
    """`shown`: an output came out of a cell, as nbformat 4 has it, redacted.

    A null `order` is what came when no cell was running (a thread, a widget). Only kernels somebody works in
    write it; those of executed notebooks leave it to `notebook.ipynb` beside the journal.
    """

    order: int | None
    output: dict[str, Any]
    value: int | None = None
    """The version of the object that was displayed, if it is known."""


class Tagged(NamedTuple):
    """`tag`: somebody said what something is. `kind` is `value`, `cell` or `stage`.

    `target` is the number of a value, or the order of a cell.
    """

    kind: str
    target: int
    text: str


class ProgramRaised(NamedTuple):
    """`raised`: an exception that nobody caught ended the program."""

    type: str
    message: str
    traceback: str


class NameLeft(NamedTuple):
    """`left`: what a name of the program held at its end, where things that it holds had changed since it had.

    `version` is the object's last known version, `value` the one that it has now, `members` the versions that it
    holds and that are later.
    """

    name: str
    version: int
    value: int
    members: list[int]


class RanBetweenCells(NamedTuple):
    """`between`: something happened while no cell was running.

    With an `order`, that execution is a run of the function whose `def` its step is: a callback of a widget, a task,
    what a thread runs. Without one, nobody knows which of the project's code it was, or it was none of it: `changes`,
    `binds` and `unbinds` are what has become of the notebook's names meanwhile.
    """

    order: int | None
    cause: str
    """What set it going: a message from the front end, a task of the event loop, a thread, a timer."""
    function: str | None
    """Name of the function."""
    changes: list[tuple[int, int]]
    binds: list[tuple[str, int]]
    unbinds: list[str]


class PlainCodeRan(NamedTuple):
    """`plain`: statements of functions and loops that have run without being looked into.

    Of each block of them, the places of the first and the last, between which all have run that stand beside them. Told
    when a cell or the program ends, of what was not told before.
    """

    plan: int
    blocks: list[tuple[str, str]]


class ProgramEnded(NamedTuple):
    """`end`: the program's main module ended by itself, with this status."""

    time_ns: int
    status: int | None


Event = (
    JournalBegan
    | SourceRead
    | StepBegan
    | FunctionEntered
    | StepBound
    | StepEnded
    | StepFailed
    | ExceptionCaught
    | CallBegan
    | CallEnded
    | ArgumentsGiven
    | ParametersSeen
    | ModelFitted
    | ModelKept
    | NumbersSeen
    | CalleeSeen
    | ValueSeen
    | FileTouched
    | ModuleSeen
    | OutputWritten
    | ProcessStarted
    | CaptureDegraded
    | NotebookBegan
    | CellBegan
    | CellEnded
    | OutputShown
    | Tagged
    | ProgramRaised
    | NameLeft
    | RanBetweenCells
    | PlainCodeRan
    | ProgramEnded
)

EVENTS: dict[str, type[Event]] = {
    "journal": JournalBegan,
    "source": SourceRead,
    "step": StepBegan,
    "enter": FunctionEntered,
    "bind": StepBound,
    "done": StepEnded,
    "failed": StepFailed,
    "caught": ExceptionCaught,
    "calling": CallBegan,
    "call": CallEnded,
    "arguments": ArgumentsGiven,
    "parameters": ParametersSeen,
    "fitted": ModelFitted,
    "kept": ModelKept,
    "numbers": NumbersSeen,
    "callee": CalleeSeen,
    "value": ValueSeen,
    "file": FileTouched,
    "module": ModuleSeen,
    "output": OutputWritten,
    "process": ProcessStarted,
    "warning": CaptureDegraded,
    "notebook": NotebookBegan,
    "cell": CellBegan,
    "cell-done": CellEnded,
    "shown": OutputShown,
    "tag": Tagged,
    "raised": ProgramRaised,
    "left": NameLeft,
    "between": RanBetweenCells,
    "plain": PlainCodeRan,
    "end": ProgramEnded,
}
