"""Predict rents of flats: tune a gradient boosting pipeline by randomised search."""
import json

import joblib
import numpy as np
import pandas as pd
from scipy.stats import loguniform, randint
from sklearn.compose import ColumnTransformer, TransformedTargetRegressor
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.impute import SimpleImputer
from sklearn.inspection import permutation_importance
from sklearn.linear_model import RidgeCV
from sklearn.metrics import mean_absolute_error, mean_squared_error, r2_score
from sklearn.model_selection import RandomizedSearchCV, cross_validate, train_test_split
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

RANDOM_STATE = 13


def load(path):
    df = pd.read_csv(path, parse_dates=["listed"])
    df["month"] = df["listed"].dt.month
    df = df.drop(columns=["listed"]).dropna(subset=["rent"])
    return df.drop(columns="rent"), df["rent"]


def build_preprocessor(X):
    numeric = X.select_dtypes("number").columns.tolist()
    categorical = X.select_dtypes(exclude="number").columns.tolist()
    return ColumnTransformer(
        [
            ("num", make_pipeline(SimpleImputer(strategy="median"), StandardScaler()), numeric),
            ("cat", OneHotEncoder(handle_unknown="ignore", sparse_output=False), categorical),
        ],
        remainder="drop",
    )


def report(name, y_true, y_pred):
    result = {
        "mae": mean_absolute_error(y_true, y_pred),
        "rmse": np.sqrt(mean_squared_error(y_true, y_pred)),
        "r2": r2_score(y_true, y_pred),
    }
    print(name, {k: round(float(v), 3) for k, v in result.items()})
    return result


X, y = load("flats.csv")
X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.25, random_state=RANDOM_STATE)

pipe = Pipeline(
    [
        ("prep", build_preprocessor(X_train)),
        ("model", HistGradientBoostingRegressor(random_state=RANDOM_STATE, max_iter=60)),
    ]
)
space = {
    "model__learning_rate": loguniform(0.02, 0.3),
    "model__max_leaf_nodes": randint(8, 32),
    "model__l2_regularization": [0.0, 0.1, 1.0],
}
search = RandomizedSearchCV(
    pipe,
    space,
    n_iter=6,
    scoring="neg_mean_absolute_error",
    cv=3,
    random_state=RANDOM_STATE,
    n_jobs=1,
)
search.fit(X_train, y_train)
print("best", search.best_params_, -search.best_score_)

ridge = make_pipeline(
    build_preprocessor(X_train),
    TransformedTargetRegressor(RidgeCV(alphas=[0.1, 1.0, 10.0]), func=np.log1p, inverse_func=np.expm1),
)
cv = cross_validate(ridge, X_train, y_train, cv=4, scoring=["r2", "neg_root_mean_squared_error"])
print("ridge cv r2", cv["test_r2"].mean(), "rmse", -cv["test_neg_root_mean_squared_error"].mean())
ridge.fit(X_train, y_train)

results = {
    "boosting": report("boosting", y_test, search.best_estimator_.predict(X_test)),
    "ridge": report("ridge", y_test, ridge.predict(X_test)),
}
print("train R2", search.best_estimator_.score(X_train, y_train))

imp = permutation_importance(search.best_estimator_, X_test, y_test, n_repeats=3, random_state=0)
for i in imp.importances_mean.argsort()[::-1][:3]:
    print(X_test.columns[i], round(imp.importances_mean[i], 4))

with open("results.json", "w") as fh:
    json.dump({k: {m: float(v) for m, v in r.items()} for k, r in results.items()}, fh, indent=2)
joblib.dump(search.best_estimator_, "best_model.joblib")
