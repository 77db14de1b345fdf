"""Stages of statements and cells from the text alone: tables of tiny programs."""

import ast

import pytest

from provkit.knowledge import Knowledge, read_library
from provkit.stages import stages_of_cells, stages_of_tree
from provkit.stages.ipython_syntax import python_of_cell
from provkit.stages.python2_syntax import python_3_of

SHORT = {
    "imports": "I",
    "data_loading": "L",
    "preprocessing": "P",
    "feature_engineering": "F",
    "split": "S",
    "model_definition": "M",
    "training": "T",
    "evaluation": "E",
    "visualisation": "V",
    "saving": "W",
    "other": "o",
}


def stages(text, knowledge=None):
    """Give the stages of a program's statements, a letter for each."""
    found = stages_of_tree(ast.parse(text), text.split("\n"), knowledge)
    return "".join(SHORT[staged.stage.name] for staged in found)


PROGRAMS = {
    "what is called of a model before it is fitted builds it": (
        (
            "from nets import NeuralNetwork, Dense\nimport numpy as np\nX = np.load('x.npy')\nnet = NeuralNetwork()\n"
            "net.add(Dense(4))\nnet.add(Dense(1))\nnet.fit(X)\nprint(net.predict(X))"
        ),
        "IILMMMTE",
    ),
    "a projection of one's own makes features": (
        (
            "import numpy as np\nclass PCA:\n    def fit(self, X):\n        self.mean = X.mean(0)\n"
            "    def transform(self, X):\n        return X - self.mean\n"
            "X = np.load('x.npy')\npca = PCA()\npca.fit(X)\nZ = pca.transform(X)"
        ),
        "IFLFFF",
    ),
    "settings that are read are no data": (
        (
            "import yaml\nfrom sklearn.svm import SVC\nparams = yaml.safe_load(open('params.yaml'))['train']\n"
            "c = params['c']\nmodel = SVC(C=c)"
        ),
        "IIoMM",
    ),
    "parts are named for what they are kept for": (
        (
            "import pandas as pd\nimport numpy as np\ndf = pd.read_csv('a.csv')\n"
            "mask = np.random.rand(len(df)) < 0.8\ntrain = df[mask]\ntest_part = df[~mask]\nadult = df[df.age > 17]"
        ),
        "IILSSSP",
    ),
    "rows are parted by an order that is drawn": (
        (
            "import numpy as np\nX = np.loadtxt('a.txt')\norder = np.random.default_rng(1).permutation(len(X))\n"
            "tr, te = order[:80], order[80:]\nA, B = X[tr], X[te]"
        ),
        "ILSSS",
    ),
    "what is read by a function of one's own and then tidied is loaded": (
        (
            "import pandas as pd\ndef load(p):\n    return pd.read_csv(p)\ndef tidy(t):\n    return t.dropna()\n"
            "table = tidy(load('a.csv'))\nagain = tidy(table)"
        ),
        "ILPLP",
    ),
    "what was drawn for a table is data once it is tidied": (
        (
            "import numpy as np\nimport pandas as pd\nrng = np.random.default_rng(0)\n"
            "df = pd.DataFrame({'x': rng.normal(size=9), 'g': rng.integers(0, 3, 9)})\n"
            "df['y'] = 2 * df['x'] + rng.normal(size=9)\ndf = df.dropna()\ndf['x2'] = df['x'] ** 2"
        ),
        "IIoLLPF",
    ),
    "what a function has drawn is complete": (
        (
            "import numpy as np\nimport pandas as pd\n"
            "def simulate(n):\n    x = np.random.normal(size=n)\n    return pd.DataFrame({'x': x, 'y': 2 * x})\n"
            "df = simulate(9)\ndf['x2'] = df['x'] ** 2"
        ),
        "IILLF",
    ),
    "a table of results is written": (
        (
            "import pandas as pd\nfrom sklearn.metrics import accuracy_score\n"
            "summary = pd.DataFrame({'a': [accuracy_score(y, y_pred)]})\nsummary.to_csv('out.csv')"
        ),
        "IIEW",
    ),
    "a look at data that nobody keeps": (
        "import pandas as pd\ndf = pd.read_csv('a.csv')\ndf.isna().sum()\ndf.groupby('a').b.mean()",
        "ILoo",
    ),
    "settings of several stages are no hyperparameters": (
        (
            "from sklearn.model_selection import train_test_split\nfrom sklearn.svm import SVC\n"
            "CONFIG = {'size': 0.3, 'C': 2}\na, b = train_test_split(X, test_size=CONFIG['size'])\n"
            "clf = SVC(C=CONFIG['C'])"
        ),
        "IIoSM",
    ),
    "a loaded tensor is data by its name": (
        (
            "import torch\ndata = torch.load('a.pt')\nnet = torch.load('net.pt')\nx = torch.from_numpy(data[3:, :-1])\n"
            "z = torch.from_numpy(data[:3, :-1])"
        ),
        "ILMSS",
    ),
    "rounds of training that are drawn as they go": (
        (
            "import torch\nimport matplotlib.pyplot as plt\noptimizer = torch.optim.LBFGS(net.parameters())\n"
            "for i in range(9):\n    optimizer.step(closure)\n    plt.figure()\n    plt.title('a')\n    plt.xlabel('b')\n"
            "    plt.ylabel('c')\n    plt.plot(pred)\n    plt.xticks()\n    plt.yticks()\n    plt.close()"
        ),
        "IIMT",
    ),
    "records are written out": (
        (
            "from sklearn.feature_extraction import DictVectorizer\n"
            "towns = [{'name': 'A', 't': 3}, {'name': 'B', 't': -4}]\nX = DictVectorizer().fit_transform(towns)"
        ),
        "ILF",
    ),
    "names are resolved through imports and aliases": (
        (
            "from sklearn import svm as machines\nimport sklearn.datasets\nload = sklearn.datasets.load_iris\n"
            "X, y = load(return_X_y=True)\nclf = machines.SVC()\nclf.fit(X, y)"
        ),
        "IILLMT",
    ),
    "a name bound again is something else": (
        "from sklearn.svm import SVC\ndef SVC(path):\n    return open(path).read()\ntext = SVC('a.txt')",
        "ILL",
    ),
    "a module's name that is shadowed": (
        "import imblearn.over_sampling as os\nsampler = os.SMOTE()",
        "IP",
    ),
    "a transformer's fit is no training": (
        (
            "from sklearn.preprocessing import StandardScaler\nfrom sklearn.decomposition import PCA\n"
            "scaler = StandardScaler()\nscaler.fit(X)\npca = PCA().fit(X)"
        ),
        "IIPPF",
    ),
    "a pipeline of transformers alone prepares": (
        (
            "from sklearn.pipeline import make_pipeline\nfrom sklearn.preprocessing import StandardScaler\n"
            "from sklearn.impute import SimpleImputer\nfrom sklearn.svm import SVC\n"
            "prep = make_pipeline(SimpleImputer(), StandardScaler())\nmodel = make_pipeline(prep, SVC())"
        ),
        "IIIIPM",
    ),
    "a constant that feeds one stage takes it": (
        (
            "from sklearn.datasets import make_blobs\nfrom sklearn.svm import SVC\nn = 100\nC = 2.0\nseed = 3\n"
            "X, y = make_blobs(n, random_state=seed)\nclf = SVC(C=C, random_state=seed).fit(X, y)"
        ),
        "IILMoLT",
    ),
    "the number of rounds is a hyperparameter": (
        (
            "import xgboost as xgb\nimport numpy as np\nX = np.random.rand(9, 2)\nd = xgb.DMatrix(X, X[:, 0])\n"
            "params = {'eta': 1}\nrounds = 3\nbst = xgb.train(params, d, rounds)\nbst.save_model('m.json')"
        ),
        "IILPMMTW",
    ),
    "a local function has the stage of its body": (
        (
            "from sklearn.metrics import f1_score\nimport pandas as pd\n"
            "def a(path):\n    return pd.read_csv(path)\ndef b(y, p):\n    return f1_score(y, p)\n"
            "table = a('x.csv')\nprint(b(table['y'], table['p']))"
        ),
        "IILELE",
    ),
    "a class of networks defines a model": (
        (
            "import torch.nn as nn\nimport torch\nclass Block(nn.Module):\n    def forward(self, x):\n        return x\n"
            "class Net(Block):\n    pass\nnet = Net()\nopt = torch.optim.SGD(net.parameters(), lr=0.1)"
        ),
        "IIMMMM",
    ),
    "a torch loop trains": (
        (
            "import torch\nnet = torch.nn.Linear(2, 1)\nopt = torch.optim.SGD(net.parameters(), lr=0.1)\n"
            "X = torch.randn(5, 2)\nfor epoch in range(3):\n    opt.zero_grad()\n    loss = ((net(X) - 1) ** 2).mean()\n"
            "    loss.backward()\n    opt.step()\ntorch.save(net.state_dict(), 'net.pt')"
        ),
        "IMMLTW",
    ),
    "a container is what fills it": (
        (
            "from sklearn.svm import SVC\nfrom sklearn.model_selection import cross_val_score\nscores = []\n"
            "for C in [1, 2]:\n    scores.append(cross_val_score(SVC(C=C), X, y))\nprint(scores)"
        ),
        "IIEEE",
    ),
    "a new column, a column made anew, rows filtered": (
        (
            "import pandas as pd\ndf = pd.read_csv('a.csv')\ndf['bmi'] = df['w'] / df['h'] ** 2\n"
            "df['w'] = df['w'].fillna(0)\ndf = df[df['w'] > 0]\nX = df[['w', 'h']]\ny = df['y']\ndf.head()"
        ),
        "ILFPPFPo",
    ),
    "results and their plots": (
        (
            "import matplotlib.pyplot as plt\nfrom sklearn.svm import SVC\nclf = SVC().fit(X, y)\n"
            "print('Accuracy:')\nprint(clf.score(X, y))\nfig, ax = plt.subplots()\nax.plot(clf.predict(X))\n"
            "ax.set_title('predictions')\nfig.savefig('a.png')"
        ),
        "IITEEVVVW",
    ),
    "progress is no result": ("print('Loading data...')\nprint('Training started')", "oo"),
    "an elapsed time is no result": (
        "import time\nstart = time.time()\nelapsed = time.time() - start\nprint(f'fit in {elapsed:.1f} s')",
        "Iooo",
    ),
    "a class with fit and predict that nobody knows": (
        "from ours import Forest\nclf = Forest(depth=3)\nclf.fit(X_train, y_train)\np = clf.predict(X_test)",
        "IMTE",
    ),
    "what nobody described is a model by what is asked of it once it is fitted": (
        (
            "from ours import linear\nm = linear()\nm.fit_frame(table)\nm.coef_\nm.std_err()\nm.residual_plot()\n"
            "print(m.intervals(0.01))"
        ),
        "IMTEEVE",
    ),
    "the result of a fit that nobody described is a model": (
        (
            "import pandas as pd\nfrom ours import Linear\ndf = pd.read_csv('a.csv')\nmod = Linear.from_formula('y ~ x', data=df)\n"
            "res = mod.fit()\nres.params\npred = res.predict(df)\nres.joint_test()"
        ),
        "IILMTEEE",
    ),
    "a network of another module": (
        (
            "import torch\nfrom ours import Encoder\nencoder = Encoder(8).eval()\nencoder.load_state_dict(torch.load('a.pt'))\n"
            "found = encoder(image_data)"
        ),
        "IIMME",
    ),
    "a reader of another module": (
        (
            "import numpy as np\nfrom ours import MNIST\nfrom sklearn.preprocessing import scale\nd = MNIST('folder')\n"
            "images, labels = d.load_training()\nimages = scale(images)"
        ),
        "IIILLP",
    ),
    "a model is loaded that predicts later": (
        "from ours import Guess\npredictor = Guess.load('folder')\np = predictor.predict_proba(test)",
        "IME",
    ),
    "a function that a sampler is given prepares, though it fits": (
        (
            "from imblearn import FunctionSampler\nfrom sklearn.ensemble import IsolationForest\ndef reject(X, y):\n"
            "    model = IsolationForest()\n    model.fit(X)\n    keep = model.predict(X) == 1\n    return X[keep], y[keep]\n"
            "sampler = FunctionSampler(func=reject)"
        ),
        "IIPP",
    ),
    "labels written for a measure are data": (
        (
            "import numpy as np\nfrom sklearn.metrics import f1_score\ny_test = np.hstack([np.ones(3), np.zeros(4)])\n"
            "print(f1_score(y_test, y_pred))"
        ),
        "IILE",
    ),
    "an array of numbers is data, a few are settings": (
        (
            "import numpy as np\nfrom sklearn.svm import SVC\neffects = np.array([61.0, 61.4, 62.2, 62.3, 62.6])\n"
            "grid = np.array([0.1, 1])\nclf = SVC(C=grid[0])"
        ),
        "IILMM",
    ),
    "what older versions called it": (
        (
            "from sklearn.cross_validation import train_test_split\nfrom sklearn.preprocessing import Imputer\n"
            "from keras.layers.core import Dense\na, b = train_test_split(X)\ni = Imputer()\nd = Dense(3)"
        ),
        "IIISPM",
    ),
    "a look at data is none that changes it in place": (
        (
            "import pandas as pd\ndf = pd.read_csv('a.csv')\ndf.sort_values('a')\ndf.sort_values('a', inplace=True)\n"
            "longest = df['a'].str.len().max()\nlongest\ndf[['a', 'b']].sort_values('a').head()"
        ),
        "ILoPooo",
    ),
    "the first rows are data where they are kept": (
        "import pandas as pd\ndf = pd.read_csv('a.csv')\nsmall = df.head(100)\nfilled = small.fillna(0)",
        "ILPP",
    ),
    "rows are filtered out of a part": (
        (
            "import pandas as pd\ntrain = pd.read_csv('a.csv')\ntrain = train[train.fare < 300]\n"
            "val = train[train.day > 20]\nfull = pd.read_csv('b.csv')\ntest = full[full.day > 20]"
        ),
        "ILPPLS",
    ),
    "rows are drawn to even out the classes": (
        (
            "import numpy as np\nimport pandas as pd\ndf = pd.read_csv('a.csv')\nmany = np.array(df[df.y == 0].index)\n"
            "few = np.random.choice(many, 10, replace=False)\nsmall = df.iloc[few, :]"
        ),
        "IILPPP",
    ),
    "X and y are separated by position": (
        "import numpy as np\ntable = np.loadtxt('a.txt')\nX = table[:, 0:8]\ny = table[:, 8]",
        "ILPP",
    ),
    "arrays side by side in brackets": (
        "import numpy as np\nfrom sklearn.svm import SVC\nX = np.c_[0.5, 1].T\ny = [1, 2]\nclf = SVC().fit(X, y)",
        "IILLT",
    ),
    "an empty table is for what fills it": (
        (
            "import pandas as pd\nfrom sklearn.metrics import f1_score\nfound = pd.DataFrame(columns=['a'])\n"
            "found['a'] = f1_score(y, y_pred)"
        ),
        "IIEE",
    ),
    "where something is written is a path": (
        "out = 'a.txt'\nf = open(out, 'w')\nf.write('x')",
        "oWW",
    ),
    "an operation that is given its data later": (
        (
            "import torchvision\nfrom torchvision import transforms\nt = transforms.Compose([transforms.ToTensor()])\n"
            "d = torchvision.datasets.MNIST('folder', transform=t)"
        ),
        "IIPL",
    ),
    "a pretrained network and its tokenizer": (
        (
            "from transformers import AutoModel, AutoTokenizer\ntok = AutoTokenizer.from_pretrained('a')\n"
            "net = AutoModel.from_pretrained('a')\nout = net(**tok(texts))"
        ),
        "IPME",
    ),
    "a function that fits and then scores trains": (
        (
            "from sklearn.svm import SVC\nfrom sklearn.metrics import f1_score\ndef forest(X, y):\n    clf = SVC()\n"
            "    clf.fit(X, y)\n    p = clf.predict(X)\n    s = f1_score(y, p)\n    print('F1', s)\nforest(X, y)"
        ),
        "IITT",
    ),
    "a function that is named for judging evaluates": (
        (
            "from sklearn.svm import SVC\nfrom sklearn.metrics import f1_score\ndef evaluate(X, y):\n"
            "    clf = SVC().fit(X, y)\n    p = clf.predict(X)\n    print(f1_score(y, p))\nevaluate(X, y)"
        ),
        "IIEE",
    ),
    "a function that loads and tidies loads": (
        (
            "import pandas as pd\ndef get():\n    t = pd.read_csv('a.csv')\n    t = t.dropna()\n    t = t.drop('a', axis=1)\n"
            "    for c in 'bc':\n        t[c] = t[c].astype('category')\n    for c in 'de':\n        t[c] = t[c].astype(int)\n    return t\nframe = get()"
        ),
        "IPL",
    ),
    "a function that columns are mapped by": (
        (
            "import pandas as pd\ndf = pd.read_csv('a.csv')\ndef score(v):\n    return 1 if v > 3 else 2\n"
            "df['rank'] = df['a'].apply(score)"
        ),
        "ILFF",
    ),
    "an import that may fail": (
        (
            "import matplotlib.pyplot as plt\ntry:\n    import folium\n    MAPS = True\nexcept ImportError:\n    MAPS = False\n"
            "if MAPS:\n    plt.plot(MAPS)"
        ),
        "IIV",
    ),
    "rows are divided at a point, or only some are taken": (
        (
            "import pandas as pd\ndf = pd.read_csv('a.csv')\nn = 100\na, b = df[:n], df[n:]\ndf = df[1:]\n"
            "m = df['x'].iloc[5:].diff()"
        ),
        "ILSSPP",
    ),
    "a table of predictions with a column of the data": (
        (
            "import pandas as pd\ntest = pd.read_csv('a.csv')\npreds = model.predict(test)\n"
            "table = pd.DataFrame({'id': test['id'], 'y': preds})\ntable.to_csv('b.csv')"
        ),
        "ILEEW",
    ),
    "a path is a path, whatever uses it": (
        "import pandas as pd\ntrain = '../input/train.csv'\nurl = 'https://example.org/a'\ndf = pd.read_csv(train)",
        "IooL",
    ),
    "an objective that cross-validation is given": (
        (
            "import xgboost as xgb\nd = xgb.DMatrix('a.txt')\ndef objective(p, d):\n    g = p - d.get_label()\n    return g, g\n"
            "xgb.cv({'eta': 1}, d, 3, obj=objective)"
        ),
        "ILTE",
    ),
    "an array of labels is filled": (
        (
            "import numpy as np\nfrom sklearn.semi_supervised import LabelSpreading\nlabels = np.full(9, -1)\nlabels[0] = 1\n"
            "LabelSpreading().fit(X, labels)"
        ),
        "IILLT",
    ),
    "a vectoriser of one's own is what its base is": (
        (
            "from sklearn.feature_extraction.text import TfidfVectorizer\nclass Plain(TfidfVectorizer):\n"
            "    def build_tokenizer(self):\n        return str.split\nv = Plain()\nX = v.fit_transform(['a b', 'c'])"
        ),
        "IFFF",
    ),
    "rows of numbers written out are data": (
        (
            "import numpy as np\nimport matplotlib.pyplot as plt\nX = np.transpose([[1.1, 2.0, 3.5], [2.0, 3.1, 4.0]])\n"
            "plt.plot(X[:, 0])"
        ),
        "IILV",
    ),
    "texts that a vectoriser is given are data": (
        (
            "from sklearn.feature_extraction.text import CountVectorizer\nsample = ['a b', 'b c']\n"
            "X = CountVectorizer().fit_transform(sample)"
        ),
        "ILF",
    ),
    "a function of what is drawn draws": (
        (
            "import numpy as np\nx = np.linspace(0, 1, 9)\ndef f(x):\n    return x**2\nnoise = np.random.normal(size=9)\n"
            "y = f(x) + noise\nm = model.fit(x, y)"
        ),
        "ILLLLT",
    ),
    "a type's other name, and a function that gives settings": (
        (
            "from typing import Dict\nimport numpy as np\nimport xgboost as xgb\nData = Dict[str, np.ndarray]\n"
            "def base_params(args):\n    return {'eta': args.rate}\nbst = xgb.train(base_params(args), d)"
        ),
        "IIIoMT",
    ),
    "a measure in a line with the time": (
        (
            "from time import time\nfrom sklearn.metrics.cluster import v_measure_score\nstart = time()\n"
            "print(f'Done in {time() - start:.2f} s: {v_measure_score(a, b)}')"
        ),
        "IIoE",
    ),
    "what a transformer has seen of data": (
        (
            "from sklearn.feature_extraction.text import CountVectorizer\nv = CountVectorizer()\nv.fit(texts)\nv.vocabulary_\n"
            "print(len(v.vocabulary_))"
        ),
        "IFFoo",
    ),
    "a name is let go of, or a column": (
        "import pandas as pd\ndf = pd.read_csv('a.csv')\ndel df['c']\ndel df",
        "ILPo",
    ),
    "a model class of statsmodels's": (
        (
            "import statsmodels.api as sm\nclass Ours(sm.tsa.statespace.MLEModel):\n    def start(self):\n        return 1\n"
            "m = Ours(y)\nr = m.fit()\nr.params"
        ),
        "IMMTE",
    ),
    "what is built is no model where its name says so": (
        (
            "from ours import build_features, build_vocab, build\nX = build_features(table)\nv = build_vocab(texts)\n"
            "net = build(3)"
        ),
        "IFPM",
    ),
    "what is divided by a text is a path, and a log is no measure": (
        (
            "from settings import ROOT\nfrom tools import logger\nimport pandas as pd\nIN = ROOT / 'a.csv'\n"
            "def load(path):\n    if not path.exists():\n        logger.error('gone')\n    return pd.read_csv(path)\n"
            "df = load(IN)\nlogger.info('read')"
        ),
        "IIIoLLo",
    ),
    "functions that are named for answering predict, whatever they do": (
        (
            "import pandas as pd\nt = pd.read_csv('a.csv')\n"
            "def recommend_books(user):\n    near = t[user].sort_values().drop(user)\n    near = near.dropna()\n"
            "    return near.head(3)\nbest = recommend_books(1)\nprint(best)"
        ),
        "ILEEE",
    ),
    "a loop that computes what it prints of data looks at it": (
        (
            "import pandas as pd\ndf = pd.read_csv('a.csv')\nfor lab in df.lab.unique():\n    part = df[df.lab == lab]\n"
            "    mean = part.thc.mean()\n    print(lab, mean)"
        ),
        "ILo",
    ),
    "a column by a written index is a new one, unless it is made of itself": (
        (
            "import pandas as pd\ndf = pd.read_csv('a.csv')\nfor c in ['a', 'b']:\n    df[f'{c}_per_head'] = df[c] / df.n\n"
            "df['pct', 'x'] = df['close', 'x'].pct_change()\ndf['pct', 'x'] = df['pct', 'x'].fillna(0)"
        ),
        "ILFFP",
    ),
    "what is yet nothing, and what is split as text, tell nothing": (
        (
            "config = None\ndef latest(folder):\n    return max(folder.iterdir(), key=lambda d: int(d.name.split('_')[1]))\n"
            "def load_models(paths):\n    return [torch.load(p) for p in paths]"
        ),
        "ooM",
    ),
    "results of unknown calls are what their names say": (
        (
            "import celltypist, scanpy as sc\nadata = sc.read_h5ad('a.h5ad')\n"
            "predictions = celltypist.annotate(adata)\nadata.obs['label'] = predictions.label.values\nadata.write_h5ad('b.h5ad')"
        ),
        "ILEEW",
    ),
    "a valid part without another part is no split": (
        "import pandas as pd\ndf = pd.read_csv('a.csv')\nfraud = df[df.y == 1]\nvalid = df[df.y == 0]",
        "ILPP",
    ),
    "modules by a call are imported, and their functions told by name": (
        (
            "import numpy as np\nbuild_model = __import__('1-build').build_model\n"
            "train_model = __import__('2-train').train_model\nlib = np.load('a.npz')\nX, Y = lib['X'], lib['Y']\n"
            "net = build_model(784)\ntrain_model(net, X, Y)"
        ),
        "IIILLMT",
    ),
    "errors, schemas of services and checks are no steps": (
        (
            "import pandas as pd\nfrom pydantic import BaseModel\nclass BadTable(ValueError):\n    pass\n"
            "class Prediction(BaseModel):\n    value: float\n"
            "def validate_schema(df):\n    if 'a' not in df.columns:\n        raise BadTable('no a')\n"
            "df = pd.read_csv('a.csv')\nvalidate_schema(df)"
        ),
        "IIoooLo",
    ),
    "a branch that saves puts together what it saves": (
        (
            "import json\nfrom sklearn.metrics import f1_score\nf1 = f1_score(y, y_pred)\nKEEP = True\n"
            "if KEEP:\n    payload = {'f1': f1}\n    json.dump(payload, open('m.json', 'w'))"
        ),
        "IIEWW",
    ),
    "a parameter is what its annotation says": (
        (
            "from sentence_transformers import SentenceTransformer\nimport faiss\n"
            "def near(question, bert: SentenceTransformer, index: faiss.IndexFlatL2):\n"
            "    found = index.search(bert.encode([question]), 3)\n    return found"
        ),
        "IIE",
    ),
    "a table that is corrected cell by cell learns": (
        (
            "import numpy as np\nq = np.zeros((5, 2))\n"
            "def correct(s, a, r, t):\n    old = q[s, a]\n    q[s, a] = (1 - alpha) * old + alpha * (r + max(q[t]))"
        ),
        "ITT",
    ),
    "a list of features that picks columns chooses features": (
        (
            "import pandas as pd\ndf = pd.read_csv('a.csv')\nfeatures = ['a', 'b']\nX = df[features]\ny = df['c']"
        ),
        "ILFPP",
    ),
    "a class named for what it learns is a model, and what its base says of others": (
        (
            "import ours\nimport pandas as pd\nfrom ours.fitters import ParametricFitter\ndf = pd.read_csv('a.csv')\n"
            "class Weibull(ParametricFitter):\n    def hazard(self, params, T):\n        return (T / params['a']) ** params['b']\n"
            "m = Weibull()\nr = ours.DNNRegressor(units=[8])\nr.evaluate(lambda: df.dropna())"
        ),
        "IIILMMME",
    ),
    "what all names of a library are imported for is known; another name is no step": (
        (
            "from numpy import *\nimport numpy as np\ndot = np.dot\nx = random.standard_normal(9)\n"
            "y = dot(x, x)\nw = linalg.norm(x)"
        ),
        "IIoLLL",
    ),
    "what a program goes through by key is data, wherever it was kept": (
        (
            "import pickle\nwith open('a.pkl', 'rb') as f:\n    ratings = pickle.load(f)\n"
            "for (user, film), rating in ratings.items():\n    print(user, rating)"
        ),
        "ILo",
    ),
    "texts that are written out are data; what a loop fills is as the loop is": (
        (
            "import sklearn.linear_model as lm\nm = lm.Ridge().fit(X, y)\n"
            "said = ['a cat sat', 'a dog ran', 'no one came', 'it was me']\nhits = []\n"
            "for row in said:\n    hits.append(m.predict([row]))"
        ),
        "ITLEE",
    ),
    "a function that answers requests with what is at hand is no step": (
        (
            "from fastapi import FastAPI\napp = FastAPI()\npredictions = []\n"
            "@app.get('/seen')\ndef seen(limit: int = 9):\n    return {'all': predictions[-limit:]}"
        ),
        "Iooo",
    ),
    "a network by hand is told by what its functions are called": (
        (
            "import numpy as np\nlearning_rate = 0.1\n"
            "def relu(values):\n    return np.maximum(0.1 * values, values)\n"
            "def relu_prime(values):\n    return np.where(values > 0, 1, 0.1)\n"
            "def xavier_initialize(a, b):\n    return np.random.randn(a, b) * np.sqrt(2 / a)\n"
            "def forward(given):\n    return relu(np.matmul(weights[0], given))\n"
            "def backward():\n    weights[0] = weights[0] - learning_rate * relu_prime(errors)"
        ),
        "ITMTMET",
    ),
    "a formula and data are fitted, whoever does it; what is given fitted models reports on them": (
        (
            "import ours\nimport pandas as pd\ndf = pd.read_csv('a.csv')\nfit = ours.regress('wage ~ age', data=df)\n"
            "ours.etable([fit])"
        ),
        "IILTE",
    ),
    "a loop that asks until the answer will do is no step; a route that predicts evaluates": (
        (
            "from fastapi import APIRouter\nrouter = APIRouter()\nanswer = ''\n"
            "while answer not in ('y', 'n'):\n    answer = input('Save? ').lower()\n"
            "@router.post('/predict')\ndef predict_churn(row: dict):\n    return predict_single(row)"
        ),
        "IoooE",
    ),
    "rows that are written out, lines of a file and weights by name": (
        (
            "import numpy as np\nrows = [[0, 1], [1, 1]]\nw1 = np.random.randn(3, 2)\nb1 = np.zeros((3, 1))\n"
            "xs = []\nf = open('a.txt')\nfor line in f.readlines():\n    xs.append(float(line.split()[0]))"
        ),
        "ILMMLLL",
    ),
    "functions of one's own package by their names": (
        (
            "from src import tools, Net\nX, y = tools.load_data('a.csv')\nX_train, X_test = tools.split_data(X, 0.2)[0]\n"
            "X_train = tools.z_score_normalize(X_train)\nnet = Net()\nh = net.fit(X_train)\nnet.save('a.bin')"
        ),
        "ILSPMTW",
    ),
    "what is read of a file only to be printed is no data": (
        "with open('a.md') as f:\n    print(f.read())\ndef show(df):\n    for c in df.columns:\n        print(df[c].unique())",
        "oo",
    ),
    "a transformer that nobody described and that learns from labels makes features": (
        (
            "import ours\nimport pandas as pd\ndf = pd.read_csv('a.csv')\nm = ours.LMNN(k=5)\nZ = m.fit_transform(df[['a']], df.y)\n"
            "scaler = ours.Robust()\nW = scaler.fit_transform(df[['a']], df.y)"
        ),
        "IILFFPP",
    ),
    "a function that is named for data and draws it loads": (
        (
            "import numpy as np\ndef get_noisy_data(n=9):\n    x = np.random.exponential(size=n)\n    y = np.exp(x).reshape(-1, 1)\n"
            "    return x.reshape(-1, 1), y"
        ),
        "IL",
    ),
    "the best of a search is a model": (
        (
            "from sklearn.model_selection import GridSearchCV\ngrid = GridSearchCV(clf, params).fit(X, y)\n"
            "best = grid.best_estimator_\nbest.fit(X, y)\ny_hat = best.predict(X.drop('a', axis=1))"
        ),
        "ITETE",
    ),
    "what a network is given does not say what it does": (
        (
            "import tensorflow as tf\nnet = tf.keras.Sequential([])\nloss_fn = tf.keras.losses.MeanSquaredError()\n"
            "loss_fn(y_train[:1], net(x_train[:1])).numpy()\ntransform = config.TRANSFORMS\nx = transform(image).unsqueeze(0)"
        ),
        "IMMEPP",
    ),
    "a column that is encoded by a table is preprocessed": (
        (
            "import pandas as pd\ndf = pd.read_csv('a.csv')\ndf['kind_num'] = df.kind.map({'a': 0, 'b': 1})\ndf['x2'] = df.x ** 2"
        ),
        "ILPF",
    ),
    "modules are named for what they do, too": (
        (
            "import pandas as pd\nimport ours\ndf = pd.read_csv('a.csv')\nours.visualise.columns(df)\nours.show_rows(df)"
        ),
        "IILVV",
    ),
    "a column of another thing's parts is new, what only prints is no step, and what is written out elsewhere is read": (
        (
            "import pandas as pd\nfrom ours import PairDataset\nrows = PairDataset.from_json('a.json')\n"
            "df = pd.DataFrame(rows)\ndf['cool'] = [row['votes']['cool'] for row in rows]\n"
            "def say(text):\n    print(f'now: {text}')"
        ),
        "IILPFo",
    ),
    "a sampler of one's own prepares, a function named for evaluating evaluates": (
        (
            "import numpy as np\nclass Base:\n    pass\nclass Half(Base):\n    def fit_resample(self, X, y):\n"
            "        return X[::2], y[::2]\n"
            "def evaluate(data, top):\n    found = [row for row in data if row]\n    found = found[:top]\n    return found"
        ),
        "IPPE",
    ),
    "what a trainer gives back is fitted; rows may be parted a row apart; a graph of nodes is no drawing": (
        (
            "import pandas as pd\nfrom pmdarima import auto_arima\ns = pd.read_csv('a.csv')\n"
            "early = s.iloc[: at + 1, :]\nlate = s.iloc[at:, :]\nm = auto_arima(early.y)\nprint(m.summary())\n"
            "def graph_to_rows(graph):\n    return [dict(a=node.a) for node in graph.nodes]"
        ),
        "IILSSTEo",
    ),
    "the user's tag wins": (
        "import pandas as pd\ndf = pd.read_csv('a.csv')  # stage: preprocessing\n# stage: Feature Engineering\n\nx = 1",
        "IPF",
    ),
}


