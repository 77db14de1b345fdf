"""Compare classifiers with cross-validation and write a report."""
import json
import numpy as np
import pandas as pd
from sklearn.datasets import load_wine
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, confusion_matrix, f1_score
from sklearn.model_selection import StratifiedKFold, cross_val_score, train_test_split
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

SEED = 7
data = load_wine(as_frame=True)
X, y = data.data, data.target
X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.3, stratify=y, random_state=SEED)
cv = StratifiedKFold(n_splits=4, shuffle=True, random_state=SEED)


def with_scaler(model):
    return Pipeline([("scale", StandardScaler()), ("model", model)])


models = {
    "logistic": with_scaler(LogisticRegression(max_iter=500)),
    "knn": with_scaler(KNeighborsClassifier(n_neighbors=5)),
    "svc": with_scaler(SVC(C=2.0)),
    "forest": RandomForestClassifier(n_estimators=15, random_state=SEED),
}
results = []
for name, model in models.items():
    scores = cross_val_score(model, X_train, y_train, cv=cv)
    results.append({"model": name, "mean": scores.mean(), "std": scores.std()})
table = pd.DataFrame(results).sort_values("mean", ascending=False).reset_index(drop=True)
fitted = {name: model.fit(X_train, y_train) for name, model in models.items()}
predictions = {name: model.predict(X_test) for name, model in fitted.items()}
test_scores = {name: accuracy_score(y_test, p) for name, p in predictions.items()}
table["test"] = table["model"].map(test_scores)
best_name = table.loc[0, "model"]
best = models[best_name]
matrix = confusion_matrix(y_test, best.predict(X_test))
f1 = f1_score(y_test, predictions[best_name], average="macro")
votes = np.stack(list(predictions.values()))
majority = np.apply_along_axis(lambda column: np.bincount(column).argmax(), 0, votes)
ensemble = accuracy_score(y_test, majority)
importance = pd.Series(models["forest"].feature_importances_, index=X.columns).nlargest(5)
per_class = {}
for label in sorted(y.unique()):
    mask = (y_test == label).to_numpy()
    per_class[data.target_names[label]] = round(float((majority[mask] == label).mean()), 3)
table.round(4).to_csv("comparison.csv", index=False)
with open("report.md", "w") as report:
    report.write("# Comparison\n\n")
    for row in table.itertuples():
        report.write(f"- {row.model}: {row.mean:.3f} +- {row.std:.3f}, test {row.test:.3f}\n")
    report.write(f"\nBest: {best_name}, F1 {f1:.3f}\n")
json.dump({"best": best_name, "f1": f1, "ensemble": ensemble, "per_class": per_class}, open("report.json", "w"))
print(table.round(3).to_string())
print(matrix)
print("ensemble", round(ensemble, 3), per_class)
print(importance.round(2).to_dict())
