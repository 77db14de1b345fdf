"""Several regressors on the hourly load, compared over the same folds."""
import numpy as np
import pandas as pd
from sklearn.ensemble import ExtraTreesRegressor, GradientBoostingRegressor
from sklearn.linear_model import Ridge
from sklearn.model_selection import KFold, cross_val_score
from sklearn.neighbors import KNeighborsRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import PolynomialFeatures, StandardScaler

SEED = 5
data = pd.read_csv("load.csv")
data["evening"] = (data["hour"] >= 18).astype(int)
X = data.drop(columns="load").values
y = data["load"].values

gb_params = {"n_estimators": 40, "learning_rate": 0.1, "max_depth": 2}
gb_params["subsample"] = 0.9
models = {
    "ridge": make_pipeline(StandardScaler(), PolynomialFeatures(2), Ridge(10.0)),
    "knn": make_pipeline(StandardScaler(), KNeighborsRegressor(7, weights="distance")),
    "trees": ExtraTreesRegressor(30, min_samples_leaf=2, random_state=SEED),
    "boosting": GradientBoostingRegressor(**gb_params, random_state=SEED),
}

kf = KFold(4, shuffle=True, random_state=SEED)
results = {name: [] for name in models}
for fold, (train_idx, test_idx) in enumerate(kf.split(X)):
    for name, model in models.items():
        model.fit(X[train_idx], y[train_idx])
        pred = model.predict(X[test_idx])
        rmse = np.sqrt(np.mean((y[test_idx] - pred) ** 2))
        results[name].append(rmse)
        print(f"fold {fold} {name}: {rmse:.2f}")

summary = pd.DataFrame(results)
best = summary.mean().idxmin()
print(summary.mean().round(2).to_dict(), "->", best)

final = models[best]
scores = cross_val_score(final, X, y, cv=kf, scoring="neg_mean_absolute_error")
print("MAE of the best: %.2f +- %.2f" % (-scores.mean(), scores.std()))

holdout = slice(150, None)
final.fit(X[:150], y[:150])
errors = y[holdout] - final.predict(X[holdout])
bias = errors.mean()
print("R2 on the last hours:", 1 - (errors**2).sum() / ((y[holdout] - y[holdout].mean()) ** 2).sum())
summary.to_csv("folds.csv", index=False)