@pytest.mark.parametrize(("text", "expected"), PROGRAMS.values(), ids=PROGRAMS.keys())
def test_statements_have_the_stage_that_a_person_would_give(text, expected):
    assert stages(text) == expected


WITHOUT_LIBRARIES = {
    "load, scale, train, evaluate": (
        """
rows = []
with open("houses.csv") as file:
    for line in file:
        rows.append([float(part) for part in line.split(",")])
xs = [row[0] for row in rows]
ys = [row[1] for row in rows]
mean = sum(xs) / len(xs)
spread = (sum((x - mean) ** 2 for x in xs) / len(xs)) ** 0.5
xs = [(x - mean) / spread for x in xs]
weight, bias = 0.0, 0.0
rate = 0.05
for epoch in range(200):
    for x, y in zip(xs, ys):
        error = weight * x + bias - y
        weight -= rate * error * x
        bias -= rate * error
predicted = [weight * x + bias for x in xs]
mse = sum((p - y) ** 2 for p, y in zip(predicted, ys)) / len(ys)
print("mse", mse)
""",
        {"with": "L", "spread": "P", "for": "T", "predicted": "E", "mse": "E", "print": "E"},
    ),
    "the same with numpy": (
        """
import numpy as np
data = np.genfromtxt("a.csv", delimiter=",")
X, y = data[:, :-1], data[:, -1]
X = (X - X.mean(axis=0)) / X.std(axis=0)
w = np.zeros(X.shape[1])
for _ in range(100):
    gradient = X.T @ (X @ w - y) / len(y)
    w = w - 0.1 * gradient
error = np.mean((X @ w - y) ** 2)
""",
        {"data": "L", "for": "T", "error": "E"},
    ),
    "functions say what they are by what they do": (
        """
def standardise(values):
    mean = sum(values) / len(values)
    return [value - mean for value in values]
def fit(xs, ys, rate):
    slope = 0.0
    for _ in range(100):
        slope -= rate * sum((slope * x - y) * x for x, y in zip(xs, ys))
    return slope
def measure(a, b):
    return sum(1 for p, q in zip(a, b) if p == q) / len(a)
""",
        {"standardise": "P", "fit": "T", "measure": "E"},
    ),
    "answers are counted": (
        """
import csv
K = 5
def classify(vector, examples, k=K):
    nearest = sorted(examples, key=lambda e: abs(vector - e[0]))[:k]
    return sum(t for _, t in nearest) * 2 > k
train, test = [(1, True), (2, False)], [(1, True)]
hits = 0
table = dict()
for vector, truth in test:
    answer = classify(vector, train)
    hits += answer == truth
    table[truth, answer] += 1
accuracy = hits / len(test)
recall = table[True, True] / len(test)
print(f"accuracy {accuracy} {recall}")
""",
        {"hits": "E", "table": "E", "for": "E", "accuracy": "E", "recall": "E", "print": "E"},
    ),
    "moving and scaling two series by the mean of one is no comparison": (
        """
def standardise(train, test):
    mu, sd = train.mean(0), train.std(0)
    return (train - mu) / sd, (test - mu) / sd
""",
        {"standardise": "P"},
    ),
}


