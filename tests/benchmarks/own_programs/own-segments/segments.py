import numpy as np
import pandas as pd
from sklearn.cluster import DBSCAN, AgglomerativeClustering, KMeans
from sklearn.datasets import make_blobs
from sklearn.metrics import adjusted_rand_score, davies_bouldin_score, silhouette_score
from sklearn.mixture import GaussianMixture
from sklearn.preprocessing import MinMaxScaler

X, truth = make_blobs(n_samples=300, centers=4, cluster_std=1.1, random_state=11)
Xs = MinMaxScaler().fit_transform(X)

kmeans = {k: KMeans(n_clusters=k, n_init=5, random_state=11).fit(Xs) for k in range(2, 7)}
inertias = {k: m.inertia_ for k, m in kmeans.items()}
sil = {k: silhouette_score(Xs, m.labels_) for k, m in kmeans.items()}
best_k = max(sil, key=sil.get)
print("best k", best_k, "silhouette", round(sil[best_k], 3))

agg = AgglomerativeClustering(n_clusters=best_k, linkage="ward")
labels_agg = agg.fit_predict(Xs)
print("agglomerative DB:", davies_bouldin_score(Xs, labels_agg))

db = DBSCAN(eps=0.06, min_samples=5).fit(Xs)
n_noise = int((db.labels_ == -1).sum())
print("noise points", n_noise)

gm = GaussianMixture(n_components=best_k, covariance_type="full", random_state=11).fit(Xs)
print("BIC", gm.bic(Xs))

table = pd.DataFrame(
    {
        "kmeans": [adjusted_rand_score(truth, kmeans[best_k].labels_)],
        "agg": [adjusted_rand_score(truth, labels_agg)],
        "gmm": [adjusted_rand_score(truth, gm.predict(Xs))],
    }
)
print(table.T)
purity = sum(np.bincount(truth[labels_agg == c]).max() for c in np.unique(labels_agg)) / len(truth)
print(f"purity = {purity:.3f}")
table.to_json("ari.json")
