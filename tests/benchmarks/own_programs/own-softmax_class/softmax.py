"""Softmax regression with plain arrays."""
import argparse
import json
import time

import numpy as np


class Softmax:
    def __init__(self, rate=0.1, decay=1e-3, rounds=200):
        self.rate = rate
        self.decay = decay
        self.rounds = rounds
        self.history = []

    def probabilities(self, X):
        z = X @ self.W + self.b
        z -= z.max(axis=1, keepdims=True)
        e = np.exp(z)
        return e / e.sum(axis=1, keepdims=True)

    def fit(self, X, y):
        n, d = X.shape
        k = y.max() + 1
        onehot = np.eye(k)[y]
        self.W = np.zeros((d, k))
        self.b = np.zeros(k)
        for _ in range(self.rounds):
            P = self.probabilities(X)
            self.history.append(-np.mean(np.log(P[np.arange(n), y] + 1e-12)))
            G = (P - onehot) / n
            self.W -= self.rate * (X.T @ G + self.decay * self.W)
            self.b -= self.rate * G.sum(axis=0)
        return self

    def predict(self, X):
        return self.probabilities(X).argmax(axis=1)


def blobs(n, seed):
    rng = np.random.default_rng(seed)
    centres = np.array([[0.0, 0.0], [3.0, 1.0], [1.0, 4.0]])
    y = rng.integers(0, 3, size=n)
    X = centres[y] + rng.normal(scale=1.1, size=(n, 2))
    return X, y


def standardise(train, test):
    mu, sd = train.mean(0), train.std(0)
    return (train - mu) / sd, (test - mu) / sd


def confusion(truth, guess, k):
    M = np.zeros((k, k), dtype=int)
    np.add.at(M, (truth, guess), 1)
    return M


def main(argv=None):
    p = argparse.ArgumentParser()
    p.add_argument("--rounds", type=int, default=150)
    p.add_argument("--rate", type=float, default=0.3)
    p.add_argument("--seed", type=int, default=7)
    p.add_argument("--out", default="softmax.json")
    a = p.parse_args(argv)

    started = time.perf_counter()
    X, y = blobs(600, a.seed)
    order = np.random.default_rng(a.seed + 1).permutation(len(X))
    cut = int(0.75 * len(X))
    tr, te = order[:cut], order[cut:]
    Xtr, Xte = standardise(X[tr], X[te])
    model = Softmax(rate=a.rate, rounds=a.rounds)
    model.fit(Xtr, y[tr])
    guess = model.predict(Xte)
    acc = np.mean(guess == y[te])
    print("accuracy", round(float(acc), 3))
    print(confusion(y[te], guess, 3))
    with open(a.out, "w") as f:
        json.dump({"W": model.W.tolist(), "b": model.b.tolist(), "accuracy": float(acc)}, f)
    print("took", time.perf_counter() - started, "s")


if __name__ == "__main__":
    main()
