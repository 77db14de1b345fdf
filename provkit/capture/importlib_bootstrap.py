# ruff: noqa: D100
# mypy: ignore-errors
# The script that the interpreter runs when provkit watches a program: the one frame of ours
# below the user's. The file's name is chosen: `warnings` steps over frames whose file has both
# `importlib` and `_bootstrap` in its name, so `stacklevel` counts as under plain python.
# No docstring: it would be the user's `__doc__`. `Program` takes away the names bound here.
import sys

if not sys.flags.safe_path:
    del sys.path[0]  # this folder: nothing of ours is to be importable
import _frozen_importlib
import _frozen_importlib_external as loading

start = loading.spec_from_file_location("provkit_start", __file__[:-22] + "start.py")
start = _frozen_importlib.module_from_spec(start)
start.__builtins__ = __builtins__.__dict__.copy()  # the program may do to its own what it likes
start.__spec__.loader.exec_module(start)
with start.Program(globals()) as start:
    start.call(*start.arguments())