@pytest.mark.parametrize(
    ("text", "expected"), WITHOUT_LIBRARIES.values(), ids=WITHOUT_LIBRARIES.keys()
)
def test_code_that_calls_no_library_has_its_stages_by_its_dataflow(text, expected):
    found = {}
    for staged in stages_of_tree(ast.parse(text)):
        node = staged.node
        target = getattr(node, "targets", [None])[0]
        name = getattr(target, "id", None) or getattr(node, "name", type(node).__name__.lower())
        name = "print" if name == "expr" else name
        found[name] = SHORT[staged.stage.name]
    assert {name: found[name] for name in expected} == expected


def test_a_round_trip_through_every_statement_of_a_loop_gives_nested_stages():
    text = "from sklearn.svm import SVC\nfor C in (1, 2):\n    clf = SVC(C=C)\n    clf.fit(X, y)\n"
    loop = stages_of_tree(ast.parse(text))[1]
    assert loop.stage.name == "training"
    assert [inner.stage.name for inner in loop.children] == ["model_definition", "training"]
    assert all(0 < inner.stage.confidence <= 1 for inner in loop.children)
    assert all(inner.stage.evidence for inner in loop.children)


def test_cells_share_their_names_and_have_one_stage_each():
    cells = [
        "import pandas as pd\n%matplotlib inline",
        "df = pd.read_csv('a.csv')",
        "df.describe()",
        "%%bash\nls",
        "from sklearn.svm import SVC\nclf = SVC()\nclf.fit(df[['a']], df['b'])\nclf.score(df[['a']], df['b'])",
        "# stage: saving\nclf",
        "this is no python",
        "",
        "%matplotlib inline",
        "from math import sqrt\nprint(sqrt(n))",
        "df.plot(x='a')\nplt.savefig('a.png')",
        "print clf.score(X, y)",
        "SEED = 1\nBATCH = 8\nRATE = 0.1\nnp.random.seed(SEED)",
        "import torch\nnet = torch.nn.Linear(BATCH, 1)\nnet.lr = RATE",
        "for batch in range(BATCH):\n    print(batch)\n    torch.optim.SGD(net.parameters(), lr=RATE).step()",
    ]
    found = stages_of_cells([python_of_cell(cell) for cell in cells])
    assert "".join(SHORT[stage.name] for stage, _ in found) == "ILooTWooIoVEoMT"


