import argparse
import copy
import json
from dataclasses import dataclass

import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset, random_split


@dataclass
class Config:
    lr: float = 1e-3
    batch_size: int = 64
    epochs: int = 5
    hidden: int = 16
    patience: int = 2
    dropout: float = 0.0


class SensorNet(nn.Module):
    def __init__(self, n_in, hidden, n_out, dropout=0.0):
        super().__init__()
        self.body = nn.Sequential(
            nn.Linear(n_in, hidden), nn.ReLU(), nn.Dropout(dropout), nn.Linear(hidden, n_out)
        )

    def forward(self, x):
        return self.body(x)


class EarlyStopping:
    def __init__(self, patience):
        self.patience = patience
        self.best = float("inf")
        self.bad = 0

    def __call__(self, value):
        if value < self.best:
            self.best, self.bad = value, 0
            return False
        self.bad += 1
        return self.bad >= self.patience


def accuracy(logits, target):
    return (logits.argmax(dim=1) == target).float().mean().item()


class Trainer:
    def __init__(self, model, cfg, device="cpu"):
        self.model = model.to(device)
        self.cfg = cfg
        self.criterion = nn.CrossEntropyLoss()
        self.optimizer = torch.optim.AdamW(model.parameters(), lr=cfg.lr, weight_decay=1e-4)
        self.history = {"train_loss": [], "val_loss": [], "val_acc": []}

    def train_epoch(self, loader):
        self.model.train()
        total = 0.0
        for xb, yb in loader:
            self.optimizer.zero_grad()
            loss = self.criterion(self.model(xb), yb)
            loss.backward()
            self.optimizer.step()
            total += loss.item() * len(xb)
        return total / len(loader.dataset)

    @torch.no_grad()
    def evaluate(self, loader):
        self.model.eval()
        losses, correct, n = 0.0, 0, 0
        for xb, yb in loader:
            out = self.model(xb)
            losses += self.criterion(out, yb).item() * len(xb)
            correct += (out.argmax(1) == yb).sum().item()
            n += len(xb)
        return losses / n, correct / n

    def fit(self, train_loader, val_loader):
        stopper = EarlyStopping(self.cfg.patience)
        best_state = None
        for epoch in range(self.cfg.epochs):
            train_loss = self.train_epoch(train_loader)
            val_loss, val_acc = self.evaluate(val_loader)
            self.history["train_loss"].append(train_loss)
            self.history["val_loss"].append(val_loss)
            self.history["val_acc"].append(val_acc)
            if val_loss <= min(self.history["val_loss"]):
                best_state = copy.deepcopy(self.model.state_dict())
            if stopper(val_loss):
                break
        self.model.load_state_dict(best_state)
        return self.history


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--config", default="config.json")
    parser.add_argument("--seed", type=int, default=11)
    args = parser.parse_args()
    torch.manual_seed(args.seed)
    with open(args.config) as fh:
        cfg = Config(**json.load(fh))

    data = np.load("sensors.npz")
    X = torch.tensor(data["X"], dtype=torch.float32)
    y = torch.tensor(data["y"], dtype=torch.long)
    X = (X - X.mean(0)) / X.std(0)
    dataset = TensorDataset(X, y)
    n_test = int(0.2 * len(dataset))
    n_val = int(0.2 * len(dataset))
    train_set, val_set, test_set = random_split(dataset, [len(dataset) - n_val - n_test, n_val, n_test])
    train_loader = DataLoader(train_set, batch_size=cfg.batch_size, shuffle=True)
    val_loader = DataLoader(val_set, batch_size=cfg.batch_size)
    test_loader = DataLoader(test_set, batch_size=cfg.batch_size)

    model = SensorNet(X.shape[1], cfg.hidden, int(y.max()) + 1, dropout=cfg.dropout)
    trainer = Trainer(model, cfg)
    history = trainer.fit(train_loader, val_loader)
    test_loss, test_acc = trainer.evaluate(test_loader)
    print(f"epochs {len(history['val_loss'])} test loss {test_loss:.4f} acc {test_acc:.4f}")
    xb, yb = next(iter(test_loader))
    print("first batch", accuracy(model(xb), yb))
    torch.save(model.state_dict(), "sensor_net.pt")
    with open("history.json", "w") as fh:
        json.dump(history, fh)


if __name__ == "__main__":
    main()
