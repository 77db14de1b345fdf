from __future__ import print_function
import argparse

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
import torch.optim as optim
from sklearn.datasets import load_digits
from torch.optim.lr_scheduler import CosineAnnealingLR
from torch.utils.data import DataLoader, Dataset


class Cells(Dataset):
    def __init__(self, part):
        images, target = load_digits(return_X_y=True)
        cut = 1400
        rows = slice(0, cut) if part == "train" else slice(cut, None)
        self.x = torch.tensor(images[rows].reshape(-1, 1, 8, 8) / 16, dtype=torch.float32)
        self.y = torch.tensor(target[rows])

    def __len__(self):
        return len(self.y)

    def __getitem__(self, i):
        return self.x[i], self.y[i]


class Net(nn.Module):
    def __init__(self, channels=8, p=0.25):
        super().__init__()
        self.conv = nn.Conv2d(1, channels, 3, padding=1)
        self.drop = nn.Dropout(p)
        self.fc = nn.Linear(channels * 16, 10)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.conv(x)), 2)
        x = self.drop(torch.flatten(x, 1))
        return F.log_softmax(self.fc(x), dim=1)


def train(args, model, loader, optimizer, epoch):
    model.train()
    for batch_idx, (data, target) in enumerate(loader):
        optimizer.zero_grad()
        output = model(data)
        loss = F.nll_loss(output, target)
        loss.backward()
        optimizer.step()
        if batch_idx % args.log_interval == 0:
            print("Train Epoch: {} [{}/{}]\tLoss: {:.6f}".format(epoch, batch_idx * len(data), len(loader.dataset), loss.item()))


def test(model, loader):
    model.eval()
    test_loss = 0
    correct = 0
    confusion = torch.zeros(10, 10, dtype=torch.int64)
    with torch.no_grad():
        for data, target in loader:
            output = model(data)
            test_loss += F.nll_loss(output, target, reduction="sum").item()
            pred = output.argmax(dim=1, keepdim=True)
            correct += pred.eq(target.view_as(pred)).sum().item()
            for t, p in zip(target, pred.view(-1)):
                confusion[t, p] += 1
    test_loss /= len(loader.dataset)
    accuracy = 100.0 * correct / len(loader.dataset)
    recall = confusion.diag() / confusion.sum(1).clamp(min=1)
    print(f"\nTest set: Average loss: {test_loss:.4f}, Accuracy: {accuracy:.1f}%, worst recall {recall.min():.2f}\n")
    return test_loss, accuracy


def main():
    parser = argparse.ArgumentParser(description="small CNN")
    parser.add_argument("--batch-size", type=int, default=50)
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--lr", type=float, default=0.01)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--log-interval", type=int, default=10)
    args = parser.parse_args()
    torch.manual_seed(args.seed)

    train_loader = DataLoader(Cells("train"), batch_size=args.batch_size, shuffle=True)
    test_loader = DataLoader(Cells("test"), batch_size=200)
    model = Net(channels=12)
    optimizer = optim.SGD(model.parameters(), lr=args.lr, momentum=0.9, nesterov=True)
    scheduler = CosineAnnealingLR(optimizer, T_max=args.epochs)
    history = []
    for epoch in range(1, args.epochs + 1):
        train(args, model, train_loader, optimizer, epoch)
        history.append(test(model, test_loader))
        scheduler.step()
    best_loss, best_acc = min(history)
    print("best", best_loss, best_acc)
    torch.save(model.state_dict(), "cells.pt")
    np.savetxt("history.txt", history)


if __name__ == "__main__":
    main()
