import warnings

import lightgbm as lgb
import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score, roc_auc_score
from sklearn.model_selection import StratifiedKFold
from sklearn.preprocessing import OrdinalEncoder

warnings.filterwarnings("ignore")

SEED = 2024
N_FOLDS = 4
TARGET = "claimed"

train = pd.read_csv("train.csv")
test = pd.read_csv("test.csv")

cat_cols = ["region", "vehicle"]
features = [c for c in train.columns if c not in ("id", TARGET)]

enc = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1)
train[cat_cols] = enc.fit_transform(train[cat_cols])
test[cat_cols] = enc.transform(test[cat_cols])
train["premium_per_age"] = train["premium"] / train["age"]
test["premium_per_age"] = test["premium"] / test["age"]
features.append("premium_per_age")

params = {
    "objective": "binary",
    "learning_rate": 0.08,
    "num_leaves": 15,
    "min_child_samples": 15,
    "subsample": 0.9,
    "colsample_bytree": 0.8,
    "n_estimators": 120,
    "random_state": SEED,
    "verbose": -1,
}

oof = np.zeros(len(train))
oof_lr = np.zeros(len(train))
preds = np.zeros(len(test))
scores = []
skf = StratifiedKFold(n_splits=N_FOLDS, shuffle=True, random_state=SEED)

for fold, (tr_idx, va_idx) in enumerate(skf.split(train, train[TARGET])):
    X_tr, y_tr = train.loc[tr_idx, features], train.loc[tr_idx, TARGET]
    X_va, y_va = train.loc[va_idx, features], train.loc[va_idx, TARGET]

    model = lgb.LGBMClassifier(**params)
    model.fit(
        X_tr,
        y_tr,
        eval_set=[(X_va, y_va)],
        eval_metric="auc",
        callbacks=[lgb.early_stopping(20, verbose=False), lgb.log_evaluation(0)],
    )
    oof[va_idx] = model.predict_proba(X_va)[:, 1]
    preds += model.predict_proba(test[features])[:, 1] / N_FOLDS

    lr = LogisticRegression(C=0.5, max_iter=2000)
    lr.fit(X_tr, y_tr)
    oof_lr[va_idx] = lr.predict_proba(X_va)[:, 1]

    fold_auc = roc_auc_score(y_va, oof[va_idx])
    scores.append(fold_auc)
    print(f"fold {fold}: auc={fold_auc:.5f} best_iter={model.best_iteration_}")

print(f"mean {np.mean(scores):.5f} +/- {np.std(scores):.5f}")
cv_auc = roc_auc_score(train[TARGET], oof)
print("OOF AUC", cv_auc)
print("OOF AUC (linear)", roc_auc_score(train[TARGET], oof_lr))

blend = 0.7 * oof + 0.3 * oof_lr
best_t, best_f1 = 0.5, 0.0
for t in np.arange(0.2, 0.8, 0.1):
    f1 = f1_score(train[TARGET], (blend > t).astype(int))
    if f1 > best_f1:
        best_t, best_f1 = t, f1
print("threshold", best_t, "F1", best_f1)

importance = pd.DataFrame({"feature": features, "gain": model.feature_importances_})
importance.sort_values("gain", ascending=False).to_csv("importance.csv", index=False)

sub = pd.DataFrame({"id": test["id"], TARGET: preds})
sub.to_csv("submission.csv", index=False)
