"""Walk-forward comparison of forecasters for monthly sales."""
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import yaml
from sklearn.ensemble import BaggingRegressor
from sklearn.linear_model import ElasticNetCV
from sklearn.metrics import max_error, mean_absolute_error, mean_squared_error
from sklearn.model_selection import TimeSeriesSplit, cross_val_score
from sklearn.preprocessing import PolynomialFeatures, StandardScaler
from sklearn.pipeline import make_pipeline
from sklearn.tree import DecisionTreeRegressor
from statsmodels.tsa.api import SimpleExpSmoothing
from statsmodels.tsa.arima.model import ARIMA

warnings.simplefilter("ignore")
cfg = yaml.safe_load(Path("params.yaml").read_text())


def load(path: Path) -> pd.Series:
    s = pd.read_csv(path, index_col="month", parse_dates=True)["sales"]
    return s.asfreq("MS")


def mape(actual, forecast):
    actual, forecast = np.asarray(actual), np.asarray(forecast)
    return np.mean(np.abs((actual - forecast) / actual)) * 100


def lagged(s, lags):
    frame = pd.concat({f"lag{k}": s.shift(k) for k in range(1, lags + 1)}, axis=1)
    frame["month"] = s.index.month
    return frame.dropna(), s.loc[frame.dropna().index]


sales = load(Path("sales.csv"))
horizon = cfg["horizon"]
history, future = sales[:-horizon], sales[-horizon:]

arima = ARIMA(history, order=tuple(cfg["arima"]["order"]), seasonal_order=(0, 1, 0, 12)).fit()
print("AIC", arima.aic, "BIC", arima.bic)
forecast = arima.forecast(steps=horizon)
print("ARIMA MAPE", mape(future, forecast))

ses = SimpleExpSmoothing(history, initialization_method="estimated").fit(smoothing_level=cfg["ses"]["alpha"], optimized=False)
ses_mae = mean_absolute_error(future, ses.forecast(horizon))

walk = []
for i in range(horizon):
    past = sales[: len(history) + i]
    model = ARIMA(past, order=(1, 1, 0)).fit()
    walk.append(float(model.forecast(1).iloc[0]))
walk_rmse = float(np.sqrt(mean_squared_error(future, walk)))
theil_u = walk_rmse / np.sqrt(np.mean((future.values - sales.shift(1)[-horizon:].values) ** 2))
print(f"walk RMSE {walk_rmse:.2f} Theil's U {theil_u:.3f} worst {max_error(future, walk):.1f}")

X, y = lagged(sales, cfg["lags"])
X_tr, X_te, y_tr, y_te = X[:-horizon], X[-horizon:], y[:-horizon], y[-horizon:]
enet = make_pipeline(StandardScaler(), PolynomialFeatures(degree=2, include_bias=False), ElasticNetCV(l1_ratio=[0.5, 0.9], cv=3, random_state=0))
bag = BaggingRegressor(DecisionTreeRegressor(max_depth=3), n_estimators=25, random_state=cfg["seed"])
for label, est in (("enet", enet), ("bag", bag)):
    cv = cross_val_score(est, X_tr, y_tr, cv=TimeSeriesSplit(n_splits=3), scoring="neg_mean_absolute_percentage_error")
    est.fit(X_tr, y_tr)
    print(label, "cv", -cv.mean(), "test", mape(y_te, est.predict(X_te)), "R2", est.score(X_te, y_te))
direction = np.mean(np.sign(np.diff(forecast)) == np.sign(np.diff(future)))
print("direction hits", direction)
pd.DataFrame({"actual": future, "arima": forecast, "walk": walk}).to_parquet("forecasts.parquet") if cfg.get("parquet") else pd.DataFrame({"actual": future, "arima": forecast, "walk": walk}).to_csv("forecasts.csv")
