"""Ridge regression by gradient descent on a table of rents, all by hand."""
import json

import numpy as np
import pandas as pd

LEARNING_RATE = 0.05
PENALTY = 1e-3
EPOCHS = 300

df = pd.read_csv("rents.csv")
df = df.dropna()
df["age"] = 2024 - df["built"]
features = ["area", "rooms", "age", "distance"]

rng = np.random.RandomState(4)
mask = rng.rand(len(df)) < 0.8
train, test = df[mask], df[~mask]

mean, std = train[features].mean(), train[features].std()
X_train = ((train[features] - mean) / std).to_numpy()
X_test = ((test[features] - mean) / std).to_numpy()
y_train, y_test = train["rent"].to_numpy(), test["rent"].to_numpy()

X_train = np.c_[np.ones(len(X_train)), X_train]
X_test = np.c_[np.ones(len(X_test)), X_test]

w = np.zeros(X_train.shape[1])
losses = []
for epoch in range(EPOCHS):
    residual = X_train @ w - y_train
    grad = 2 * X_train.T @ residual / len(y_train) + 2 * PENALTY * w
    w -= LEARNING_RATE * grad
    losses.append(np.mean(residual**2))

y_hat = X_test @ w
results = {}
results["rmse"] = float(np.sqrt(np.mean((y_test - y_hat) ** 2)))
results["mae"] = float(np.abs(y_test - y_hat).mean())
ss_res = np.sum((y_test - y_hat) ** 2)
ss_tot = np.sum((y_test - y_test.mean()) ** 2)
results["r2"] = float(1 - ss_res / ss_tot)
print("on the rest:", {name: round(value, 3) for name, value in results.items()})
print(f"MAPE {np.mean(np.abs((y_test - y_hat) / y_test)) * 100:.1f} %")

baseline = np.full_like(y_test, y_train.mean(), dtype=float)
baseline_rmse = np.sqrt(((y_test - baseline) ** 2).mean())
print("a guess of the mean would be off by %.1f" % baseline_rmse)

with open("rents.json", "w") as f:
    json.dump({"weights": w.tolist(), **results, "final_loss": float(losses[-1])}, f, indent=2)
