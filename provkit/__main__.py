"""The program `provkit`, also as `python -m provkit`."""

from __future__ import annotations

from provkit.cli import exit_with_status as main

if __name__ == "__main__":
    main()
