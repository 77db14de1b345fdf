"""Which wine is it? Two models on the wine data that come with scikit-learn.

python train.py [--trees 60] [--output results]
"""

import argparse
import json
from pathlib import Path

import joblib
import matplotlib
import pandas as pd
from sklearn.datasets import load_wine
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, confusion_matrix, f1_score
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler

matplotlib.use("Agg")
import matplotlib.pyplot as plt

parser = argparse.ArgumentParser()
parser.add_argument("--trees", type=int, default=60)
parser.add_argument("--output", type=Path, default=Path("results"))
args = parser.parse_args()
args.output.mkdir(parents=True, exist_ok=True)

# %% The data: written once, then read as any other CSV
wine = load_wine(as_frame=True)
csv = args.output / "wine.csv"
wine.frame.to_csv(csv, index=False)
data = pd.read_csv(csv)

# %% Preparation
data["alcohol_by_color"] = data["alcohol"] / data["color_intensity"]
X = data.drop(columns="target")
y = data["target"]
X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.3, random_state=7, stratify=y)
scaler = StandardScaler()
scaler.fit(X_train)
X_train_scaled = scaler.transform(X_train)
X_test_scaled = scaler.transform(X_test)

# %% Two models
logistic = LogisticRegression(C=0.5, max_iter=500)
logistic.fit(X_train_scaled, y_train)
forest = RandomForestClassifier(n_estimators=args.trees, random_state=7)
forest.fit(X_train_scaled, y_train)

# %% How good they are
logistic_predicted = logistic.predict(X_test_scaled)
forest_predicted = forest.predict(X_test_scaled)
logistic_accuracy = accuracy_score(y_test, logistic_predicted)
forest_accuracy = accuracy_score(y_test, forest_predicted)
logistic_f1 = f1_score(y_test, logistic_predicted, average="macro")
forest_f1 = f1_score(y_test, forest_predicted, average="macro")
metrics = {
    "logistic": {"accuracy": logistic_accuracy, "f1": logistic_f1},
    "forest": {"accuracy": forest_accuracy, "f1": forest_f1},
}
print(f"logistic regression  accuracy {logistic_accuracy:.3f}  f1 {logistic_f1:.3f}")
print(f"random forest        accuracy {forest_accuracy:.3f}  f1 {forest_f1:.3f}")

# %% What is kept
joblib.dump(forest, args.output / "forest.joblib")
with open(args.output / "metrics.json", "w") as file:
    json.dump(metrics, file, indent=2)

matrix = confusion_matrix(y_test, forest_predicted)
figure, axes = plt.subplots(figsize=(4, 4))
axes.imshow(matrix, cmap="Blues")
axes.set_xlabel("predicted")
axes.set_ylabel("true")
axes.set_title(f"random forest, accuracy {forest_accuracy:.3f}")
figure.savefig(args.output / "confusion.png", dpi=80)
