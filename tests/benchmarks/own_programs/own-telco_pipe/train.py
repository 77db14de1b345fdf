import argparse
import json

import joblib
import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import RandomForestClassifier
from sklearn.impute import SimpleImputer
from sklearn.metrics import classification_report, confusion_matrix, f1_score, roc_auc_score
from sklearn.model_selection import train_test_split
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

parser = argparse.ArgumentParser()
parser.add_argument("--data", default="telco.csv")
parser.add_argument("--trees", type=int, default=60)
parser.add_argument("--out", default="model.joblib")
args = parser.parse_args()

df = pd.read_csv(args.data)
df["tenure_years"] = df["tenure"] / 12
y = (df["churn"] == "yes").astype(int)
X = df.drop(columns=["churn"])
numeric = ["tenure", "charges", "tenure_years"]
categorical = ["contract"]

X_train, X_test, y_train, y_test = train_test_split(
    X, y, test_size=0.25, random_state=7, stratify=y
)

num_pipe = Pipeline([("impute", SimpleImputer(strategy="median")), ("scale", StandardScaler())])
pre = ColumnTransformer(
    [
        ("num", num_pipe, numeric),
        ("cat", OneHotEncoder(handle_unknown="ignore"), categorical),
    ]
)
clf = Pipeline(
    [
        ("pre", pre),
        ("rf", RandomForestClassifier(n_estimators=args.trees, max_depth=5, random_state=7)),
    ]
)
clf.fit(X_train, y_train)

proba = clf.predict_proba(X_test)[:, 1]
pred = (proba >= 0.4).astype(int)
metrics = {
    "accuracy": float((pred == y_test).mean()),
    "auc": roc_auc_score(y_test, proba),
    "f1": f1_score(y_test, pred),
}
tn, fp, fn, tp = confusion_matrix(y_test, pred).ravel()
metrics["recall"] = tp / (tp + fn)
metrics["cost"] = float(5 * fn + 1 * fp)
print(classification_report(y_test, pred))
print(f"train accuracy: {clf.score(X_train, y_train):.3f}")
with open("metrics.json", "w") as f:
    json.dump(metrics, f, indent=2)
joblib.dump(clf, args.out)