PYTHON_2 = {
    "a print": ("print 'a', x  # said", "print ('a', x)  # said"),
    "a print over lines": (
        "if x: print 'a %s' % (\n    x)\ny = 1",
        "if x: print ('a %s' % (\n    x))\ny = 1",
    ),
    "a print into a file": ("print >>f, x", "print (f, x)"),
    "an exception": (
        "try:\n    f()\nexcept (A, B), e:\n    raise E, 'a'",
        "try:\n    f()\nexcept (A, B) as e:\n    raise E from 'a'",
    ),
    "operators and numbers": ("x = a <> 10L", "x = a != 10"),
    "nothing of it": ("print('a')", None),
    "no Python at all": ("'", None),
}


@pytest.mark.parametrize(("text", "expected"), PYTHON_2.values(), ids=PYTHON_2.keys())
def test_python_2_is_read_line_by_line(text, expected):
    assert python_3_of(text) == expected


IPYTHON = {
    "a line magic": ("%matplotlib inline\nx = 1", "pass  # %matplotlib inline\nx = 1"),
    "a shell line, indented": ("if x:\n    !ls", "if x:\n    pass  # !ls"),
    "a magic's result": ("files = !ls\nt = %timeit -o f()", "files = None\nt = None"),
    "help": ("df?\ndf.head??", "pass  # df?\npass  # df.head??"),
    "a timed line is Python": ("%time clf.fit(X)", "clf.fit(X)"),
    "a cell magic around Python": ("%%time\nclf.fit(X)", "\nclf.fit(X)"),
    "another language": ("%%bash\nls", None),
    "a remainder is no magic": ("y = (x\n% 2)", "y = (x\n% 2)"),
    "a shell line that goes on": ("!ls \\\n  -l\nx = 1", "pass  # !ls\n\nx = 1"),
    "Python that goes on": ("x = 1 + \\\n    2", "x = 1 + \\\n    2"),
    "a text is left alone": ('s = """\n!ls\n"""', 's = """\n!ls\n"""'),
}


