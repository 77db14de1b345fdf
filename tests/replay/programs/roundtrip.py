"""Files written, read back, renamed and removed."""

import csv
import json
import os
import shutil
from pathlib import Path

out = Path("work")
out.mkdir(exist_ok=True)
config = json.loads(Path("data/config.json").read_text())
rows = [{"name": name, "weight": config["weights"][name]} for name in config["names"]]
with open(out / "weights.csv", "w", newline="") as handle:
    writer = csv.DictWriter(handle, fieldnames=["name", "weight"])
    writer.writeheader()
    writer.writerows(rows)
with open(out / "weights.csv", newline="") as handle:
    read = list(csv.DictReader(handle))
total = sum(int(row["weight"]) for row in read)
with open("notes.txt", "w") as notes:
    notes.write("first\n")
with open("notes.txt", "a") as notes:
    notes.write(f"total {total}\n")
note_lines = Path("notes.txt").read_text().splitlines()
shutil.copy("notes.txt", out / "copy.txt")
os.rename(out / "copy.txt", out / "kept.txt")
scratch = Path("scratch.tmp")
scratch.write_text("x" * 10)
size = scratch.stat().st_size
scratch.unlink()
kept = (out / "kept.txt").read_text()
share = {row["name"]: int(row["weight"]) / total for row in read}
Path("share.json").write_text(json.dumps(share, sort_keys=True))
print("total", total)
print("size", size)
