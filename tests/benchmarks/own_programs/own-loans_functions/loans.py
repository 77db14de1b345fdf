"""Who will not pay back: preparation, search and a boosted model, each in a function."""
import json
from pathlib import Path

import joblib
import numpy as np
import pandas as pd
import xgboost as xgb
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import RandomForestClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import brier_score_loss, roc_auc_score
from sklearn.model_selection import GridSearchCV, StratifiedKFold, cross_val_score, train_test_split
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

CONFIG = {
    "forest": {"n_estimators": 60, "max_depth": 5, "class_weight": "balanced"},
    "xgb": {"objective": "binary:logistic", "eta": 0.2, "max_depth": 3, "eval_metric": "logloss"},
    "seed": 21,
}
NUMBERS = ["income", "debt", "years"]
WORDS = ["purpose", "owns"]


def load(path):
    frame = pd.read_csv(path)
    frame["ratio"] = frame["debt"] / frame["income"]
    return frame.drop(columns=["defaulted"]), frame["defaulted"]


def preparation(numbers):
    numeric = Pipeline([("fill", SimpleImputer(strategy="median")), ("scale", StandardScaler())])
    return ColumnTransformer([("num", numeric, numbers), ("cat", OneHotEncoder(handle_unknown="ignore"), WORDS)])


def search(X, y, seed, folds=3):
    pipe = Pipeline([("prep", preparation(NUMBERS + ["ratio"])), ("clf", LogisticRegression(max_iter=2 * 250))])
    grid = {"clf__C": [0.01, 0.1, 1.0], "clf__class_weight": [None, "balanced"]}
    found = GridSearchCV(pipe, grid, scoring="roc_auc", cv=StratifiedKFold(folds, shuffle=True, random_state=seed))
    found.fit(X, y)
    return found


def forest(X, y, **params):
    model = Pipeline([("prep", preparation(NUMBERS)), ("clf", RandomForestClassifier(**params))])
    return model.fit(X, y)


def boosted(X_train, y_train, X_valid, y_valid, rounds):
    dtrain = xgb.DMatrix(X_train, y_train)
    dvalid = xgb.DMatrix(X_valid, label=y_valid)
    history = {}
    booster = xgb.train(
        {**CONFIG["xgb"], "seed": CONFIG["seed"]}, dtrain, rounds,
        evals=[(dtrain, "train"), (dvalid, "valid")], evals_result=history, verbose_eval=False,
    )
    return booster, history


def evaluate(name, y_true, proba, threshold=0.5):
    guess = (proba >= threshold).astype(int)
    tp = int(np.sum((guess == 1) & (y_true == 1)))
    fp = int(np.sum((guess == 1) & (y_true == 0)))
    fn = int(np.sum((guess == 0) & (y_true == 1)))
    return {
        "model": name,
        "accuracy": float(np.mean(guess == y_true)),
        "precision": tp / max(tp + fp, 1),
        "recall": tp / max(tp + fn, 1),
        "auc": roc_auc_score(y_true, proba),
        "brier": brier_score_loss(y_true, proba),
    }


X, y = load("loans.csv")
X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.3, random_state=CONFIG["seed"], stratify=y)

found = search(X_train, y_train, CONFIG["seed"])
trees = forest(X_train, y_train, random_state=CONFIG["seed"], **CONFIG["forest"])
print("forest, by folds:", cross_val_score(trees, X_train, y_train, cv=4).mean())
booster, history = boosted(X_train[NUMBERS], y_train, X_test[NUMBERS], y_test, 25)

rows = [
    evaluate("logistic", y_test, found.predict_proba(X_test)[:, 1]),
    evaluate("forest", y_test, trees.predict_proba(X_test)[:, 1], threshold=0.4),
    evaluate("boosted", y_test, booster.predict(xgb.DMatrix(X_test[NUMBERS]))),
]
report = pd.DataFrame(rows).set_index("model").round(3)
print(report)
out = Path("out")
out.mkdir(exist_ok=True)
report.to_csv(out / "report.csv")
joblib.dump(found.best_estimator_, out / "logistic.joblib")
(out / "best.json").write_text(json.dumps(found.best_params_))
