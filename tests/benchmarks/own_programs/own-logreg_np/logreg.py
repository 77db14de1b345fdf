import numpy as np


def sigmoid(z):
    return 1.0 / (1.0 + np.exp(-z))


def accuracy(y_true, y_pred):
    return np.sum(y_true == y_pred) / len(y_true)


def f1(y_true, y_pred):
    tp = np.sum((y_true == 1) & (y_pred == 1))
    fp = np.sum((y_true == 0) & (y_pred == 1))
    fn = np.sum((y_true == 1) & (y_pred == 0))
    precision = tp / (tp + fp + 1e-9)
    recall = tp / (tp + fn + 1e-9)
    return 2 * precision * recall / (precision + recall + 1e-9)


def log_loss(y, p):
    return -np.mean(y * np.log(p + 1e-9) + (1 - y) * np.log(1 - p + 1e-9))


np.random.seed(4)
X = np.random.randn(500, 5)
true_w = np.array([1.5, -2.0, 0.0, 0.7, 0.0])
y = (sigmoid(X @ true_w) > np.random.rand(500)).astype(int)
X = np.hstack([np.ones((500, 1)), X])
X_train, y_train = X[:350], y[:350]
X_val, y_val = X[350:], y[350:]

w = np.zeros(6)
lr, l2, n_iter = 0.3, 0.01, 120
losses = []
for it in range(n_iter):
    p = sigmoid(X_train @ w)
    grad = X_train.T @ (p - y_train) / len(y_train) + l2 * w
    w -= lr * grad
    loss = log_loss(y_train, p)
    losses.append(loss)
    if it % 40 == 0:
        print(it, loss)

val_p = sigmoid(X_val @ w)
val_pred = (val_p > 0.5).astype(int)
print("val accuracy", accuracy(y_val, val_pred))
print("val f1", f1(y_val, val_pred))
print("val log loss", log_loss(y_val, val_p))
pos, neg = val_p[y_val == 1], val_p[y_val == 0]
auc = np.mean(pos[:, None] > neg[None, :])
print("val auc", auc)
np.save("weights.npy", w)
