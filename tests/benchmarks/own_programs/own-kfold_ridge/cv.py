import numpy as np
from sklearn.datasets import load_diabetes
from sklearn.linear_model import Lasso, Ridge
from sklearn.preprocessing import StandardScaler

data = load_diabetes()
X, y = data.data, data.target
rng = np.random.default_rng(0)
order = rng.permutation(len(y))
K = 5
folds = np.array_split(order, K)


def rmse(a, b):
    return np.sqrt(np.mean((a - b) ** 2))


results = {}
for alpha in [0.01, 1.0]:
    errors, r2s = [], []
    for k in range(K):
        test_idx = folds[k]
        train_idx = np.concatenate([folds[j] for j in range(K) if j != k])
        scaler = StandardScaler().fit(X[train_idx])
        model = Ridge(alpha=alpha)
        model.fit(scaler.transform(X[train_idx]), y[train_idx])
        pred = model.predict(scaler.transform(X[test_idx]))
        errors.append(rmse(y[test_idx], pred))
        ss_res = ((y[test_idx] - pred) ** 2).sum()
        ss_tot = ((y[test_idx] - y[test_idx].mean()) ** 2).sum()
        r2s.append(1 - ss_res / ss_tot)
    results[alpha] = np.mean(errors)
    print(f"alpha={alpha}: RMSE {np.mean(errors):.2f} +- {np.std(errors):.2f}, R2 {np.mean(r2s):.3f}")

best_alpha = min(results, key=results.get)
final = Lasso(alpha=best_alpha, max_iter=5000).fit(X, y)
residuals = y - final.predict(X)
print("in-sample MAE", np.abs(residuals).mean())
np.savetxt("coef.txt", final.coef_)
