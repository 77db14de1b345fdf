import numpy as np
import pandas as pd
import xgboost as xgb
from catboost import CatBoostRegressor, Pool
from sklearn.metrics import mean_absolute_error, root_mean_squared_error
from sklearn.model_selection import TimeSeriesSplit

rides = pd.read_csv("rides.csv", parse_dates=["day"]).sort_values("day")
rides["dow"] = rides["day"].dt.dayofweek
rides["lag1"] = rides["riders"].shift(1)
rides["lag7"] = rides["riders"].shift(7)
rides = rides.dropna()
cols = ["temp", "rain", "dow", "lag1", "lag7"]
cutoff = int(len(rides) * 0.8)
train, test = rides.iloc[:cutoff], rides.iloc[cutoff:]

tscv = TimeSeriesSplit(n_splits=3)
errors = []
for tr, va in tscv.split(train):
    d_tr = xgb.DMatrix(train.iloc[tr][cols], label=train.iloc[tr]["riders"])
    d_va = xgb.DMatrix(train.iloc[va][cols], label=train.iloc[va]["riders"])
    history = {}
    bst = xgb.train(
        {"objective": "reg:squarederror", "eta": 0.1, "max_depth": 4, "eval_metric": ["rmse", "mae"], "seed": 5},
        d_tr,
        num_boost_round=60,
        evals=[(d_tr, "train"), (d_va, "valid")],
        early_stopping_rounds=10,
        evals_result=history,
        verbose_eval=False,
    )
    fold_pred = bst.predict(d_va, iteration_range=(0, bst.best_iteration + 1))
    errors.append(mean_absolute_error(train.iloc[va]["riders"], fold_pred))
print("cv mae", np.mean(errors), "last", history["valid"]["rmse"][-1])

naive = test["lag7"]
naive_mae = np.abs(test["riders"] - naive).mean()
print("naive mae", naive_mae)

cat = CatBoostRegressor(iterations=80, depth=4, learning_rate=0.1, loss_function="RMSE", random_seed=5, verbose=False, allow_writing_files=False)
cat.fit(Pool(train[cols], train["riders"], cat_features=["dow"]), eval_set=Pool(test[cols], test["riders"], cat_features=["dow"]))
pred = cat.predict(test[cols])
mae = mean_absolute_error(test["riders"], pred)
rmse = root_mean_squared_error(test["riders"], pred)
wape = np.abs(test["riders"] - pred).sum() / test["riders"].sum()
smape = np.mean(2 * np.abs(pred - test["riders"]) / (np.abs(pred) + np.abs(test["riders"])))
print(f"mae {mae:.2f} rmse {rmse:.2f} wape {wape:.3f} smape {smape:.3f}")
print("skill", 1 - mae / naive_mae)
bst.save_model("riders.ubj")
cat.save_model("riders.cbm")
