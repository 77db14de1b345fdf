import numpy as np
import pandas as pd
import lightgbm as lgb
import xgboost as xgb
from sklearn.dummy import DummyRegressor
from sklearn.metrics import mean_absolute_error, mean_squared_error, r2_score

rng = np.random.RandomState(42)
n = 900
hours = pd.date_range("2024-01-01", periods=n, freq="h")
df = pd.DataFrame({"speed": rng.gamma(4, 2, n), "dir": rng.uniform(0, 360, n), "hour": hours.hour})
df["power"] = np.clip(df.speed, 3, 14) ** 3 / 27 + 5 * np.sin(np.deg2rad(df.dir)) + rng.normal(0, 4, n)
features = ["speed", "dir", "hour"]

train, valid, test = df[:600], df[600:750], df[750:]

models = {}
models["dummy"] = DummyRegressor(strategy="mean")
models["dummy"].fit(train[features], train.power)

models["xgb"] = xgb.XGBRegressor(
    n_estimators=200, learning_rate=0.1, max_depth=4, early_stopping_rounds=15, eval_metric="mae"
)
models["xgb"].fit(
    train[features], train.power, eval_set=[(valid[features], valid.power)], verbose=False
)

params = {"objective": "regression", "metric": "rmse", "num_leaves": 15, "learning_rate": 0.1, "verbose": -1}
dtrain = lgb.Dataset(train[features], train.power)
dvalid = lgb.Dataset(valid[features], valid.power, reference=dtrain)
models["lgb"] = lgb.train(
    params,
    dtrain,
    num_boost_round=150,
    valid_sets=[dvalid],
    callbacks=[lgb.early_stopping(10, verbose=False)],
)

rows = []
for name, model in models.items():
    pred = model.predict(test[features])
    rows.append(
        {
            "model": name,
            "rmse": np.sqrt(mean_squared_error(test.power, pred)),
            "mae": mean_absolute_error(test.power, pred),
            "r2": r2_score(test.power, pred),
        }
    )
results = pd.DataFrame(rows).set_index("model")
results["skill"] = 1 - results.rmse / results.loc["dummy", "rmse"]
print(results.round(3))
results.to_csv("results.csv")
blend = 0.5 * models["xgb"].predict(test[features]) + 0.5 * models["lgb"].predict(test[features])
print("blend rmse", mean_squared_error(test.power, blend) ** 0.5)
