"""The verbs of provkit as functions: what the command line calls, and what a program may.

Each opens the store it is given, or the one that stands in this folder or above it, and does
one thing. What needs an RDF library imports it when called: importing this package is cheap.
"""

from __future__ import annotations

from provkit.api.asking import lineage, named_query, notebook_of, queries, query, slice_, why
from provkit.api.capturing import (
    capture,
    capture_notebook,
    capture_saved,
    kernel_install,
    kernel_remove,
    kernels,
    recover,
    recoveries,
)
from provkit.api.describing import (
    describe,
    measures,
    models,
    parameters,
    plan,
    plan_graph,
    restore,
    show,
    specification,
    trial_plan,
    trials,
)
from provkit.api.documents import (
    convert,
    equivalent,
    export,
    import_,
    normalize,
    read_document,
    trial_document,
    validate,
    validate_constraints,
    validate_document,
    write_document,
)
from provkit.api.keeping import doctor, gc, leftovers, note, remove, rename, tag
from provkit.api.stores import Place, init, open_store, tell

__all__ = [
    "Place",
    "capture",
    "capture_notebook",
    "capture_saved",
    "convert",
    "describe",
    "doctor",
    "equivalent",
    "export",
    "gc",
    "import_",
    "init",
    "kernel_install",
    "kernel_remove",
    "kernels",
    "leftovers",
    "lineage",
    "measures",
    "models",
    "named_query",
    "normalize",
    "note",
    "notebook_of",
    "open_store",
    "parameters",
    "plan",
    "plan_graph",
    "queries",
    "query",
    "read_document",
    "recover",
    "recoveries",
    "remove",
    "rename",
    "restore",
    "show",
    "slice_",
    "specification",
    "tag",
    "tell",
    "trial_document",
    "trial_plan",
    "trials",
    "validate",
    "validate_constraints",
    "validate_document",
    "why",
    "write_document",
]
