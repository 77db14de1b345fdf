"""Write what each file of knowledge was held against into docs/knowledge.md: python docs/write_knowledge.py."""

from __future__ import annotations

from pathlib import Path

import provkit.knowledge
from provkit.knowledge import LibraryFile, read_library

PAGE = Path(__file__).with_name("knowledge.md")
MARK = "## Held against\n"


def page() -> str:
    """Write the page: what stands above the mark as it is, and the tables from the files."""
    above, mark, _ = PAGE.read_text("utf-8").partition(MARK)
    paths = sorted(Path(provkit.knowledge.__file__).parent.glob("*.toml"), key=_by_name)
    files = [read_library(path) for path in paths if path.stem != "generic"]
    checked = [file for file in files if file.checked]
    unchecked = [file for file in files if not file.checked]
    told = f"""
`python tests/knowledge/holding.py [NAME ...]` holds the files against what is installed beside it; with `--record` it writes the version
into each file that holds (`checked`). {len(checked)} of the {len(files)} files were held against these versions:

{_versions(checked)}.
"""
    if unchecked:
        told += "\nNot held against anything:\n\n| imported as | why |\n|---|---|\n"
        told += "".join(f"| `{', '.join(f.modules)}` | {f.unchecked} |\n" for f in unchecked)
    return above + mark + told


def _by_name(path: Path) -> str:
    return path.stem.lower()


def _versions(files: list[LibraryFile]) -> str:
    lines = [""]
    for file in files:
        name = file.library if len(file.modules) > 1 else file.modules[0]
        told = f"`{name}` {file.checked}"
        if len(lines[-1]) + len(told) > 120:
            lines.append("")
        lines[-1] += f"{', ' if lines[-1] else ''}{told}"
    return ",\n".join(lines)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
