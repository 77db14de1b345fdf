"""`provkit completion`, and the answers to a shell that completes a word."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from provkit.cli.words import one_of

_SHELLS = ("bash", "zsh", "fish")


def completion(
    shell: Annotated[str, typer.Argument(metavar="SHELL", help="bash, zsh or fish")],
) -> None:
    """Print the script that makes a shell complete provkit's words.

    Examples:
        provkit completion bash >> ~/.bashrc
        provkit completion fish > ~/.config/fish/completions/provkit.fish
    """
    one_of(shell, _SHELLS, "completion for")
    sys.stdout.write(script_for(shell))


def script_for(shell: str) -> str:
    """Write the completion script of a shell."""
    from provkit.cli import COMPLETE

    return _SCRIPTS[shell] % {"variable": COMPLETE}


def complete(request: str) -> int:
    """Answer a shell: one line for each word that may stand there.

    Args:
        request: The words typed so far, one per line, the last one unfinished.
    """
    *before, incomplete = request.split("\n")
    for word, _ in candidates(before[1:], incomplete):
        sys.stdout.write(f"{word}\n")
    return 0


def candidates(words: list[str], incomplete: str) -> list[tuple[str, str]]:
    """Give the words that may stand after those typed, each with what it means.

    Args:
        words: Complete words after `provkit`.
        incomplete: The beginning of the next.

    Returns:
        Empty where a file or free text is meant: the shell completes files itself.
    """
    from provkit.cli import ALIASES, COMMANDS, function_of
    from provkit.cli.words import command_of

    if not words:
        names = [(name, command.summary) for name, command in COMMANDS.items()]
        names += [(alias, f"= {name}") for alias, name in ALIASES.items()]
        return [item for item in names if item[0].startswith(incomplete)]
    name = ALIASES.get(words[0], words[0])
    if name not in COMMANDS:
        return []
    command = command_of(name, function_of(name))
    if incomplete.startswith("-"):
        return _options(command, incomplete)
    if name != "capture" and any(_is_trial(p) for p in command.params):
        return _trial_names(incomplete)
    return []


def _options(command: typer.core.TyperCommand, incomplete: str) -> list[tuple[str, str]]:
    found = [
        (option, str(getattr(parameter, "help", "") or ""))
        for parameter in command.params
        for option in parameter.opts
        if parameter.param_type_name == "option"
    ]
    return [item for item in [*found, ("--help", "")] if item[0].startswith(incomplete)]


def _is_trial(parameter: object) -> bool:
    return "TRIAL" in str(getattr(parameter, "metavar", "") or "")


def _trial_names(incomplete: str) -> list[tuple[str, str]]:
    from provkit import api
    from provkit.errors import ProvkitError

    try:
        summaries = api.trials()
    except ProvkitError:
        return []
    names = [("last", "the newest"), *((t.name or t.id[:8], t.label) for t in summaries)]
    return [item for item in names if item[0].startswith(incomplete)]


# The shells hand over the words and take the candidates one per line; where there are none
# they fall back to files.
_SCRIPTS = {
    "bash": """\
_provkit_complete() {
    local IFS=$'\\n'
    COMPREPLY=($(%(variable)s="${COMP_WORDS[*]:0:COMP_CWORD+1}" provkit 2>/dev/null))
}
complete -o default -o bashdefault -F _provkit_complete provkit
""",
    "zsh": """\
#compdef provkit
_provkit_complete() {
    local -a found
    found=("${(@f)$(%(variable)s="${(pj:\\n:)words[1,CURRENT]}" provkit 2>/dev/null)}")
    if [[ -n "${found[1]}" ]]; then compadd -- "${found[@]}"; else _files; fi
}
compdef _provkit_complete provkit
""",
    "fish": """\
function __provkit_complete
    set -lx %(variable)s (string join \\n -- (commandline -opc) (commandline -ct) | string collect)
    provkit 2>/dev/null
end
complete -c provkit -a "(__provkit_complete)"
""",
}
