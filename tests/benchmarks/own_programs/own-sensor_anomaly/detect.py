import csv
import math
import random

from sklearn.ensemble import IsolationForest
from sklearn.neighbors import LocalOutlierFactor
from sklearn.svm import OneClassSVM

random.seed(5)
readings, is_fault = [], []
for i in range(400):
    fault = random.random() < 0.06
    temp = random.gauss(70, 2) + (random.choice([-1, 1]) * 12 if fault else 0)
    vib = random.gauss(0.3, 0.05) + (0.4 if fault else 0)
    readings.append([temp, vib])
    is_fault.append(1 if fault else 0)

split = 250
train = [r for r, f in zip(readings[:split], is_fault[:split]) if f == 0]
test, truth = readings[split:], is_fault[split:]

detectors = [
    ("iforest", IsolationForest(n_estimators=80, contamination=0.05, random_state=5)),
    ("lof", LocalOutlierFactor(n_neighbors=15, novelty=True)),
    ("ocsvm", OneClassSVM(nu=0.05, gamma="scale")),
]


def counts(truth, flags):
    tp = sum(1 for t, f in zip(truth, flags) if t and f)
    fp = sum(1 for t, f in zip(truth, flags) if not t and f)
    fn = sum(1 for t, f in zip(truth, flags) if t and not f)
    return tp, fp, fn


out = open("scores.csv", "w", newline="")
writer = csv.writer(out)
writer.writerow(["detector", "precision", "recall", "f1"])
for name, det in detectors:
    det.fit(train)
    flags = [1 if p == -1 else 0 for p in det.predict(test)]
    tp, fp, fn = counts(truth, flags)
    precision = tp / (tp + fp) if tp + fp else 0.0
    recall = tp / (tp + fn) if tp + fn else 0.0
    f1 = 2 * precision * recall / (precision + recall) if precision + recall else 0.0
    writer.writerow([name, precision, recall, f1])
    print("%s: P=%.2f R=%.2f F1=%.2f" % (name, precision, recall, f1))
out.close()

mean_t = sum(r[0] for r in train) / len(train)
sd_t = math.sqrt(sum((r[0] - mean_t) ** 2 for r in train) / len(train))
rule = [1 if abs(r[0] - mean_t) > 3 * sd_t else 0 for r in test]
hits = sum(1 for t, f in zip(truth, rule) if t == f)
print("3-sigma rule accuracy:", hits / len(test))
