"""Tiny programs that use libraries beyond the test extra: what learns in them changes where no attribute shows it.

Each line that must be in the lineage of `c`, or of the file in the title, ends in `#+`; no other may be there.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from marked_programs import cases, check

PROGRAMS = """
=== torch: an optimizer's step changes the model
import torch
s = torch.manual_seed(0) #+
x = torch.ones(4, 2) #+
u = torch.zeros(3)
m = torch.nn.Linear(2, 1) #+
o = torch.optim.SGD(m.parameters(), lr=0.1) #+
l = m(x).sum() #+
l.backward() #+
o.step() #+
c = m(x) #+

=== torch: without a step only gradients change
import torch
s = torch.manual_seed(0) #+
x = torch.ones(4, 2) #+
m = torch.nn.Linear(2, 1) #+
l = m(x).sum() #+
l.backward() #+
c = m.weight.grad.sum() #+

=== torch: gradients that were zeroed
import torch
w = torch.ones(2, requires_grad=True) #+
x = torch.ones(2) #+
l = (w * x).sum() #+
l.backward() #+
g = w.grad.zero_() #+
c = w.grad.sum() #+

=== torch: a method with an underscore at its end
import torch
t = torch.zeros(3) #+
v = 2.0 #+
t.fill_(v) #+
u = t.add(1)
c = t.sum() #+

=== torch: views share memory
import torch
t = torch.zeros(3) #+
v = t[1:] #+
v.fill_(1.0) #+
c = t.sum() #+

=== torch: memory shared with an array
import numpy as np
import torch
a = np.zeros(3) #+
t = torch.from_numpy(a) #+
t.fill_(1.0) #+
c = a.sum() #+

=== torch: a model is put into its other mode
import torch
m = torch.nn.BatchNorm1d(2) #+
e = m.eval() #+
x = torch.ones(3, 2) #+
c = m(x) #+

=== torch: what a model is shown changes it
import torch
m = torch.nn.BatchNorm1d(2) #+
x = torch.rand(3, 2) #+
u = torch.zeros(3)
y = m(x) #+
c = m.running_mean.sum() #+

=== torch: draws from the global generator
import torch
a = torch.manual_seed(0) #+
u = torch.zeros(2)
b = torch.rand(2) #+
c = torch.rand(2) #+

=== torch: draws from a generator of one's own
import torch
a = torch.manual_seed(0)
g = torch.Generator() #+
s = g.manual_seed(1) #+
b = torch.rand(2, generator=g) #+
c = torch.rand(2, generator=g) #+

=== torch: a training loop, most rounds of which are not looked into
import torch
s = torch.manual_seed(0) #+
x = torch.ones(4, 2) #+
m = torch.nn.Linear(2, 1) #+
o = torch.optim.SGD(m.parameters(), lr=0.1) #+
n = 0
for i in range(30): #+
    o.zero_grad() #+
    l = m(x).pow(2).sum() #+
    l.backward() #+
    o.step() #+
    n += 1
c = m(x) #+

=== torch: a rate that is set moves no tensor
import torch
s = torch.manual_seed(0) #+
x = torch.ones(4, 2) #+
m = torch.nn.Linear(2, 1) #+
o = torch.optim.SGD(m.parameters(), lr=0.1)
r = torch.optim.lr_scheduler.StepLR(o, 1)
r.step()
o.param_groups[0]["lr"] = 0.5
c = m(x) #+

=== torch: the mode of a model is none of its optimizer's
import torch
m = torch.nn.Sequential(torch.nn.Linear(2, 1), torch.nn.Dropout(0.5)) #+
o = torch.optim.SGD(m.parameters(), lr=0.1) #+
e = m.eval()
t = m.train()
c = o.state_dict() #+

=== torch: the mode of a model is that of its parts
import torch
d = torch.nn.Dropout(0.5) #+
m = torch.nn.Sequential(d) #+
e = m.eval() #+
c = d.training #+

=== torch: a scheduler changes its optimizer
import torch
w = torch.ones(2, requires_grad=True) #+
o = torch.optim.SGD([w], lr=0.5) #+
s = torch.optim.lr_scheduler.StepLR(o, 1) #+
s.step() #+
c = o.param_groups[0]["lr"] #+

=== xgboost: results that training fills in
import numpy as np
import xgboost as xgb
X = np.arange(20.0).reshape(10, 2) #+
y = X[:, 0] #+
d = xgb.DMatrix(X, y) #+
r = {} #+
b = xgb.train({"nthread": 1}, d, 2, evals=[(d, "t")], evals_result=r, verbose_eval=False) #+
c = r["t"] #+

