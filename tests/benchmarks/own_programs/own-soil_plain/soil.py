"""Rank soil samples: own k-nearest neighbours, own perceptron, and k-means, all on plain arrays."""
import numpy as np

rng = np.random.RandomState(0)
raw = np.loadtxt("soil.txt", delimiter=";", skiprows=1)
X, y = raw[:, :-1], raw[:, -1].astype(int)
idx = rng.permutation(len(X))
cut = int(0.8 * len(X))
tr, te = idx[:cut], idx[cut:]
mean, std = X[tr].mean(0), X[tr].std(0)
Xs = (X - mean) / std


def knn_predict(train_X, train_y, query, k=5):
    d = ((query[:, None, :] - train_X[None]) ** 2).sum(-1)
    nearest = np.argsort(d, axis=1)[:, :k]
    votes = train_y[nearest]
    return (votes.mean(axis=1) > 0.5).astype(int)


def perceptron(train_X, train_y, epochs=15, eta=0.1):
    w = np.zeros(train_X.shape[1] + 1)
    mistakes = []
    for _ in range(epochs):
        wrong = 0
        for xi, ti in zip(train_X, train_y):
            out = 1 if w[0] + xi @ w[1:] > 0 else 0
            if out != ti:
                w[1:] += eta * (ti - out) * xi
                w[0] += eta * (ti - out)
                wrong += 1
        mistakes.append(wrong)
    return w, mistakes


def kmeans(data, k=3, rounds=20, seed=1):
    r = np.random.RandomState(seed)
    centers = data[r.choice(len(data), k, replace=False)]
    for _ in range(rounds):
        dist = np.linalg.norm(data[:, None] - centers[None], axis=2)
        label = dist.argmin(1)
        centers = np.array([data[label == j].mean(0) for j in range(k)])
    inertia = (dist.min(1) ** 2).sum()
    return centers, label, inertia


def auc(scores, truth):
    pos, neg = scores[truth == 1], scores[truth == 0]
    wins = (pos[:, None] > neg[None]).sum() + 0.5 * (pos[:, None] == neg[None]).sum()
    return wins / (len(pos) * len(neg))


best_k, best_err = None, 1.0
for k in (1, 3, 5, 7, 9):
    y_pred = knn_predict(Xs[tr], y[tr], Xs[te], k)
    err = np.mean(y_pred != y[te])
    print(f"k={k} error={err:.3f}")
    if err < best_err:
        best_k, best_err = k, err

weights, mistakes = perceptron(Xs[tr], y[tr])
margin = weights[0] + Xs[te] @ weights[1:]
y_hat = (margin > 0).astype(int)
acc = (y_hat == y[te]).sum() / len(te)
print("perceptron accuracy: %.3f, auc: %.3f" % (acc, auc(margin, y[te])))
table = np.zeros((2, 2), int)
for t, p in zip(y[te], y_hat):
    table[t, p] += 1
print(table)

centers, label, inertia = kmeans(Xs, k=2)
purity = sum(np.bincount(y[label == j]).max() for j in range(2)) / len(y)
print("inertia", inertia, "purity", purity)
np.savetxt("centers.txt", centers)
