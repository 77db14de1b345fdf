"""What the text of a cell tells before it runs: IPython's own calls in it, and the names that those may read."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator

from provkit.capture.files import bytes_of

_MAGICS = frozenset({"run_line_magic", "run_cell_magic", "system", "getoutput", "magic", "pinfo"})
_OTHER_LANGUAGES = frozenset(
    {
        *("!", "bash", "cmd", "file", "html", "HTML", "javascript", "js", "latex", "markdown"),
        *("perl", "pypy", "python", "python2", "python3", "ruby", "script", "sh", "svg", "SVG"),
        *("sx", "system", "writefile"),
    }
)
"""Cell magics whose text is no Python of this kernel's."""
_WORD = re.compile(r"[^\s'\"|&;()<>=,]+")
_NO_FILE = re.compile(r"[{}$*?`]|^-|://")
_MOST_WORDS = 200
_EXPANDED = re.compile(r"\{([^{}]+)\}|\$([A-Za-z_]\w*)")


def magics_in(node: ast.stmt) -> list[ast.Call]:
    """Find the calls that IPython's own syntax (`%run`, `!ls`, `%%bash`) was turned into.

    >>> magics_in(ast.parse("get_ipython().run_line_magic('time', 'f(x)')").body[0])[0].args[1].value
    'f(x)'
    """
    return [
        call
        for call in ast.walk(node)
        if isinstance(call, ast.Call)
        and isinstance(call.func, ast.Attribute)
        and call.func.attr in _MAGICS
        and isinstance(call.func.value, ast.Call)
        and isinstance(call.func.value.func, ast.Name)
        and call.func.value.func.id == "get_ipython"
    ]


def names_mentioned(calls: list[ast.Call]) -> dict[str, None]:
    """List the names that magics may read, as far as their text is Python or is filled in by IPython.

    >>> list(names_mentioned(magics_in(ast.parse("get_ipython().system('ls {folder}')").body[0])))
    ['folder']
    """
    return {name: None for call in calls for text in _texts(call) for name in _names(text)}


def scripts_run(calls: list[ast.Call]) -> list[str]:
    """List the files that `%run -i` runs with the notebook's own names.

    >>> scripts_run(magics_in(ast.parse("get_ipython().run_line_magic('run', '-i clean.py fast')").body[0]))
    ['clean.py']
    """
    found = []
    for call in calls:
        given = [part.value for part in call.args if isinstance(part, ast.Constant)]
        words = str(given[1]).split() if len(given) > 1 and given[0] == "run" else []
        named = [word for word in words if not word.startswith("-")]
        if "-i" in words and named:
            found.append(named[0] if named[0].endswith(".py") else f"{named[0]}.py")
    return found


def names_stored(calls: list[ast.Call], *, restored: bool) -> list[str]:
    """List the names that `%store` puts away, or those that it brings back; `*` where it brings back all.

    >>> names_stored(magics_in(ast.parse("get_ipython().run_line_magic('store', '-r rows')").body[0]), restored=True)
    ['rows']
    """
    found = []
    for call in calls:
        given = [part.value for part in call.args if isinstance(part, ast.Constant)]
        words = str(given[1]).split() if len(given) > 1 and given[0] == "store" else []
        named = [word for word in words if word.isidentifier()]
        options = {word for word in words if word.startswith("-")}
        if restored and options == {"-r"}:
            found += named or ["*"]
        elif not restored and not options:
            found += named
    return found


def names_read_by_script(path: str, namespace: Iterable[str]) -> list[str]:
    """List the names of a namespace that a script reads; none if it cannot be read."""
    known = set(namespace)
    return [name for name in dict.fromkeys(_loaded(bytes_of(path) or b"")) if name in known]


def files_named(texts: Iterable[str]) -> list[str]:
    """List what may be names of files in commands: a shell writes to some of them.

    >>> files_named(["sort -u < 'a.txt' > out/b.txt; wc {c}.txt"])
    ['a.txt', 'out/b.txt']
    """
    words = [word for text in texts for word in _WORD.findall(text)[:_MOST_WORDS]]
    named = [word for word in words if "." in word or "/" in word]
    return [word for word in dict.fromkeys(named) if not _NO_FILE.search(word)]


def _texts(call: ast.Call) -> Iterator[str]:
    """Give the texts of a magic that are Python, or hold some."""
    given = [part.value for part in call.args if isinstance(part, ast.Constant)]
    texts = [text for text in given if isinstance(text, str)]
    name = call.func.attr if isinstance(call.func, ast.Attribute) else ""
    if name == "run_cell_magic" and texts and texts[0] in _OTHER_LANGUAGES:
        texts = texts[:2]
    yield from texts if name in ("system", "getoutput") else texts[1:]


def _names(text: str) -> Iterator[str]:
    for expression, name in _EXPANDED.findall(text):
        yield from [name] if name else _loaded(expression)
    words = text.split()
    # `%timeit -n 10 f(x)`, `%store x`: what follows the options.
    while words and words[0].startswith("-"):
        words = words[2:] if words[1:] and words[1].isdigit() else words[1:]
        text = text.partition(words[0])[1] + text.partition(words[0])[2] if words else ""
    yield from _loaded(text)


def _loaded(text: str | bytes) -> list[str]:
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return []
    return [
        node.id
        for node in ast.walk(tree)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)
    ]