=== xgboost: a booster that is trained on
import numpy as np
import xgboost as xgb
X = np.arange(20.0).reshape(10, 2) #+
y = X[:, 0] #+
d = xgb.DMatrix(X, y) #+
b = xgb.train({"nthread": 1}, d, 1) #+
b.update(d, 1) #+
c = b.predict(d) #+

=== lightgbm: results that a callback fills in
import lightgbm as lgb
import numpy as np
X = np.arange(200.0).reshape(100, 2) #+
y = X[:, 0] #+
d = lgb.Dataset(X, y) #+
r = {} #+
k = lgb.record_evaluation(r) #+
b = lgb.train({"verbose": -1, "num_threads": 1}, d, 2, valid_sets=[d], callbacks=[k]) #+
c = r["training"] #+

=== statsmodels: a fit
import numpy as np
import statsmodels.api as sm
X = np.arange(10.0) #+
y = X * 2 #+
u = X * 3
m = sm.OLS(y, X) #+
f = m.fit() #+
c = f.params #+
"""

FILES = """
=== figure.png: what seaborn draws on the current axes
import matplotlib.pyplot as plt
import seaborn as sns
x = [1, 2, 3] #+
u = [3, 4, 5]
ax = sns.lineplot(x=x, y=x) #+
plt.savefig("figure.png") #+

=== figure.png: what seaborn draws on axes that are given
import matplotlib.pyplot as plt
import seaborn as sns
x = [1, 2, 3] #+
fig, ax = plt.subplots() #+
a = sns.scatterplot(x=x, y=x, ax=ax) #+
fig.savefig("figure.png") #+

=== m.pt: a state dict
import torch
s = torch.manual_seed(0) #+
m = torch.nn.Linear(2, 1) #+
torch.save(m.state_dict(), "m.pt") #+

=== m.ubj: a booster, written by other than Python code
import numpy as np
import xgboost as xgb
X = np.arange(20.0).reshape(10, 2) #+
y = X[:, 0] #+
d = xgb.DMatrix(X, y) #+
b = xgb.train({"nthread": 1}, d, 1) #+
b.save_model("m.ubj") #+

=== m.txt: a booster of lightgbm's
import lightgbm as lgb
import numpy as np
X = np.arange(200.0).reshape(100, 2) #+
y = X[:, 0] #+
d = lgb.Dataset(X, y) #+
b = lgb.train({"verbose": -1, "num_threads": 1}, d, 2) #+
b.save_model("m.txt") #+

=== a.h5: arrays in a file of HDF's
import h5py
import numpy as np
a = np.ones(3) #+
u = np.zeros(3)
with h5py.File("a.h5", "w") as f: #+
    d = f.create_dataset("a", data=a) #+

=== b.h5: an array read from a file of HDF's
import h5py
import numpy as np
a = np.ones(3) #+
with h5py.File("a.h5", "w") as f: #+
    f["a"] = a #+
with h5py.File("a.h5") as g: #+
    b = g["a"][:] #+
with h5py.File("b.h5", "w") as f: #+
    f["b"] = b #+

=== b.csv: frames of polars
import polars as pl
a = pl.DataFrame({"a": [1]}) #+
a.write_parquet("a.parquet") #+
b = pl.scan_parquet("a.parquet") #+
b.collect().write_csv("b.csv") #+

=== m.txt: data that other than Python code reads
import xgboost as xgb
with open("d.txt", "w") as f: #+
    n = f.write("1 0:1.0\\n0 0:2.0\\n") #+
d = xgb.DMatrix("d.txt?format=libsvm") #+
b = xgb.train({"nthread": 1}, d, 1) #+
b.save_model("m.txt") #+

=== b.parquet: a table, by way of a file
import pandas as pd
import pyarrow
a = pd.DataFrame({"a": [1]}) #+
a.to_parquet("a.parquet") #+
b = pd.read_parquet("a.parquet") #+
b.to_parquet("b.parquet") #+
"""


@pytest.mark.parametrize(("title", "source"), cases(PROGRAMS))
def test_value_came_from_the_marked_lines(title: str, source: str, tmp_path: Path) -> None:
    check(tmp_path, source, "c")


@pytest.mark.parametrize(("title", "source"), cases(FILES))
def test_file_came_from_the_marked_lines(title: str, source: str, tmp_path: Path) -> None:
    check(tmp_path, source, title.partition(":")[0])
