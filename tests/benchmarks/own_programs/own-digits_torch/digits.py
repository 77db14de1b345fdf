"""Train a small perceptron on the 8x8 digits with a loop of its own."""
import argparse

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch.utils.data import DataLoader, TensorDataset


class Perceptron(nn.Module):
    def __init__(self, inputs, hidden, classes, dropout=0.1):
        super().__init__()
        self.hidden = nn.Linear(inputs, hidden)
        self.drop = nn.Dropout(dropout)
        self.out = nn.Linear(hidden, classes)

    def forward(self, x):
        return self.out(self.drop(F.relu(self.hidden(x))))


def train_epoch(model, loader, criterion, optimizer):
    model.train()
    running = 0.0
    for xb, yb in loader:
        optimizer.zero_grad()
        loss = criterion(model(xb), yb)
        loss.backward()
        optimizer.step()
        running += loss.item() * len(xb)
    return running / len(loader.dataset)


@torch.no_grad()
def evaluate(model, loader, criterion):
    model.eval()
    total_loss, correct = 0.0, 0
    for xb, yb in loader:
        out = model(xb)
        total_loss += criterion(out, yb).item() * len(xb)
        pred = out.argmax(dim=1)
        correct += (pred == yb).sum().item()
    return total_loss / len(loader.dataset), 100.0 * correct / len(loader.dataset)


def top_k(model, X, y, k=3):
    model.eval()
    with torch.no_grad():
        scores = model(X)
    best = scores.topk(k, dim=1).indices
    return (best == y.unsqueeze(1)).any(dim=1).float().mean().item()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--epochs", type=int, default=6)
    parser.add_argument("--hidden", type=int, default=32)
    parser.add_argument("--lr", type=float, default=0.01)
    parser.add_argument("--batch-size", type=int, default=64)
    args = parser.parse_args()

    torch.manual_seed(1)
    X, y = load_digits(return_X_y=True)
    X = (X / 16.0).astype(np.float32)
    X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.25, stratify=y, random_state=1)
    X_train, X_test = torch.from_numpy(X_train), torch.from_numpy(X_test)
    y_train, y_test = torch.from_numpy(y_train), torch.from_numpy(y_test)
    train_loader = DataLoader(TensorDataset(X_train, y_train), args.batch_size, shuffle=True)
    test_loader = DataLoader(TensorDataset(X_test, y_test), batch_size=256)

    model = Perceptron(X.shape[1], args.hidden, 10)
    criterion = nn.CrossEntropyLoss()
    optimizer = torch.optim.Adam(model.parameters(), lr=args.lr, weight_decay=1e-4)
    scheduler = torch.optim.lr_scheduler.StepLR(optimizer, 3, gamma=0.5)
    history = []
    for epoch in range(1, args.epochs + 1):
        train_loss = train_epoch(model, train_loader, criterion, optimizer)
        val_loss, val_acc = evaluate(model, test_loader, criterion)
        scheduler.step()
        history.append((epoch, train_loss, val_loss, val_acc))
        print(f"epoch {epoch}: train loss {train_loss:.4f}  test loss {val_loss:.4f}  accuracy {val_acc:.2f}%")
    print("top-3 accuracy:", round(top_k(model, X_test, y_test), 3))
    torch.save(model.state_dict(), "digits.pt")


if __name__ == "__main__":
    main()
