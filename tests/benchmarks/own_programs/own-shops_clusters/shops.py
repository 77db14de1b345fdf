import matplotlib
matplotlib.use("Agg")
import matplotlib.pyplot as plt
import pandas as pd
from sklearn.cluster import DBSCAN, AgglomerativeClustering, KMeans
from sklearn.decomposition import PCA
from sklearn.ensemble import IsolationForest
from sklearn.metrics import adjusted_rand_score, calinski_harabasz_score, davies_bouldin_score, silhouette_score
from sklearn.mixture import GaussianMixture
from sklearn.preprocessing import RobustScaler

shops = pd.read_csv("shops.csv", index_col="shop")
X = RobustScaler().fit_transform(shops[["visits", "basket", "area", "staff"]])
keep = IsolationForest(contamination=0.02, random_state=0).fit_predict(X) == 1
X = X[keep]
Z = PCA(n_components=2, random_state=0).fit_transform(X)

inertias, silhouettes = [], {}
for k in range(2, 7):
    km = KMeans(n_clusters=k, n_init=5, random_state=0).fit(X)
    inertias.append(km.inertia_)
    silhouettes[k] = silhouette_score(X, km.labels_)
best_k = max(silhouettes, key=silhouettes.get)
print("best k", best_k, silhouettes[best_k])

km = KMeans(n_clusters=best_k, n_init=5, random_state=0)
labels = km.fit_predict(X)
gm = GaussianMixture(n_components=best_k, covariance_type="diag", random_state=0).fit(X)
gm_labels = gm.predict(X)
agg = AgglomerativeClustering(n_clusters=best_k, linkage="average").fit_predict(X)
db = DBSCAN(eps=0.9, min_samples=4).fit(X)

print("DB", davies_bouldin_score(X, labels), "CH", calinski_harabasz_score(X, labels))
print("BIC", gm.bic(X))
for name, other in [("gmm", gm_labels), ("agg", agg), ("dbscan", db.labels_)]:
    print(name, adjusted_rand_score(labels, other))

fig, ax = plt.subplots()
ax.scatter(Z[:, 0], Z[:, 1], c=labels)
fig.savefig("clusters.png")
shops.loc[keep, "cluster"] = labels
shops.to_csv("shops_clustered.csv")
