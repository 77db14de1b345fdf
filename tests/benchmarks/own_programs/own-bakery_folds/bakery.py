import json
import os
from pathlib import Path

import numpy as np
import pandas as pd
import statsmodels.api as sm
from sklearn.linear_model import Lasso, LinearRegression, PoissonRegressor
from sklearn.metrics import d2_tweedie_score, mean_poisson_deviance, mean_squared_log_error
from sklearn.model_selection import GridSearchCV, ParameterGrid, TimeSeriesSplit
from sklearn.neural_network import MLPRegressor
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import MinMaxScaler, SplineTransformer

HERE = Path(__file__).parent
SETTINGS = json.loads((HERE / "settings.json").read_text())


class Experiment:
    def __init__(self, frame, target, settings):
        self.frame = frame
        self.target = target
        self.settings = settings
        self.results = []

    def split(self):
        n = int(len(self.frame) * self.settings["train_share"])
        past, future = self.frame.iloc[:n], self.frame.iloc[n:]
        return past.drop(columns=self.target), past[self.target], future.drop(columns=self.target), future[self.target]

    def run(self, name, estimator):
        X, y, X_new, y_new = self.split()
        estimator.fit(X, y)
        yhat = np.clip(estimator.predict(X_new), 0, None)
        row = {
            "name": name,
            "r2_train": estimator.score(X, y),
            "rmsle": mean_squared_log_error(y_new, yhat) ** 0.5,
            "deviance": mean_poisson_deviance(y_new, yhat + 1e-6),
            "mae": float(np.abs(y_new.values - yhat).mean()),
        }
        self.results.append(row)
        return estimator


df = pd.read_csv(HERE / "bakery.csv")
exp = Experiment(df, "loaves", SETTINGS)
exp.run("ols", LinearRegression())
exp.run("lasso", Pipeline([("scale", MinMaxScaler()), ("lasso", Lasso(alpha=SETTINGS["alpha"]))]))
poisson = exp.run("poisson", Pipeline([("spline", SplineTransformer(n_knots=SETTINGS["knots"], degree=2)), ("glm", PoissonRegressor(alpha=1e-4, max_iter=400))]))
mlp = exp.run("mlp", Pipeline([("scale", MinMaxScaler()), ("net", MLPRegressor(hidden_layer_sizes=(16,), solver="lbfgs", max_iter=300, random_state=SETTINGS["seed"]))]))

best = (np.inf, None)
X, y, X_new, y_new = exp.split()
for cand in ParameterGrid({"alpha": [0.01, 0.1, 1.0], "fit_intercept": [True, False]}):
    maes = []
    for a, b in TimeSeriesSplit(n_splits=4).split(X):
        m = Lasso(**cand).fit(X.iloc[a], y.iloc[a])
        maes.append(np.mean(np.abs(m.predict(X.iloc[b]) - y.iloc[b])))
    if np.mean(maes) < best[0]:
        best = (np.mean(maes), cand)
print("best", best)

gs = GridSearchCV(poisson, {"glm__alpha": [1e-4, 1e-2], "spline__n_knots": [3, 5]}, cv=TimeSeriesSplit(3), scoring=["neg_mean_poisson_deviance", "r2"], refit="r2")
gs.fit(X, y)
print(gs.best_params_, gs.best_score_)
print("D2", d2_tweedie_score(y_new, np.clip(gs.predict(X_new), 1e-6, None), power=1))

glm = sm.GLM(y, sm.add_constant(X), family=sm.families.Poisson()).fit()
print("AIC", glm.aic, "deviance", glm.deviance)
seasonal_naive = y.iloc[-7:].mean()
print("MASE", np.abs(y_new - gs.predict(X_new)).mean() / np.abs(np.diff(y)).mean())

out = Path(os.environ.get("OUT", HERE / "out"))
out.mkdir(exist_ok=True)
pd.DataFrame(exp.results).to_csv(out / "results.csv", index=False)
