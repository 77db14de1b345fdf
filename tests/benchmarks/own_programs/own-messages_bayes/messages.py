#!/usr/bin/env python
"""Spam or not: a naive Bayes of the standard library."""
import math
import random
import sys
from collections import Counter, defaultdict


def read(path):
    with open(path, encoding="utf-8") as lines:
        for line in lines:
            label, _, text = line.rstrip("\n").partition("\t")
            yield text.lower().split(), label


class NaiveBayes:
    """Multinomial, with additive smoothing."""

    def __init__(self, smoothing=1.0, min_count=1):
        self.smoothing = smoothing
        self.min_count = min_count

    def fit(self, documents, labels):
        self.prior = Counter(labels)
        self.words = defaultdict(Counter)
        seen = Counter()
        for document, label in zip(documents, labels):
            self.words[label].update(document)
            seen.update(document)
        self.vocabulary = {word for word, count in seen.items() if count >= self.min_count}
        return self

    def log_scores(self, document):
        total = sum(self.prior.values())
        scores = {}
        for label, count in self.prior.items():
            size = sum(self.words[label].values()) + self.smoothing * len(self.vocabulary)
            score = math.log(count / total)
            for word in document:
                if word in self.vocabulary:
                    score += math.log((self.words[label][word] + self.smoothing) / size)
            scores[label] = score
        return scores

    def predict_proba(self, document):
        scores = self.log_scores(document)
        top = max(scores.values())
        weights = {label: math.exp(score - top) for label, score in scores.items()}
        return weights["spam"] / sum(weights.values())

    def predict(self, document):
        return "spam" if self.predict_proba(document) > 0.5 else "ham"


def confusion(truth, guessed):
    tp = sum(t == "spam" and g == "spam" for t, g in zip(truth, guessed))
    fp = sum(t == "ham" and g == "spam" for t, g in zip(truth, guessed))
    fn = sum(t == "spam" and g == "ham" for t, g in zip(truth, guessed))
    tn = len(truth) - tp - fp - fn
    return tp, fp, fn, tn


def main(path="messages.tsv", seed=11):
    data = list(read(path))
    random.seed(seed)
    random.shuffle(data)
    cut = int(len(data) * 0.7)
    train, test = data[:cut], data[cut:]

    model = NaiveBayes(0.5, min_count=2)
    model.fit([d for d, _ in train], [label for _, label in train])

    truth = [label for _, label in test]
    guessed = [model.predict(d) for d, _ in test]
    tp, fp, fn, tn = confusion(truth, guessed)
    accuracy = (tp + tn) / len(test)
    precision = tp / (tp + fp) if tp + fp else 0.0
    recall = tp / (tp + fn) if tp + fn else 0.0
    f1 = 2 * precision * recall / (precision + recall) if precision + recall else 0.0

    loss = 0.0
    for document, label in test:
        p = model.predict_proba(document)
        p = p if label == "spam" else 1 - p
        loss -= math.log(max(p, 1e-15))
    log_loss = loss / len(test)

    print(f"accuracy  {accuracy:.3f}")
    print(f"precision {precision:.3f}  recall {recall:.3f}  F1 {f1:.3f}")
    print(f"log loss  {log_loss:.3f}")
    with open("wrong.txt", "w", encoding="utf-8") as out:
        for (document, label), guess in zip(test, guessed):
            if guess != label:
                print(label, guess, " ".join(document), sep="\t", file=out)


if __name__ == "__main__":
    main(*sys.argv[1:2])
