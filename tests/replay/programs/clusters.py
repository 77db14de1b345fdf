"""Unsupervised learning, with a model that is stored and loaded again."""

import joblib
import numpy as np
from sklearn.cluster import KMeans
from sklearn.datasets import make_blobs
from sklearn.decomposition import PCA
from sklearn.metrics import silhouette_score
from sklearn.preprocessing import StandardScaler

points, labels = make_blobs(n_samples=90, centers=3, n_features=5, random_state=8)
scaled = StandardScaler().fit_transform(points)
pca = PCA(n_components=2)
reduced = pca.fit_transform(scaled)
inertias = []
silhouettes = {}
for k in range(2, 5):
    kmeans = KMeans(n_clusters=k, n_init=3, random_state=0).fit(reduced)
    inertias.append(kmeans.inertia_)
    silhouettes[k] = silhouette_score(reduced, kmeans.labels_)
best_k = max(silhouettes, key=silhouettes.get)
final = KMeans(n_clusters=best_k, n_init=3, random_state=0)
final.fit(reduced)
joblib.dump(final, "kmeans.joblib")
again = joblib.load("kmeans.joblib")
assigned = again.predict(reduced)
sizes = np.bincount(assigned)
explained = pca.explained_variance_ratio_.sum()
print("best k", best_k)
print("explained", round(float(explained), 4))
