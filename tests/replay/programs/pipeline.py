"""Train and compare two models in pipelines."""

import json

import numpy as np
import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import RandomForestClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, f1_score
from sklearn.model_selection import train_test_split
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

rng = np.random.RandomState(4)
n = 200
frame = pd.DataFrame(
    {
        "age": rng.normal(40, 12, n).round(),
        "income": rng.lognormal(10, 0.4, n),
        "city": rng.choice(["a", "b", "c"], n),
    }
)
frame.loc[frame.index % 17 == 0, "income"] = np.nan
frame["bought"] = ((frame["age"] > 42) ^ (frame["city"] == "b")).astype(int)
features = frame.drop(columns="bought")
target = frame["bought"]
X_train, X_test, y_train, y_test = train_test_split(
    features, target, test_size=0.25, random_state=1
)
numeric = Pipeline([("fill", SimpleImputer()), ("scale", StandardScaler())])
prepare = ColumnTransformer(
    [("numbers", numeric, ["age", "income"]), ("places", OneHotEncoder(), ["city"])]
)
scores = {}
models = {
    "logistic": LogisticRegression(max_iter=500),
    "forest": RandomForestClassifier(n_estimators=20, random_state=2),
}
for name, model in models.items():
    pipeline = Pipeline([("prepare", prepare), ("model", model)])
    pipeline.fit(X_train, y_train)
    predicted = pipeline.predict(X_test)
    scores[name] = {
        "accuracy": accuracy_score(y_test, predicted),
        "f1": f1_score(y_test, predicted),
    }
    print(name, scores[name])
best = max(scores, key=lambda key: scores[key]["f1"])
print("best:", best)
with open("scores.json", "w") as handle:
    json.dump(scores, handle, indent=1)
