"""Linear regression by gradient descent, past the closing of every guard."""

import numpy as np

rng = np.random.default_rng(7)
X = rng.normal(size=(120, 3))
true = np.array([1.5, -2.0, 0.5])
y = X @ true + rng.normal(scale=0.1, size=120)
weights = np.zeros(3)
rate = 0.05
losses = []
steps_done = 0
for step in range(300):
    error = X @ weights - y
    gradient = 2 * X.T @ error / len(y)
    weights -= rate * gradient
    if step % 50 == 0:
        loss = float((error**2).mean())
        losses.append(loss)
        print(step, round(loss, 6))
    steps_done += 1
distance = float(np.abs(weights - true).max())
np.save("weights.npy", weights)
print("distance", round(distance, 4))