@pytest.mark.parametrize(("cell", "expected"), IPYTHON.values(), ids=IPYTHON.keys())
def test_ipythons_own_lines_do_nothing_and_keep_their_places(cell, expected):
    assert python_of_cell(cell) == expected


CELLS = {
    "another name and a look": (
        ["import pandas as pd\nt = pd.read_csv('a.csv')", "df = t\ndf.head()"],
        "Lo",
    ),
    "a table is put together, saved, and looked at": (
        [
            "import pandas as pd\nfrom sklearn.svm import SVC\nd = pd.read_csv('a.csv')\nm = SVC().fit(X, y)\np = m.predict(X)",
            "s = pd.DataFrame({'id': d.id, 'y': p})\ns.to_csv('s.csv')\nprint('saved')\ndisplay(s.head())",
        ],
        "TW",
    ),
    "what a cell of its own prepares is not made for another cell's plot alone": (
        [
            "import matplotlib.pyplot as plt\nfrom skimage import data\nimage = data.rocket()",
            "from skimage.filters import threshold_otsu\nbinary = image > threshold_otsu(image)",
            "plt.imshow(binary)",
        ],
        "LPV",
    ),
    "rounds of training count more than the constants before them": (
        [
            "import torch\nfrom torch import nn\nclass Net(nn.Module):\n    def forward(self, x):\n        return x",
            (
                "net = Net()\nloss_of = nn.CrossEntropyLoss()\noptimizer = torch.optim.SGD(net.parameters(), lr=1)\n"
                "epochs = 3\nfor epoch in range(epochs):\n    net.train()\n    for x, y in loader:\n"
                "        optimizer.zero_grad()\n        loss = loss_of(net(x), y)\n        loss.backward()\n        optimizer.step()"
            ),
        ],
        "MT",
    ),
    "commands that fetch files, and commands that install": (
        ["!wget -q https://example.org/100%25/a.csv", "!pip install pandas", "!unzip a.zip\n!ls"],
        "LIL",
    ),
    "pictures that are shown": (["from IPython.display import Image\nImage('a.png')"], "V"),
    "the versions of what is imported": (["import torch\nprint('torch', torch.__version__)"], "I"),
    "a magic that nobody knows around Python": (["%%backend jax\nmodel.fit(X, y)"], "T"),
    "main is a function like others in a notebook": (
        ["from sklearn.svm import SVC\ndef main(X, y):\n    SVC().fit(X, y)"],
        "T",
    ),
    "a text with results in it": (["acc = accuracy(y, y_pred)", "f'Accuracy: {acc}'"], "EE"),
}


