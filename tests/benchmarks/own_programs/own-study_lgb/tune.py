import json

import lightgbm as lgb
import numpy as np
import optuna
from sklearn.datasets import load_breast_cancer
from sklearn.metrics import log_loss, roc_auc_score
from sklearn.model_selection import StratifiedKFold, train_test_split

optuna.logging.set_verbosity(optuna.logging.WARNING)
X, y = load_breast_cancer(return_X_y=True, as_frame=True)
X_dev, X_test, y_dev, y_test = train_test_split(X, y, test_size=0.2, stratify=y, random_state=3)


def objective(trial):
    params = {
        "num_leaves": trial.suggest_int("num_leaves", 4, 24),
        "learning_rate": trial.suggest_float("learning_rate", 0.02, 0.3, log=True),
        "n_estimators": 30,
        "verbose": -1,
    }
    cv = StratifiedKFold(n_splits=3, shuffle=True, random_state=3)
    scores = []
    for train_idx, val_idx in cv.split(X_dev, y_dev):
        model = lgb.LGBMClassifier(**params)
        model.fit(X_dev.iloc[train_idx], y_dev.iloc[train_idx])
        proba = model.predict_proba(X_dev.iloc[val_idx])[:, 1]
        scores.append(roc_auc_score(y_dev.iloc[val_idx], proba))
    return np.mean(scores)


study = optuna.create_study(direction="maximize", sampler=optuna.samplers.TPESampler(seed=3))
study.optimize(objective, n_trials=4)
print("best AUC", study.best_value)

final = lgb.LGBMClassifier(**study.best_params, n_estimators=60, verbose=-1)
final.fit(X_dev, y_dev)
proba = final.predict_proba(X_test)[:, 1]
test_auc = roc_auc_score(y_test, proba)
test_ll = log_loss(y_test, proba)
json.dump({"params": study.best_params, "auc": test_auc, "log_loss": test_ll}, open("best.json", "w"))
