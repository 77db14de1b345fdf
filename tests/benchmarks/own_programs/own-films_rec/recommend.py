import numpy as np

rng = np.random.default_rng(8)
n_users, n_items, rank = 60, 40, 3
P_true = rng.normal(0, 0.6, (n_users, rank))
Q_true = rng.normal(0, 0.6, (n_items, rank))
ratings = []
for u in range(n_users):
    for i in rng.choice(n_items, 15, replace=False):
        value = np.clip(3.4 + P_true[u] @ Q_true[i] + rng.normal(0, 0.3), 1, 5)
        ratings.append((u, i, value))
rng.shuffle(ratings)
ratings = [(int(u), int(i), float(r)) for u, i, r in ratings]
cut = int(0.8 * len(ratings))
train, test = ratings[:cut], ratings[cut:]


class Factors:
    def __init__(self, k=4, lr=0.02, reg=0.05, epochs=12):
        self.k, self.lr, self.reg, self.epochs = k, lr, reg, epochs

    def fit(self, triples):
        self.mu = np.mean([r for _, _, r in triples])
        self.P = rng.normal(0, 0.1, (n_users, self.k))
        self.Q = rng.normal(0, 0.1, (n_items, self.k))
        for epoch in range(self.epochs):
            sq = 0.0
            for u, i, r in triples:
                err = r - (self.mu + self.P[u] @ self.Q[i])
                sq += err**2
                self.P[u] += self.lr * (err * self.Q[i] - self.reg * self.P[u])
                self.Q[i] += self.lr * (err * self.P[u] - self.reg * self.Q[i])
            train_rmse = (sq / len(triples)) ** 0.5
            if epoch % 4 == 0:
                print(f"epoch {epoch}: train RMSE {train_rmse:.4f}")
        return self

    def predict(self, u, i):
        return float(np.clip(self.mu + self.P[u] @ self.Q[i], 1, 5))


def evaluate(model, triples):
    errors = [r - model.predict(u, i) for u, i, r in triples]
    rmse = np.sqrt(np.mean(np.square(errors)))
    mae = np.mean(np.abs(errors))
    return {"rmse": rmse, "mae": mae}


mu = np.mean([r for _, _, r in train])
baseline_rmse = np.sqrt(np.mean([(r - mu) ** 2 for _, _, r in test]))
model = Factors(k=4, lr=0.03, epochs=15).fit(train)
report = evaluate(model, test)
print("baseline", round(baseline_rmse, 4), "factors", report)
