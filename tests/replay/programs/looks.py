"""What a program asks of its files, and what it prints in many places with one text."""

import os
from collections import defaultdict
from pathlib import Path


def show(label, value):
    if value > 9:
        print(label, value)
        print("-" * 10)
    else:
        print(label, value)


folder = Path("parts")
folder.mkdir()
for number in range(12):
    (folder / f"part{number}.txt").write_text("\n".join(str(number * k) for k in range(9)))
spare = Path("spare.json")
spare.write_text("{}")

names = sorted(path.name for path in folder.glob("*1.txt"))
sizes = {name: os.path.getsize(folder / name) for name in names}
by_size = defaultdict(list)
for path in sorted(folder.iterdir()):
    by_size[path.stat().st_size // 10].append(path.stem)
none_of = by_size[99]

last = None
total = 0
for number in range(12):
    with (folder / f"part{number}.txt").open() as lines:
        for line in lines:
            total += int(line)
    last = number

show("names", len(names))
show("total", total)
print("=" * 10)
print(os.path.exists("spare.json"))
print("=" * 10)
