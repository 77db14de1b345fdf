#!/usr/bin/env python3
import csv
import math
import random
import statistics
import sys
from collections import defaultdict
from pathlib import Path

HERE = Path(__file__).resolve().parent
SOURCE = HERE / "readings.csv"
K = 5


def read_rows(path):
    rows = []
    with open(path, newline="") as handle:
        for record in csv.DictReader(handle):
            rows.append(record)
    return rows


def to_number(text):
    try:
        return float(text)
    except ValueError:
        return None


rows = read_rows(SOURCE)
print(len(rows), "rows")

clean = []
for row in rows:
    values = [to_number(row[c]) for c in ("temperature", "humidity", "light")]
    if None in values:
        continue
    clean.append((values, row["occupied"] == "yes"))

random.seed(11)
random.shuffle(clean)
n_test = len(clean) // 4
test, train = clean[:n_test], clean[n_test:]

lows = [min(v[i] for v, _ in train) for i in range(3)]
highs = [max(v[i] for v, _ in train) for i in range(3)]


def rescale(vector):
    return [(x - lo) / (hi - lo) for x, lo, hi in zip(vector, lows, highs)]


train = [(rescale(v), t) for v, t in train]
test = [(rescale(v), t) for v, t in test]


def distance(a, b):
    return math.sqrt(sum((x - y) ** 2 for x, y in zip(a, b)))


def classify(vector, examples, k=K):
    nearest = sorted(examples, key=lambda e: distance(vector, e[0]))[:k]
    return sum(t for _, t in nearest) * 2 > k


hits = 0
table = defaultdict(int)
for vector, truth in test:
    answer = classify(vector, train)
    hits += answer == truth
    table[truth, answer] += 1

accuracy = hits / len(test)
precision = table[True, True] / max(1, table[True, True] + table[False, True])
recall = table[True, True] / max(1, table[True, True] + table[True, False])
print(f"accuracy {accuracy:.3f} precision {precision:.3f} recall {recall:.3f}", file=sys.stderr)

by_k = {}
for k in (1, 3, 5, 9):
    by_k[k] = statistics.mean(classify(v, train, k) == t for v, t in test)
best = max(by_k, key=by_k.get)
print("best k", best)

with open(HERE / "report.txt", "w") as out:
    for k, share in by_k.items():
        out.write(f"{k}\t{share:.4f}\n")
