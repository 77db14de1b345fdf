"""The process in which a query with a time limit runs: one question in, one answer out.

Both are JSON, on stdin and stdout; started by `provkit.query.ask`, not by people.
"""

from __future__ import annotations

import json
import sys

from provkit.query.asking import answer_in_child


def main() -> None:
    """Answer the question on stdin."""
    json.dump(answer_in_child(json.load(sys.stdin)), sys.stdout)


if __name__ == "__main__":
    main()
