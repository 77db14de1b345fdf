import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch.utils.data import DataLoader, TensorDataset

BATCH = 64
EPOCHS = 4
LR = 3e-3


class MLP(nn.Module):
    def __init__(self, in_dim, hidden, out_dim, dropout=0.1):
        super().__init__()
        self.fc1 = nn.Linear(in_dim, hidden)
        self.drop = nn.Dropout(dropout)
        self.fc2 = nn.Linear(hidden, out_dim)

    def forward(self, x):
        return self.fc2(self.drop(F.relu(self.fc1(x))))


def train_one_epoch(model, loader, optimizer):
    model.train()
    running = 0.0
    for xb, yb in loader:
        optimizer.zero_grad()
        loss = F.cross_entropy(model(xb), yb)
        loss.backward()
        optimizer.step()
        running += loss.item()
    return running / len(loader)


@torch.no_grad()
def evaluate(model, loader):
    model.eval()
    loss, correct, total = 0.0, 0, 0
    for xb, yb in loader:
        logits = model(xb)
        loss += F.cross_entropy(logits, yb, reduction="sum").item()
        correct += (logits.argmax(dim=1) == yb).sum().item()
        total += yb.size(0)
    return loss / total, correct / total


def main():
    torch.manual_seed(0)
    X, y = load_digits(return_X_y=True)
    X_tr, X_te, y_tr, y_te = train_test_split(X / 16.0, y, test_size=0.2, random_state=0)
    X_tr, X_va, y_tr, y_va = train_test_split(X_tr, y_tr, test_size=0.2, random_state=0)

    def as_loader(a, b, shuffle=False):
        ds = TensorDataset(torch.tensor(a, dtype=torch.float32), torch.tensor(b))
        return DataLoader(ds, batch_size=BATCH, shuffle=shuffle)

    train_loader = as_loader(X_tr, y_tr, shuffle=True)
    val_loader = as_loader(X_va, y_va)
    test_loader = as_loader(X_te, y_te)

    model = MLP(64, 32, 10, dropout=0.2)
    optimizer = torch.optim.AdamW(model.parameters(), lr=LR, weight_decay=1e-4)
    history = {"train_loss": [], "val_loss": [], "val_acc": []}
    best_acc, best_state = 0.0, None
    for epoch in range(EPOCHS):
        train_loss = train_one_epoch(model, train_loader, optimizer)
        val_loss, val_acc = evaluate(model, val_loader)
        history["train_loss"].append(train_loss)
        history["val_loss"].append(val_loss)
        history["val_acc"].append(val_acc)
        if val_acc > best_acc:
            best_acc, best_state = val_acc, {k: v.clone() for k, v in model.state_dict().items()}
        print(f"[{epoch + 1}/{EPOCHS}] loss {train_loss:.4f} val {val_loss:.4f} acc {val_acc:.3%}")
    model.load_state_dict(best_state)
    test_loss, test_acc = evaluate(model, test_loader)
    print(f"test: loss {test_loss:.4f} acc {test_acc:.3%}")
    torch.save(model.state_dict(), "best.pt")


if __name__ == "__main__":
    main()
