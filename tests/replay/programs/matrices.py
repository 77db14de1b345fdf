"""Arrays, views, in-place operations and masks."""

import numpy as np

np.random.seed(0)
A = np.random.rand(4, 4)
A += A.T
row = A[1]
row *= 2
B = A.copy()
B[B < 1] = 0
np.fill_diagonal(B, 1.0)
values, vectors = np.linalg.eigh((A + A.T) / 2)
largest = values[-1]
mask = np.zeros(4, dtype=bool)
mask[::2] = True
chosen = A[mask]
out = np.empty(4)
np.multiply(values, 2, out=out)
trace = np.trace(B)
unused = np.ones(3)
stacked = np.vstack([chosen, out])
stacked.sort(axis=1)
np.savetxt("stacked.txt", stacked, fmt="%.4f")
print("largest", round(float(largest), 6))
print("trace", trace)
