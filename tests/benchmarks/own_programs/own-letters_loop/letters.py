import numpy as np
import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

EPOCHS = 12
LR = 0.05
BATCH = 64
SEED = 3

torch.manual_seed(SEED)
rng = np.random.default_rng(SEED)

digits = load_digits()
X_tr, X_te, y_tr, y_te = train_test_split(digits.data / 16.0, digits.target, test_size=0.2, random_state=SEED, stratify=digits.target)
X_tr, X_te = torch.tensor(X_tr).float(), torch.tensor(X_te).float()
y_tr, y_te = torch.tensor(y_tr), torch.tensor(y_te)

W1 = (torch.randn(64, 48) * 0.1).requires_grad_()
b1 = torch.zeros(48, requires_grad=True)
W2 = (torch.randn(48, 10) * 0.1).requires_grad_()
b2 = torch.zeros(10, requires_grad=True)
params = [W1, b1, W2, b2]


def net(x):
    h = torch.relu(x @ W1 + b1)
    return h @ W2 + b2


def f1_macro(pred, true, n_classes=10):
    scores = []
    for c in range(n_classes):
        tp = ((pred == c) & (true == c)).sum().item()
        fp = ((pred == c) & (true != c)).sum().item()
        fn = ((pred != c) & (true == c)).sum().item()
        scores.append(2 * tp / max(1, 2 * tp + fp + fn))
    return sum(scores) / n_classes


train_curve = []
for epoch in range(EPOCHS):
    order = rng.permutation(len(X_tr))
    running = 0.0
    for start in range(0, len(order), BATCH):
        idx = torch.as_tensor(order[start : start + BATCH])
        logits = net(X_tr[idx])
        loss = F.cross_entropy(logits, y_tr[idx])
        loss.backward()
        with torch.no_grad():
            for p in params:
                p -= LR * p.grad
                p.grad.zero_()
        running += loss.item() * len(idx)
    train_curve.append(running / len(order))
    with torch.no_grad():
        val_loss = F.cross_entropy(net(X_te), y_te).item()
        val_acc = (net(X_te).argmax(1) == y_te).float().mean().item()
    print(f"epoch {epoch + 1:2d} train {train_curve[-1]:.4f} val {val_loss:.4f} acc {val_acc:.3f}")

with torch.no_grad():
    y_hat = net(X_te).argmax(dim=1)
test_accuracy = (y_hat == y_te).sum().item() / len(y_te)
print("accuracy", test_accuracy)
print("macro f1", f1_macro(y_hat, y_te))
torch.save({"W1": W1, "b1": b1, "W2": W2, "b2": b2}, "letters.pt")
