"""Ask the store in SPARQL.

The default graph is always the union of all graphs, the usual prefixes are declared, and
only questions are let in: no updates, no calls to other machines.
"""

from provkit.query.asking import ask
from provkit.query.named import NamedQuery, named_query, queries, read_query
from provkit.query.results import FORMATS, QueryResult, Table

__all__ = [
    "FORMATS",
    "NamedQuery",
    "QueryResult",
    "Table",
    "ask",
    "named_query",
    "queries",
    "read_query",
]
