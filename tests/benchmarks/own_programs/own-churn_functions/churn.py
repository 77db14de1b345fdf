import json
import logging
import os
import warnings

import joblib
import matplotlib
matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from sklearn.compose import make_column_transformer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegressionCV
from sklearn.metrics import f1_score, log_loss, roc_auc_score, RocCurveDisplay
from sklearn.model_selection import StratifiedKFold, cross_val_score, train_test_split
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from sklearn.ensemble import HistGradientBoostingClassifier

warnings.filterwarnings("ignore")
log = logging.getLogger("churn")
CONFIG = {"seed": 3, "test_size": 0.3}
NUMERIC = ["age", "minutes", "fee"]
TEXTUAL = ["plan", "region"]


def load(path="customers.csv"):
    table = pd.read_csv(path)
    log.info("%d rows", len(table))
    return table


def tidy(table):
    table = table.drop_duplicates().dropna(subset=["churned"])
    table["region"] = table["region"].str.strip().str.lower()
    return table[table["age"].between(18, 99) | table["age"].isna()]


def enrich(table):
    table = table.copy()
    table["fee_per_minute"] = table["fee"] / (table["minutes"] + 1)
    table["senior"] = (table["age"] > 64).astype(int)
    return table


def build_linear():
    prepare = make_column_transformer(
        (make_pipeline(SimpleImputer(strategy="median"), StandardScaler()), NUMERIC + ["fee_per_minute"]),
        (OneHotEncoder(handle_unknown="ignore", min_frequency=5), TEXTUAL),
        remainder="drop",
    )
    return Pipeline([
        ("prepare", prepare),
        ("model", LogisticRegressionCV(Cs=np.logspace(-3, 2, 6), cv=3, max_iter=500, scoring="neg_log_loss")),
    ])


def report(name, model, X, y):
    p = model.predict_proba(X)[:, 1]
    return {
        "model": name,
        "auc": roc_auc_score(y, p),
        "log_loss": log_loss(y, p),
        "f1": f1_score(y, p > 0.4),
    }


customers = enrich(tidy(load(os.environ.get("CUSTOMERS", "customers.csv"))))
print(customers.describe())
y = customers.pop("churned").map({"no": 0, "yes": 1})
X_fit, X_held, y_fit, y_held = train_test_split(
    customers, y, test_size=CONFIG["test_size"], stratify=y, random_state=CONFIG["seed"]
)

linear = build_linear()
linear.fit(X_fit, y_fit)
boosted = HistGradientBoostingClassifier(max_iter=60, learning_rate=0.08, random_state=CONFIG["seed"])
boosted.fit(X_fit[NUMERIC], y_fit)

folds = StratifiedKFold(4, shuffle=True, random_state=CONFIG["seed"])
cv = cross_val_score(boosted, X_fit[NUMERIC], y_fit, cv=folds, scoring="roc_auc")
print("cv auc %.3f +- %.3f" % (cv.mean(), cv.std()))

results = [report("linear", linear, X_held, y_held)]
results.append(report("boosted", boosted, X_held[NUMERIC], y_held))
summary = pd.DataFrame(results).set_index("model").round(4)
print(summary)

fig, ax = plt.subplots()
RocCurveDisplay.from_estimator(linear, X_held, y_held, ax=ax)
ax.set_title("held out")
fig.savefig("roc.png", dpi=80)

best = linear if summary.loc["linear", "auc"] > summary.loc["boosted", "auc"] else boosted
joblib.dump(best, "best.joblib")
summary.to_csv("summary.csv")
json.dump(CONFIG, open("config.json", "w"))
