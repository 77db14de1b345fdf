"""What can go wrong in provkit, one class for each thing that a caller could do about it.

    ProvkitError                 exit 3   anything below
    ├─ UsageError                exit 2   the words of the command are wrong
    │  ├─ UnknownTrial                    no trial answers to that name
    │  └─ AmbiguousTrial                  several trials do
    ├─ BadInput                  exit 3   a file or a text is not what it should be
    │  ├─ TargetNotFound                  the script or module to run is not there
    │  ├─ BadJournal                      a journal cannot be read
  │  └─ BadKnowledge                    a file of knowledge does not keep to its format
    ├─ StoreError                exit 4   the store cannot be read or written
    │  ├─ StoreNotFound                   there is no store here
    │  ├─ StoreBusy                       another process holds it for too long
    │  └─ StoreTooNew                     a newer provkit made it
    ├─ MissingExtra              exit 5   an optional package is not installed
    └─ QueryTimeout              exit 3   a query ran longer than it was given

That something does not conform, or differs, is a result and no exception (exit 1).
"""

from __future__ import annotations


class ProvkitError(Exception):
    """Anything that provkit could not do, said in one sentence a person can act on."""

    exit_status = 3
    slug = "error"


class UsageError(ProvkitError):
    """The words of a command or a call are wrong."""

    exit_status = 2
    slug = "usage"


class UnknownTrial(UsageError):
    """No trial in the store answers to the name given."""

    slug = "unknown-trial"


class AmbiguousTrial(UsageError):
    """Several trials answer to the prefix given."""

    slug = "ambiguous-trial"


class BadInput(ProvkitError):
    """A file or a text is not what it should be."""

    slug = "bad-input"


class TargetNotFound(BadInput):
    """The script or module to be run is not there, so nothing was started."""

    slug = "target-not-found"


class BadJournal(BadInput):
    """A journal is of an unknown version or holds no readable header."""

    slug = "bad-journal"


class BadKnowledge(BadInput):
    """A file of knowledge about a library cannot be read, or does not keep to its format."""

    slug = "bad-knowledge"


class StoreError(ProvkitError):
    """The store cannot be read or written."""

    exit_status = 4
    slug = "store"


class StoreNotFound(StoreError):
    """There is no store in this folder or above it."""

    slug = "store-not-found"


class StoreBusy(StoreError):
    """Another process has held the store's lock for longer than one should wait."""

    slug = "store-busy"


class StoreTooNew(StoreError):
    """A newer provkit made this store; an older one does not touch it."""

    slug = "store-too-new"


class MissingExtra(ProvkitError):
    """An optional package is not installed; the message holds its `pip install` line."""

    exit_status = 5
    slug = "missing-extra"


class QueryTimeout(ProvkitError):
    """A query ran longer than it was given and was stopped."""

    slug = "query-timeout"
