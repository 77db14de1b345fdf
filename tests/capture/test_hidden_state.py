"""State that no name holds, and objects whose state shows in no attribute: generators, figures, iterators, slots.

Each line that must be in the lineage of `c` (or of the file in the title) ends in `#+`; no other may be there.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from marked_programs import cases, check

PROGRAMS = """
=== a global generator that was seeded
import random
a = 3 #+
random.seed(a) #+
c = random.random() #+

=== what was drawn before the seed does not matter
import random
a = random.random()
random.seed(0) #+
c = random.random() #+

=== what was drawn after the seed does
import random
random.seed(0) #+
a = random.random() #+
c = random.random() #+

=== numpy's global generator
import numpy as np
np.random.seed(0) #+
a = np.random.rand(3) #+
u = np.zeros(3)
c = np.random.rand(3) #+

=== numpy's and python's are two
import random
import numpy as np
random.seed(0)
np.random.seed(0) #+
a = random.random()
c = np.random.rand(3) #+

=== a generator of one's own is another one
import numpy as np
np.random.seed(0)
rng = np.random.default_rng(1) #+
a = np.random.rand()
b = rng.normal() #+
c = rng.normal() #+

=== a generator does not move when it is passed on
import numpy as np
rng = np.random.default_rng(1) #+
a = [rng]
b = str(rng)
c = rng.normal() #+

=== drawn from in a comprehension
import random
random.seed(0) #+
a = [random.random() for _ in range(3)] #+
c = random.random() #+

=== drawn from by a generator expression that a call runs through
import random
random.seed(0) #+
c = sum(random.random() for _ in range(3)) #+

=== drawn from in the rounds of a loop that are not looked into
import random
random.seed(0) #+
t = 0 #+
n = 0
for i in range(50): #+
    t += random.random() #+
    n += 1
c = t #+

=== counted in a loop in which others draw
import random
random.seed(0)
t = 0
n = 0 #+
for i in range(50): #+
    t += random.random()
    n += 1 #+
c = n #+

=== a loop moves it on
import random
random.seed(0) #+
n = 0
for i in range(50): #+
    a = random.random() #+
c = random.random() #+

=== drawn from in a function that is called often
import random
def draw(): #+
    return random.random() #+
random.seed(0) #+
for i in range(50): #+
    a = draw() #+
c = draw() #+

=== seeded in a function
import random
import numpy as np
def seed_all(s): #+
    random.seed(s)
    np.random.seed(s) #+
seed_all(3) #+
u = random.random()
c = np.random.rand() #+

=== shuffled by a generator
import random
a = [1, 2, 3] #+
r = random.Random(0) #+
r.shuffle(a) #+
c = a[0] #+

=== shuffled by numpy's global generator
import numpy as np
a = np.arange(100_000.0) #+
np.random.seed(0) #+
np.random.shuffle(a) #+
c = a[0] #+

=== an estimator draws from the generator it was given
import numpy as np
from sklearn.ensemble import RandomForestClassifier
rng = np.random.RandomState(0) #+
X = np.arange(20.0).reshape(10, 2) #+
y = np.array([0, 1] * 5) #+
m = RandomForestClassifier(2, random_state=rng) #+
f = m.fit(X, y) #+
c = rng.rand() #+

=== an estimator without one draws from the global
import numpy as np
from sklearn.model_selection import train_test_split
np.random.seed(0) #+
X = np.arange(20.0) #+
a, b = train_test_split(X) #+
c = a[0] #+

=== an estimator with a number for seed draws from no other
import numpy as np
from sklearn.model_selection import train_test_split
np.random.seed(0) #+
X = np.arange(20.0)
a, b = train_test_split(X, random_state=1)
c = np.random.rand() #+

=== a frame is sampled
import numpy as np
import pandas as pd
np.random.seed(0) #+
f = pd.DataFrame({"a": [1, 2, 3]}) #+
c = f.sample(2) #+

=== an iterator moves on
a = [1, 2, 3] #+
i = iter(a) #+
b = next(i) #+
c = next(i) #+

=== an iterator is used up by a list
a = [1, 2, 3] #+
i = map(str, a) #+
b = list(i) #+
c = list(i) #+

=== an object with slots
class A: #+
    __slots__ = ("n",)
    def set(self, n):
        object.__setattr__(self, "n", n) #+
a = A() #+
a.set(3) #+
c = a.n #+

=== a dict of a derived class
from collections import Counter
k = Counter() #+
w = ["a"] #+
k.update(w) #+
n = k.most_common(1)
c = k["a"] #+

=== a member of a default dict
from collections import defaultdict
d = defaultdict(list) #+
v = 1 #+
d["a"].append(v) #+
c = d["a"] #+

=== an array of the array module
from array import array
a = array("d", [3.0, 1.0]) #+
v = 5.0 #+
a.append(v) #+
c = a[2] #+

=== bytes seen through a memoryview
b = bytearray(4) #+
m = memoryview(b) #+
m[0] = 7 #+
c = b[0] #+

=== an array seen through another
import numpy as np
a = np.zeros(4) #+
v = a[1:3] #+
v[0] = 1 #+
u = a.copy()
c = a + a #+

=== a copy is not seen through
import numpy as np
a = np.zeros(4) #+
v = a[1:3].copy()
v[0] = 1
c = a + a #+

=== a large array that is changed at one place by a function
import numpy as np
a = np.zeros(1_000_000) #+
i = 12345 #+
np.put(a, i, 1.0) #+
c = a + a #+

