import random

import pandas as pd
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.linear_model import SGDClassifier
from sklearn.metrics import ConfusionMatrixDisplay, accuracy_score, confusion_matrix, precision_recall_fscore_support
from sklearn.model_selection import cross_val_predict, train_test_split
from sklearn.naive_bayes import MultinomialNB
from sklearn.pipeline import make_pipeline
from sklearn.svm import LinearSVC

random.seed(2)
WORDS = {
    "sport": "match goal team coach win league player score cup".split(),
    "money": "bank stock price market trade profit tax bond rate".split(),
    "tech": "code chip phone app cloud data robot network screen".split(),
}
COMMON = "the a of new today says after over with from people".split()
texts, labels = [], []
for topic, words in WORDS.items():
    for _ in range(90):
        texts.append(" ".join(random.choices(words, k=4) + random.choices(COMMON, k=9)))
        labels.append(topic if random.random() > 0.08 else random.choice(list(WORDS)))

df = pd.DataFrame({"text": texts, "label": labels}).sample(frac=1, random_state=2)
X_train, X_test, y_train, y_test = train_test_split(
    df["text"], df["label"], test_size=0.3, random_state=2, stratify=df["label"]
)

candidates = {
    "nb": make_pipeline(CountVectorizer(stop_words="english"), MultinomialNB(alpha=0.3)),
    "svm": make_pipeline(TfidfVectorizer(ngram_range=(1, 2), min_df=2), LinearSVC(C=0.8)),
    "sgd": make_pipeline(TfidfVectorizer(sublinear_tf=True), SGDClassifier(loss="hinge", max_iter=50, random_state=2)),
}
summary = []
for name, pipe in candidates.items():
    pipe.fit(X_train, y_train)
    y_pred = pipe.predict(X_test)
    p, r, f, _ = precision_recall_fscore_support(y_test, y_pred, average="macro")
    acc = accuracy_score(y_test, y_pred)
    summary.append((name, acc, p, r, f))

summary.sort(key=lambda row: -row[1])
for name, acc, p, r, f in summary:
    print(f"{name:5} acc={acc:.3f} p={p:.3f} r={r:.3f} f1={f:.3f}")

winner = candidates[summary[0][0]]
cv_pred = cross_val_predict(winner, X_train, y_train, cv=4)
print("cv accuracy", (cv_pred == y_train).mean())
cm = confusion_matrix(y_test, winner.predict(X_test), labels=list(WORDS))
print(pd.DataFrame(cm, index=list(WORDS), columns=list(WORDS)))
per_class = cm.diagonal() / cm.sum(axis=1)
print(dict(zip(WORDS, per_class.round(2))))
ConfusionMatrixDisplay(cm, display_labels=list(WORDS)).plot().figure_.savefig("cm.png")
