"""What names of libraries mean: stages, ML-Schema concepts, roles of arguments, as data.

One TOML file for each library, named for the name that is imported; it is read when a name of that library is first
asked for. `generic.toml` carries what any class with such methods does. A project adds files of its own in
`[tool.provkit] knowledge`; docs/knowledge.md describes the format, `schema.json` is it as a JSON schema.
"""

from __future__ import annotations

from provkit.knowledge.entries import CONCEPTS, NEUTRAL, ROLES, STAGES, TASKS, Entry
from provkit.knowledge.looking_up import Knowledge, project_knowledge
from provkit.knowledge.reading import LibraryFile, read_library

__all__ = [
    "CONCEPTS",
    "NEUTRAL",
    "ROLES",
    "STAGES",
    "TASKS",
    "Entry",
    "Knowledge",
    "LibraryFile",
    "project_knowledge",
    "read_library",
]
