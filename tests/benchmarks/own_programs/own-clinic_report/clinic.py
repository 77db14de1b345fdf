#!/usr/bin/env python3
"""Readmission model: trains a pipeline, calibrates it and writes a report."""
import argparse
import pickle
import sqlite3

import numpy as np
import pandas as pd
from sklearn.compose import make_column_selector, make_column_transformer
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import HistGradientBoostingClassifier, StackingClassifier
from sklearn.feature_selection import SelectKBest, mutual_info_classif
from sklearn.impute import KNNImputer, SimpleImputer
from sklearn.linear_model import LogisticRegressionCV
from sklearn.metrics import (
    balanced_accuracy_score,
    cohen_kappa_score,
    confusion_matrix,
    fbeta_score,
    log_loss,
    make_scorer,
    matthews_corrcoef,
    precision_recall_fscore_support,
    roc_auc_score,
)
from sklearn.model_selection import RepeatedStratifiedKFold, StratifiedShuffleSplit, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, PowerTransformer


def read(db):
    with sqlite3.connect(db) as con:
        return pd.read_sql_query("select * from stays", con)


def build(k):
    num = make_pipeline(KNNImputer(n_neighbors=3), PowerTransformer())
    cat = make_pipeline(SimpleImputer(strategy="most_frequent"), OneHotEncoder(handle_unknown="ignore", sparse_output=False))
    pre = make_column_transformer(
        (num, make_column_selector(dtype_include="number")), (cat, make_column_selector(dtype_exclude="number"))
    )
    logit = LogisticRegressionCV(Cs=5, cv=3, scoring="neg_log_loss", max_iter=500)
    return make_pipeline(pre, SelectKBest(mutual_info_classif, k=k), logit)


def expected_calibration_error(y, p, bins=10):
    edges = np.linspace(0, 1, bins + 1)
    which = np.clip(np.digitize(p, edges) - 1, 0, bins - 1)
    total = 0.0
    for b in range(bins):
        inside = which == b
        if inside.any():
            total += inside.mean() * abs(y[inside].mean() - p[inside].mean())
    return total


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("db", nargs="?", default="clinic.db")
    ap.add_argument("--k", type=int, default=6)
    ap.add_argument("--beta", type=float, default=2.0)
    opts = ap.parse_args()

    stays = read(opts.db)
    y = stays.pop("readmitted").to_numpy()
    sss = StratifiedShuffleSplit(n_splits=1, test_size=0.3, random_state=8)
    fit_rows, eval_rows = next(sss.split(stays, y))
    X_fit, X_eval = stays.iloc[fit_rows], stays.iloc[eval_rows]
    y_fit, y_eval = y[fit_rows], y[eval_rows]

    baseline = DummyClassifier(strategy="prior").fit(X_fit, y_fit)
    print("baseline", log_loss(y_eval, baseline.predict_proba(X_eval)))

    model = build(opts.k)
    f2 = make_scorer(fbeta_score, beta=opts.beta)
    cv = RepeatedStratifiedKFold(n_splits=3, n_repeats=2, random_state=8)
    scores = cross_val_score(model, X_fit, y_fit, scoring=f2, cv=cv)
    print(f"F2 {scores.mean():.3f} (sd {scores.std():.3f})")
    model.fit(X_fit, y_fit)

    stack = StackingClassifier(
        [("lin", build(opts.k)), ("hgb", make_pipeline(make_column_transformer((OneHotEncoder(sparse_output=False), ["ward", "sex"]), remainder="passthrough"), HistGradientBoostingClassifier(max_iter=40, random_state=8)))],
        cv=3,
        passthrough=False,
    )
    stack.fit(X_fit, y_fit)
    print("stack", stack.score(X_eval, y_eval))

    p = model.predict_proba(X_eval)[:, 1]
    hard = (p > 0.4).astype(int)
    tn, fp, fn, tp = confusion_matrix(y_eval, hard).ravel()
    sensitivity = tp / (tp + fn)
    specificity = tn / (tn + fp)
    report = {
        "auc": roc_auc_score(y_eval, p),
        "balanced": balanced_accuracy_score(y_eval, hard),
        "mcc": matthews_corrcoef(y_eval, hard),
        "kappa": cohen_kappa_score(y_eval, hard),
        "sensitivity": sensitivity,
        "specificity": specificity,
        "youden": sensitivity + specificity - 1,
        "ece": expected_calibration_error(y_eval, p),
        "brier": np.mean((p - y_eval) ** 2),
    }
    prec, rec, fsc, _ = precision_recall_fscore_support(y_eval, hard, average="binary")
    report.update(precision=prec, recall=rec, f1=fsc)
    pd.Series(report).round(4).to_json("report.json")
    with open("model.pkl", "wb") as f:
        pickle.dump(model, f)


if __name__ == "__main__":
    main()
