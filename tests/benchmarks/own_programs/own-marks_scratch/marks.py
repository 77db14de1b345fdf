import csv
import math
import random

import numpy as np


def read_rows(path):
    with open(path, newline="") as f:
        reader = csv.DictReader(f)
        rows = list(reader)
    X = np.array([[float(r["hours"]), float(r["sleep"]), float(r["absences"])] for r in rows])
    y = np.array([int(r["passed"]) for r in rows])
    return X, y


class LogisticRegressionScratch:
    def __init__(self, lr=0.1, n_iter=200, l2=0.0):
        self.lr = lr
        self.n_iter = n_iter
        self.l2 = l2
        self.losses = []

    @staticmethod
    def _sigmoid(z):
        return 1 / (1 + np.exp(-z))

    def fit(self, X, y):
        n, d = X.shape
        self.w = np.zeros(d)
        self.b = 0.0
        for _ in range(self.n_iter):
            p = self._sigmoid(X @ self.w + self.b)
            error = p - y
            self.w -= self.lr * (X.T @ error / n + self.l2 * self.w)
            self.b -= self.lr * error.mean()
            loss = -np.mean(y * np.log(p + 1e-12) + (1 - y) * np.log(1 - p + 1e-12))
            self.losses.append(loss)
        return self

    def predict_proba(self, X):
        return self._sigmoid(X @ self.w + self.b)

    def predict(self, X):
        return (self.predict_proba(X) >= 0.5).astype(int)


def accuracy(y_true, y_pred):
    return float(np.mean(y_true == y_pred))


def precision_recall_f1(y_true, y_pred):
    tp = int(np.sum((y_true == 1) & (y_pred == 1)))
    fp = int(np.sum((y_true == 0) & (y_pred == 1)))
    fn = int(np.sum((y_true == 1) & (y_pred == 0)))
    precision = tp / (tp + fp) if tp + fp else 0.0
    recall = tp / (tp + fn) if tp + fn else 0.0
    f1 = 2 * precision * recall / (precision + recall) if precision + recall else 0.0
    return precision, recall, f1


def k_fold_indices(n, k, seed):
    order = list(range(n))
    random.Random(seed).shuffle(order)
    size = math.ceil(n / k)
    return [order[i : i + size] for i in range(0, n, size)]


X, y = read_rows("marks.csv")
X = (X - X.mean(axis=0)) / X.std(axis=0)

fold_scores = []
folds = k_fold_indices(len(y), 5, seed=42)
for i, test_idx in enumerate(folds):
    train_idx = [j for k, fold in enumerate(folds) if k != i for j in fold]
    model = LogisticRegressionScratch(lr=0.5, n_iter=150, l2=0.01)
    model.fit(X[train_idx], y[train_idx])
    y_pred = model.predict(X[test_idx])
    fold_scores.append(accuracy(y[test_idx], y_pred))
print("accuracy per fold:", [round(s, 3) for s in fold_scores])
print("mean accuracy:", sum(fold_scores) / len(fold_scores))

split = int(0.7 * len(y))
final = LogisticRegressionScratch(lr=0.5, n_iter=300)
final.fit(X[:split], y[:split])
p, r, f = precision_recall_f1(y[split:], final.predict(X[split:]))
print(f"precision={p:.3f} recall={r:.3f} f1={f:.3f}")
majority = max(set(y[:split].tolist()), key=y[:split].tolist().count)
print("baseline", accuracy(y[split:], np.full(len(y) - split, majority)))
np.save("weights.npy", final.w)
