"""Words, n-grams and a tiny language model of a corpus."""
import itertools
import math
import re
import string
from collections import Counter, defaultdict, deque
from functools import lru_cache, reduce
from pathlib import Path

TEXTS = {
    "alpha": "The cat sat on the mat. The cat ate the rat! Was the rat fat? It was.",
    "beta": "A dog ran after the cat; the cat ran up a tree. The dog sat, and the dog sang.",
    "gamma": "Rats and cats and dogs: all of them ran. None of them sat still for long.",
}
for name, text in TEXTS.items():
    Path(f"{name}.txt").write_text(text)
STOP = {"the", "a", "and", "it", "was", "of", "on"}
WORD = re.compile(r"[a-z']+")


def words_of(path):
    for line in Path(path).read_text().lower().splitlines():
        yield from WORD.findall(line)


def ngrams(words, n):
    window = deque(maxlen=n)
    for word in words:
        window.append(word)
        if len(window) == n:
            yield tuple(window)


def stem(word):
    for ending in ("ing", "ed", "s"):
        if word.endswith(ending) and len(word) > len(ending) + 2:
            return word[: -len(ending)]
    return word


documents = {path.stem: list(words_of(path)) for path in sorted(Path(".").glob("*.txt"))}
counts = {name: Counter(stem(w) for w in words if w not in STOP) for name, words in documents.items()}
total = reduce(lambda a, b: a + b, counts.values(), Counter())
index = defaultdict(set)
for name, words in documents.items():
    for position, word in enumerate(words):
        index[stem(word)].add((name, position))
idf = {}
for word, places in index.items():
    in_documents = {name for name, _ in places}
    idf[word] = math.log(len(documents) / len(in_documents)) + 1
scores = {
    name: sorted(((count * idf[word], word) for word, count in tally.items()), reverse=True)[:3]
    for name, tally in counts.items()
}
bigrams = Counter(itertools.chain.from_iterable(ngrams(words, 2) for words in documents.values()))
follows = defaultdict(Counter)
for (first, second), count in bigrams.items():
    follows[first][second] += count


def likelihood(sentence):
    words = WORD.findall(sentence.lower())
    result = 0.0
    for first, second in zip(words, words[1:]):
        seen = follows[first]
        result += math.log((seen[second] + 1) / (sum(seen.values()) + len(index)))
    return result


@lru_cache(maxsize=None)
def distance(a, b):
    if not a or not b:
        return len(a) + len(b)
    if a[0] == b[0]:
        return distance(a[1:], b[1:])
    return 1 + min(distance(a[1:], b), distance(a, b[1:]), distance(a[1:], b[1:]))


good = likelihood("the cat ran")
odd = likelihood("mat the still")
nearest = min(index, key=lambda word: (distance(word, "catz"), word))
lengths = {k: [w for w in g] for k, g in itertools.groupby(sorted(index, key=len), key=len)}
table = str.maketrans("", "", string.punctuation)
longest = max((w.translate(table) for w in itertools.chain(*documents.values())), key=len)
grid = [["#" if w in tally else "." for w in list(total)[:5]] for tally in counts.values()]
Path("index.tsv").write_text("".join(f"{w}\t{len(p)}\n" for w, p in sorted(index.items())))
print(total.most_common(4))
print(round(good, 3), round(odd, 3), good > odd)
print(nearest, longest, sorted(lengths))
print("\n".join("".join(row) for row in grid))
