"""Saved notebooks for tests: small ones of each version, and the trial that each tells."""

from __future__ import annotations

import json
from hashlib import sha256
from pathlib import Path

from provkit.assembly.saved_notebook import assemble_saved
from provkit.circumstances import Circumstances
from provkit.export import notebook
from provkit.mapping import quads_of
from provkit.notebook_file import parse_notebook

KERNEL = {"name": "python3", "display_name": "Python 3", "language": "python"}
METADATA = {"kernelspec": KERNEL, "language_info": {"name": "python", "version": "3.11.7"}}
PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="


def code(source, *outputs, count=None, id=None, metadata=None):
    cell = {
        "cell_type": "code",
        "execution_count": count,
        "metadata": metadata or {},
        "outputs": list(outputs),
        "source": source,
    }
    return cell if id is None else {**cell, "id": id}


def markdown(source, id=None, **more):
    cell = {"cell_type": "markdown", "metadata": {}, "source": source, **more}
    return cell if id is None else {**cell, "id": id}


def stream(text, name="stdout"):
    return {"output_type": "stream", "name": name, "text": text}


def result(text, count, **formats):
    data = {"text/plain": text, **{key.replace("_", "/"): value for key, value in formats.items()}}
    return {"output_type": "execute_result", "execution_count": count, "data": data, "metadata": {}}


def shown(data, metadata=None):
    return {"output_type": "display_data", "data": data, "metadata": metadata or {}}


def error(name="ValueError", message="no rows", *traceback):
    return {
        "output_type": "error",
        "ename": name,
        "evalue": message,
        "traceback": list(traceback) or [f"{name}: {message}"],
    }


def made(*cells, minor=5, major=4, metadata=METADATA):
    numbered = [
        {**cell, "id": f"cell-{n}"} if minor >= 5 and major == 4 and "id" not in cell else cell
        for n, cell in enumerate(cells)
    ]
    return {"cells": numbered, "metadata": metadata, "nbformat": major, "nbformat_minor": minor}


class Kept(dict):
    """Artifacts in memory."""

    def keep(self, content):
        digest = sha256(content).hexdigest()
        self[digest] = content
        return digest


def trial_of(folder: Path, document, kept=None, name="nb.ipynb"):
    """The trial that a document, or the bytes of one, tells."""
    path = folder / name
    path.write_bytes(document if isinstance(document, bytes) else json.dumps(document).encode())
    known = Circumstances("ab" * 16, "https://example.org/lab/", "0.1.0", str(folder), (name,), 0)
    return assemble_saved(path, known, (Kept() if kept is None else kept).keep)


def rebuilt(folder: Path, document):
    """The notebook that comes back out of the quads of its trial."""
    kept = Kept()
    quads = list(quads_of(trial_of(folder, document, kept)))
    return notebook.write(quads, kept.__getitem__)


def read(document):
    """What a document, or its bytes, says, with its lists of lines joined."""
    content = document if isinstance(document, bytes) else json.dumps(document).encode()
    file = parse_notebook(content, "nb.ipynb")
    return file.format, file.metadata, file.cells
