import re
import sys
from collections import Counter

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import pandas as pd
from sklearn.calibration import CalibratedClassifierCV
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import SGDClassifier
from sklearn.metrics import (
    ConfusionMatrixDisplay,
    PrecisionRecallDisplay,
    RocCurveDisplay,
    accuracy_score,
    average_precision_score,
    brier_score_loss,
    classification_report,
    confusion_matrix,
    precision_recall_curve,
    roc_auc_score,
    roc_curve,
)
from sklearn.model_selection import GridSearchCV, train_test_split
from sklearn.naive_bayes import ComplementNB
from sklearn.pipeline import Pipeline
from sklearn.svm import LinearSVC


def clean(text: str) -> str:
    text = re.sub(r"[^a-z ]+", " ", text.lower())
    return re.sub(r"\s+", " ", text).strip()


def main(argv):
    path = argv[1] if len(argv) > 1 else "tickets.tsv"
    df = pd.read_csv(path, sep="\t")
    df["text"] = df["text"].map(clean)
    print(Counter(df["urgent"]))
    X_tr, X_te, y_tr, y_te = train_test_split(
        df["text"], df["urgent"], test_size=0.3, stratify=df["urgent"], random_state=7
    )

    candidates = {
        "svm": LinearSVC(C=0.5, class_weight="balanced"),
        "nb": ComplementNB(alpha=0.3),
        "sgd": SGDClassifier(loss="log_loss", alpha=1e-3, random_state=7),
    }
    fitted = {}
    for name, clf in candidates.items():
        pipe = Pipeline([("tfidf", TfidfVectorizer(ngram_range=(1, 2), min_df=2)), ("clf", clf)])
        pipe.fit(X_tr, y_tr)
        fitted[name] = pipe
        y_hat = pipe.predict(X_te)
        print(name, accuracy_score(y_te, y_hat))
        print(classification_report(y_te, y_hat, digits=3))

    grid = GridSearchCV(
        fitted["svm"], {"clf__C": [0.1, 1, 10], "tfidf__sublinear_tf": [True, False]}, scoring="f1", cv=3
    )
    grid.fit(X_tr, y_tr)
    print(grid.best_params_, grid.best_score_)
    best = grid.best_estimator_
    print("grid test score", grid.score(X_te, y_te))

    calibrated = CalibratedClassifierCV(best, method="sigmoid", cv=3)
    calibrated.fit(X_tr, y_tr)
    proba = calibrated.predict_proba(X_te)[:, 1]
    print("brier", brier_score_loss(y_te, proba))
    print("ap", average_precision_score(y_te, proba))
    auc = roc_auc_score(y_te, proba)
    fpr, tpr, thr = roc_curve(y_te, proba)
    prec, rec, _ = precision_recall_curve(y_te, proba)
    cm = confusion_matrix(y_te, proba > 0.5, normalize="true")

    fig, axes = plt.subplots(1, 3, figsize=(12, 4))
    axes[0].plot(fpr, tpr, label=f"auc={auc:.2f}")
    PrecisionRecallDisplay(prec, rec).plot(ax=axes[1])
    ConfusionMatrixDisplay(cm).plot(ax=axes[2])
    fig.savefig("curves.png")
    RocCurveDisplay.from_estimator(best, X_te, y_te)
    plt.savefig("roc.png")


if __name__ == "__main__":
    main(sys.argv)