@pytest.mark.parametrize(("cells", "expected"), CELLS.values(), ids=CELLS.keys())
def test_cells_have_the_stage_that_a_person_would_give(cells, expected):
    found = stages_of_cells([python_of_cell(cell) for cell in cells])
    assert "".join(SHORT[stage.name] for stage, _ in found) == expected


def test_a_projects_own_knowledge_decides(tmp_path):
    path = tmp_path / "ours.toml"
    path.write_text('library = "ours"\n[[entry]]\nnames = ["ours.brew"]\nstage = "training"\n')
    assert read_library(path).modules == ("ours",)
    assert stages("import ours\nours.brew(1)", Knowledge([path])) == "IT"
    assert stages("import ours\nours.brew(1)") == "Io"


STRANGE = {
    "a function that calls itself": "def f(n):\n    return f(n - 1)\nx = f(3)",
    "functions that call each other": "def f():\n    return g()\ndef g():\n    return f()\nf()",
    "a name that is bound to itself": "x = x\nx = [x]\nx.append(x)",
    "a class that derives from itself by name": "class A(A):\n    pass\nA()",
    "nothing": "",
    "deep calls": "x" + ".f()" * 200,
    "stars": "a, *b = *c, *d\nf(*a, **b)\nprint(*a)",
    "patterns": "match x:\n    case [a, *b]:\n        print(a)\n    case {'k': v, **r}:\n        pass",
    "async": "async def f():\n    async for a in b:\n        await a\n    async with c as d:\n        pass",
    "walrus and lambda": "y = (z := 3) + (lambda q, *r, **s: q)(1)",
    "try": "try:\n    import a\nexcept ImportError as e:\n    a = None\nelse:\n    pass\nfinally:\n    a()",
}


@pytest.mark.parametrize("text", STRANGE.values(), ids=STRANGE.keys())
def test_no_program_is_too_strange(text):
    assert len(stages(text)) == len(ast.parse(text).body)