=== an array that is copied to
import numpy as np
a = np.zeros(1_000_000) #+
b = np.ones(1_000_000) #+
np.copyto(a, b) #+
c = a + a #+

=== the array that is copied from does not change
import numpy as np
a = np.zeros(1_000_000)
b = np.ones(1_000_000) #+
np.copyto(a, b)
c = b + b #+

=== an array that is written to as out
import numpy as np
a = np.zeros(4) #+
b = np.ones(4) #+
np.add(b, 1, out=a) #+
c = a + a #+

=== what a frame gives is not the frame
import pandas as pd
f = pd.DataFrame({"a": [1, 2]}) #+
f.style.set_caption("x")
f.index.set_names("i", inplace=True) #+
c = f.index.name #+

=== attrs of a frame
import pandas as pd
f = pd.DataFrame({"a": [1]}) #+
f.attrs.update(unit="m") #+
c = f.attrs #+

=== a column stored at a place
import pandas as pd
f = pd.DataFrame({"a": [1, 2]}) #+
v = 9 #+
f.loc[0, "a"] = v #+
c = f["a"].sum() #+

=== dropped in place
import pandas as pd
f = pd.DataFrame({"a": [1, None]}) #+
f.dropna(inplace=True) #+
c = len(f) #+

=== a sparse matrix
import numpy as np
from scipy import sparse
s = sparse.csr_matrix(np.eye(3)) #+
s.data[0] = 5 #+
c = s + s #+

=== a transformer in a pipeline is fitted with it
import numpy as np
from sklearn.linear_model import Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
X = np.arange(20.0).reshape(10, 2) #+
y = X[:, 0] #+
s = StandardScaler() #+
r = Ridge() #+
p = make_pipeline(s, r) #+
f = p.fit(X, y) #+
c = s.mean_ #+
"""

FILES = """
=== figure.png: what is drawn on axes is drawn on their figure
import matplotlib.pyplot as plt
x = [1, 2] #+
fig, ax = plt.subplots() #+
l = ax.plot(x, x) #+
t = ax.get_title()
fig.savefig("figure.png") #+

=== figure.png: the current figure of pyplot
import matplotlib.pyplot as plt
x = [1, 2] #+
u = [3, 4]
plt.plot(x, x) #+
plt.title("t") #+
plt.savefig("figure.png") #+

=== figure.png: one figure after the other
import matplotlib.pyplot as plt
u = [3, 4]
plt.figure()
plt.plot(u, u)
plt.savefig("other.png")
plt.close()
x = [1, 2] #+
plt.figure() #+
plt.plot(x, x) #+
plt.savefig("figure.png") #+

=== figure.png: saving it changes nothing
import matplotlib.pyplot as plt
x = [1, 2] #+
fig, ax = plt.subplots() #+
l = ax.plot(x, x) #+
fig.savefig("other.png")
fig.savefig("figure.png") #+

=== figure.png: axes among others
import matplotlib.pyplot as plt
x = [1, 2] #+
fig, axes = plt.subplots(1, 2) #+
i = axes[1].imshow([x, x]) #+
fig.savefig("figure.png") #+

=== figure.png: what a frame plots
import pandas as pd
import matplotlib.pyplot as plt
f = pd.DataFrame({"a": [1, 2]}) #+
u = pd.DataFrame({"a": [1, 2]})
ax = f.plot() #+
plt.savefig("figure.png") #+

=== figure.png: what a frame plots on axes that are given
import pandas as pd
import matplotlib.pyplot as plt
f = pd.DataFrame({"a": [1, 2]}) #+
fig, ax = plt.subplots() #+
f.plot(ax=ax) #+
fig.savefig("figure.png") #+

=== figure.png: a line that is coloured afterwards
import matplotlib.pyplot as plt
x = [1, 2] #+
fig, ax = plt.subplots() #+
(line,) = ax.plot(x, x) #+
k = "red" #+
line.set_color(k) #+
fig.savefig("figure.png") #+

=== a.npy: an array
import numpy as np
a = np.ones(3) #+
u = np.zeros(3)
np.save("a.npy", a) #+

=== m.joblib: a model
import joblib
import numpy as np
from sklearn.linear_model import Ridge
X = np.ones((3, 1)) #+
y = np.ones(3) #+
m = Ridge() #+
f = m.fit(X, y) #+
joblib.dump(m, "m.joblib") #+

=== m.pkl: pickled through a handle
import pickle
m = {"a": 1} #+
with open("m.pkl", "wb") as f: #+
    pickle.dump(m, f) #+

=== f.csv: a frame that was read from another
import pandas as pd
pd.DataFrame({"a": [1]}).to_csv("g.csv") #+
g = pd.read_csv("g.csv") #+
g["b"] = g["a"] #+
g.to_csv("f.csv") #+

=== t.db: a table in a database
import sqlite3
db = sqlite3.connect("t.db") #+
v = 3 #+
u = 4
db.execute("create table t (a)") #+
db.execute("insert into t values (?)", (v,)) #+
db.commit() #+
"""


@pytest.mark.parametrize(("title", "source"), cases(PROGRAMS))
def test_value_came_from_the_marked_lines(title: str, source: str, tmp_path: Path) -> None:
    check(tmp_path, source, "c")


@pytest.mark.parametrize(("title", "source"), cases(FILES))
def test_file_came_from_the_marked_lines(title: str, source: str, tmp_path: Path) -> None:
    check(tmp_path, source, title.partition(":")[0])
