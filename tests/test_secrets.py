"""Secrets come near a trial in many ways; none is in the store, the journal or an export afterwards.

Each way has a secret of its own. The programs are captured for real; the parent is killed before it
assembles, so that the journal can be searched, and what it left is recovered. Then every file of the store is
searched byte by byte, decompressed where it is compressed, and so is every format that a trial is written in.

What no rule can know is in `UNKNOWABLE`, each with the line of docs/security.md that says so.
"""

import gzip
import subprocess
from dataclasses import dataclass, field

import pytest
from commands import ENVIRONMENT, REPOSITORY, journals, provkit

from provkit import api
from provkit.export import FORMATS

KILLED = "import provkit.assembly as a; a.assemble = kill"
S = "\N{SECTION SIGN}"
"""Stands for the secret in what follows."""


@dataclass(frozen=True)
class Way:
    name: str
    source: str = ""
    arguments: tuple[str, ...] = ()
    environment: dict = field(default_factory=dict)
    secret: str = ""
    script: str = "program.py"
    status: int = 0
    stdin: str = ""
    before: str = ""
    """Shell words run in the project's folder first."""


TOKEN = "Zq7vK9xLw2"
SHAPED = {
    "a token of GitHub": "ghp_" + "aB3dE5fG7h" * 4,
    "a fine-grained token of GitHub": "github_pat_" + "11ABCDEFG0" * 5,
    "a token of GitLab": "glpat-" + "x9Yz" * 6,
    "a key of OpenAI": "sk-proj-" + "Ab3_" * 12,
    "a key of Anthropic": "sk-ant-" + "api03-" + "Qw9z" * 10,
    "a token of Hugging Face": "hf_" + "AbCdEfGhIj" * 3 + "KLMN",
    "a key id of Amazon": "AKIA" + "IOSFODNN7EXAMPL9",
    "a token of Slack": "xoxb-" + "123456789012-" + "AbCdEfGhIj",
    "a key of Google": "AIza" + "SyA1b2C3d4E5f6G7h8I9j0KlMnOpQrStUv1",
    "a key of Stripe": "sk_live_" + "4eC39HqLyjWDarjtT1zdp7dc",
    "a token of PyPI": "pypi-A" + "gEIcHlwaS5vcmcCJ" * 4,
    "a JSON web token": "eyJhbGciOiJIUzI1NiJ9." + "eyJzdWIiOiIxMjM0NTY3ODkwIn0." + "dozjgNryP4J3jVmNHl0w5N",
}  # fmt: skip

SNIPPETS = [
    *(Way(f"{name}, in a plain name", f"x = {S!r}\nprint('is', x)\n", secret=secret) for name, secret in SHAPED.items()),
    Way("a literal", f"password = {S!r}\n"),
    Way("a literal that is printed later", f"db_password = {S!r}\nprint(db_password)\n"),
    Way("a literal that is passed on under a plain name", f"api_key = {S!r}\nx = api_key\ny = x + ''\nz = [x]\n"),
    Way("a literal that is written twice in the source", f"secret_key = {S!r}\nvalue = len({S!r})\nother = {S!r}\n"),
    Way("bytes", f"secret = {S!r}.encode()\nprint(secret)\nx = secret\n"),
    Way("an annotated literal", f"client_secret: str = {S!r}\n"),
    Way("unpacking", f"user, password = 'me', {S!r}\n"),
    Way("a chain of targets", f"a = password = b = {S!r}\n"),
    Way("a name that says so in camel case", f"dbPassword = {S!r}\n"),
    Way("a constant", f"AWS_SECRET_ACCESS_KEY = {S!r}\n"),
    Way("a dict literal", f"config = {{'user': 'me', 'password': {S!r}}}\nprint(config)\n"),
    Way("a nested dict", f"config = {{'db': {{'password': {S!r}, 'port': 1}}}}\nx = config['db']['password']\nprint(x)\n"),
    Way("a dict built by a call", f"config = dict(api_token={S!r})\nx = config['api_token']\nprint(x)\n"),
    Way("a key stored later", f"d = {{}}\nd['access_token'] = {S!r}\nprint(d)\n"),
    Way("a list of secrets", f"passwords = [{S!r}, 'b']\nx = passwords[0]\nprint(x)\n"),
    Way("a keyword argument", f"def connect(**k): return k\nc = connect(host='h', password={S!r})\n"),
    Way("a keyword of a builtin call", f"x = dict(password={S!r}).get('user')\n"),
    Way("a default of a function", f"def f(user, password={S!r}): return user\ny = f('me')\n"),
    Way("an attribute", f"class C: pass\nc = C()\nc.password = {S!r}\nprint(vars(c))\n"),
    Way("setattr", f"class C: pass\nc = C()\nsetattr(c, 'password', {S!r})\n"),
    Way("a simple namespace", f"import types\nn = types.SimpleNamespace(password={S!r}, a=1)\nprint(n)\nx = n.password\n"),
    Way("argparse", f"import argparse\np = argparse.ArgumentParser()\np.add_argument('--password')\nargs = p.parse_args(['--password', {S!r}])\nprint(args)\nx = args.password\nprint(x)\n"),
    Way("a dataclass", f"from dataclasses import dataclass\n@dataclass\nclass C:\n    user: str\n    password: str\nc = C('me', password={S!r})\nprint(c)\n"),
    Way("a named tuple", f"from collections import namedtuple\nC = namedtuple('C', 'user password')\nc = C('me', password={S!r})\nprint(c)\n"),
    Way("a formatted string", f"password = {S!r}\nline = f'login with {{password}} now'\nprint(line)\n"),
    Way("a formatted string that shows its name", f"password = {S!r}\nprint(f'{{password=}}')\n"),
    Way("percent formatting", f"password = {S!r}\nprint('pw is %s' % password)\n"),
    Way("a URL", f"url = 'https://me:{S}@example.org/x'\nprint(url)\n"),
    Way("a URL built from parts", f"password = {S!r}\nurl = 'postgresql://me:' + password + '@h/db'\nprint(url)\n"),
    Way("a URL with a token as user", f"url = 'https://{S}@github.com/x/y.git'\nprint(url)\n"),
    Way("a parameter of a URL", f"url = 'https://h/?a=1&access_token={S}&b=2'\n"),
    Way("a signed URL", f"url = 'https://h/o?X-Amz-Signature={S}'\nprint(url)\n"),
    Way("a connection string", f"dsn = 'host=h dbname=d user=u password={S}'\nprint(dsn)\n"),
    Way("a connection string with semicolons", f"dsn = 'Server=h;Database=d;Uid=u;Pwd={S};'\nprint(dsn)\n"),
    Way("a storage account", f"conn = 'DefaultEndpointsProtocol=https;AccountName=a;AccountKey={S};EndpointSuffix=x'\nprint(conn)\n"),
    Way("a header", f"headers = {{'Authorization': 'Bearer {S}Aa1'}}\nprint(headers)\n"),
    Way("basic authorization", f"h = 'Authorization: Basic {S}=='\nprint(h)\n"),
    Way("a cookie", f"h = 'Cookie: session={S}'\nprint(h)\n"),
    Way("a pair", f"auth = ('me', {S!r})\n"),
    Way("JSON text", f"text = '{{\"api_key\": \"{S}\"}}'\nprint(text)\nimport json\nd = json.loads(text)\nx = d['api_key']\nprint(x)\n"),
    Way("YAML text", f"text = 'user: me\\npassword: {S}\\n'\nprint(text)\n"),
    Way("a private key", f"key = '''-----BEGIN RSA PRIVATE KEY-----\n{S}\n-----END RSA PRIVATE KEY-----'''\nprint(key)\n"),
    Way("a private key printed line by line", f"lines = ['-----BEGIN PRIVATE KEY-----', '{S}', '-----END PRIVATE KEY-----']\nfor line in lines: print(line)\nprint(lines[0])\nprint(lines[1])\nprint(lines[2])\n"),
    Way("an environment variable", "import os\nx = os.environ['MY_API_TOKEN']\nprint(x)\n", environment={"MY_API_TOKEN": S}),
    Way("an environment variable by getenv", "import os\nx = os.getenv('DB_PASSWORD', '')\nprint('got', x)\n", environment={"DB_PASSWORD": S}),
    Way("the whole environment", "import os\nprint(dict(os.environ))\ne = dict(os.environ)\n", environment={"SOME_SECRET_KEY": S}),
    Way("a variable set by the program", f"import os\nos.environ['X_API_KEY'] = {S!r}\n"),
    Way("output in two writes", "import sys\nsys.stdout.write('password=')\nwith open('two') as f: sys.stdout.writelines(f)\nprint()\n", before=f"printf {S} > two"),
    Way("output in several prints", "import sys\nprint('client', 'secret', sep='_', end='=')\nprint(end='')\nwith open('three') as f: sys.stdout.writelines(f)\nx = 1\nprint()\n", before=f"printf {S} > three"),
    Way("output cut by the tail", f"print('x' * 3990 + ' password={S} ' + 'y' * 3980)\n"),
    Way("standard error", f"import sys\nprint('api_key={S}', file=sys.stderr)\n"),
    Way("logging", f"import logging\npassword = {S!r}\nlogging.warning('login with %s', password)\n"),
    Way("a caught exception", f"try: raise ValueError('bad password={S}')\nexcept ValueError as e: print(e)\n"),
    Way("an exception of a driver", f"try: raise OSError('could not connect to postgres://me:{S}@h/db')\nexcept OSError as error: kept = str(error)\n"),
    Way("a mapping's KeyError", f"token = {S!r}\ntry: dict()[token]\nexcept KeyError as e: print(repr(e))\n"),
    Way("getpass", "import getpass\nx = getpass.fallback_getpass('? ', stream=open(os.devnull, 'w')) if 0 else getpass.getpass\ngetpass.unix_getpass = getpass.getpass = None\n"),
    Way("a function whose name says it", f"def get_secret(name): return {S!r}[:]\nx = get_secret('n')\nprint('is', x)\n"),
    Way("a method whose name says it", f"class Vault:\n    def get_password(self, n): return ''.join(['{S[:1]}'])\nv = Vault()\nx = v.get_password('n')\nprint(x)\n"),
    Way("a file that is read", "password = open('secret.txt').read()\nx = password\nprint('later', x)\n", before=f"printf %s {S} > secret.txt"),
    Way("a configuration file", "import json\nc = json.load(open('c.json'))\nx = c['client_secret']\nprint(x)\n", before=f"printf '{{\"client_secret\": \"{S}\"}}' > c.json"),
    Way("the name of a file", f"open('api_key={S}.txt', 'w').write('x')\n"),
    Way("a file named by a token", "open(t + '.json', 'w').write('x')\n".replace("t +", f"'{S}' +"), secret="ghp_" + "zY8xW6vU4t" * 4),
    Way("a frame's column", f"import pandas\nd = pandas.DataFrame({{'ghp_{'q1W2e3R4t5' * 4}': [1]}})\n", secret="ghp_" + "q1W2e3R4t5" * 4),
    Way("a key of what is spread", f"d = {{'ghp_{'q1W2e3R4t5' * 4}': 1}}\nimport json.encoder\nprint(len(dict(**d)))\n", secret="ghp_" + "q1W2e3R4t5" * 4),
    Way("labels that are fitted", f"from sklearn.dummy import DummyClassifier\nm = DummyClassifier().fit([[1], [2]], ['ghp_{'q1W2e3R4t5' * 4}', 'b'])\n", secret="ghp_" + "q1W2e3R4t5" * 4),
    Way("candidates of a search", f"from sklearn.dummy import DummyClassifier\nfrom sklearn.model_selection import GridSearchCV\nk = 'ghp_{'q1W2e3R4t5' * 4}'\ns = GridSearchCV(DummyClassifier(strategy='constant'), {{'constant': [k, 'b']}}, cv=2).fit([[1], [2], [3], [4]], [k, 'b', k, 'b'])\n", secret="ghp_" + "q1W2e3R4t5" * 4),
    Way("a long text", f"x = 'y ' * 55 + 'password={S} ' + 'z' * 2000\n"),
    Way("a long list", f"x = ['y' * 110 + ' password={S} ']\n"),
    Way("a comprehension", f"password = {S!r}\nxs = [password for _ in range(3)]\nfor x in xs: print(x)\n"),
    Way("a loop", f"for password in [{S!r}]:\n    print(password)\n"),
    Way("with quotes and signs in it", f"password = {S!r}\nd = {{'k': password}}\nprint(d)\nprint(repr(password))\n", secret="p'@ss\"w\\0rd%1"),
    Way("percent-encoded", f"from urllib.parse import quote\npassword = {S!r}\nu = quote(password, safe='')\nprint('q', u)\n", secret="pa/ss@wörd 9"),
    Way("an assertion", f"token = {S!r}\ntry:\n    assert token == 'x', f'wrong: {{token}}'\nexcept AssertionError as e: print(e)\n"),
    Way("global in a function", f"def f():\n    global password\n    password = {S!r}\nf()\nprint(password)\n"),
    Way("exec", f"exec('password = \"{S}\"')\nprint(password)\n"),
    Way("a regular expression's match", f"import re\nm = re.match('password=(.*)', 'password={S}')\nx = m.group(0)\nprint(m)\n"),
    Way("XML", f"x = '<password>{S}</password>'\nprint(x)\n"),
    Way("a shell command", f"import subprocess\nsubprocess.run(['true', '--password', {S!r}])\nsubprocess.run('true --token={S}', shell=True)\n"),
]  # fmt: skip
SNIPPETS = [way for way in SNIPPETS if way.name != "getpass"]

RUNS = [
    Way("an argument with =", "import sys\nx = sys.argv[1]\nprint(x)\n", (f"--password={S}",)),
    Way("an argument of its own", "import sys\nx = sys.argv[2]\nprint(x)\n", ("--api-key", S)),
    Way("a user with a password", "import sys\nprint(sys.argv)\n", ("-u", f"me:{S}")),
    Way("a URL as argument", "import sys\nx = sys.argv[1]\n", (f"postgres://me:{S}@h/d",)),
    Way("an argument with a shape", "import sys\nx = sys.argv[1]\nprint(x)\n", (S,), secret="ghp_" + "Kk8jJ7hH6g" * 4),
    Way("an argument like a variable", "import sys\nx = sys.argv[1]\n", (f"DB_PASSWORD={S}",)),
    Way("argparse", "import argparse\np = argparse.ArgumentParser()\np.add_argument('--token')\na = p.parse_args()\nx = a.token\nprint(x, a)\n", ("--token", S)),
    Way("an error of argparse", "import argparse\np = argparse.ArgumentParser()\np.add_argument('--port', type=int)\np.parse_args()\n", ("--password", S), status=2),
    Way("an exception", f"password = {S!r}\nraise ValueError('wrong: ' + password)\n", status=1),
    Way("a chained exception", f"token = {S!r}\ntry: raise KeyError(token)\nexcept KeyError as e: raise RuntimeError(f'no {{token}}') from e\n", status=1),
    Way("an exception with a URL", f"raise OSError('https://me:{S}@h')\n", status=1),
    Way("the text of an exit", f"import sys\nsys.exit('bad api_key={S}')\n", status=1),
    Way("a syntax error", f"password = {S!r} +\n", status=1),
    Way("an error in a line with a secret", f"x = 1 / len([]) if dict(password={S!r}) else 0\n", status=1),
    Way("the name of the script", "x = 1\n", script=f"api_key={S}.py"),
    Way("a remote of git", "x = 1\n", before=f"git init -q . && git remote add origin https://me:{S}@github.com/a/b.git"),
    Way("a remote of git with a token", "x = 1\n", before=f"git init -q . && git remote add origin https://{S}@github.com/a/b.git", secret="ghp_" + "mN4bV3cX2z" * 4),
    Way("a module of its own", "import settings\nx = settings.SECRET_KEY\nprint(x)\n", before=f"printf 'SECRET_KEY = \"{S}\"\\n' > settings.py"),
    Way("getpass", "import getpass, warnings\nwarnings.simplefilter('ignore')\nx = getpass.getpass()\nprint('is', x)\n", stdin=f"{S}\n"),
    Way("a question answered into a name that says it", "password = input('? ')\nx = password\nprint(x)\n", stdin=f"{S}\n"),
    Way("killed in the middle of a line", "import os, sys\nsys.stdout.write('password=')\nx = 1\nwith open('s') as f: sys.stdout.writelines(f)\nsys.stdout.flush()\ny = 2\nos.kill(os.getpid(), 9)\n", status=-9, before=f"printf {S} > s"),
    Way("a command", "", ("-c", f"password = {S!r}; print(password)")),
]  # fmt: skip

UNKNOWABLE = [
    (Way("a plain name", f"x = {S!r}\n"), "held by a name that does not say so"),
    (Way("a file that is read", "x = open('secret.txt').read()\npassword = x\n", before=f"printf {S} > secret.txt"), "before a name says so"),
    (Way("a short word", f"password = {S!r}\nprint('it is', password)\n", secret="tiger"), "short word"),
    (Way("computed", f"password = {S!r}\nx = password[::-1]\n", secret="aB3dE5fG7h"), "computed from a secret"),
    (Way("a parameter", f"def show(text): print('is', text)\nshow({S!r})\n"), "passed by position"),
    (Way("a question", "x = input('Password? ')\n", stdin=f"{S}\n"), "typed in answer"),
]  # fmt: skip


def secret_of(way, number):
    return way.secret or f"{TOKEN}{number:03d}Rt8p"


def with_secret(text, secret):
    """Put the secret into a program's text, as python writes it."""
    return text.replace(repr(S), repr(secret)).replace(S, secret)


def test_the_table_is_large_enough():
    assert len(SNIPPETS) + len(RUNS) >= 60
    assert len({way.name for way in SNIPPETS}) == len(SNIPPETS)


def test_no_secret_of_any_snippet_is_kept(tmp_path):
    """All in one program, each with a secret of its own."""
    source, environment, secrets = "import os\n", {}, {}
    for number, way in enumerate(SNIPPETS):
        secrets[way.name] = secret = secret_of(way, number)
        source += f"\nprint('way {number}')\n" + with_secret(way.source, secret)
        environment |= dict.fromkeys(way.environment, secret)
        if way.before:
            subprocess.run(["sh", "-c", with_secret(way.before, secret)], cwd=tmp_path, check=True)
    found = search(tmp_path, source, Way("all"), environment, secrets)
    assert not found, "\n".join(map(str, found.items()))


@pytest.mark.parametrize("number", range(len(RUNS)), ids=[way.name for way in RUNS])
def test_no_secret_of_a_run_is_kept(number, tmp_path):
    way = RUNS[number]
    secret = secret_of(way, 500 + number)
    if way.before:
        subprocess.run(["sh", "-c", with_secret(way.before, secret)], cwd=tmp_path, check=True)
    environment = dict.fromkeys(way.environment, secret)
    assert (
        search(tmp_path, with_secret(way.source, secret), way, environment, {way.name: secret})
        == {}
    )


@pytest.mark.parametrize("case", UNKNOWABLE, ids=lambda case: case[0].name)
def test_what_cannot_be_known_is_documented_and_really_is_not_known(case, tmp_path):
    way, words = case
    secret = secret_of(way, 900)
    source = with_secret(way.source, secret)
    if way.before:
        subprocess.run(["sh", "-c", with_secret(way.before, secret)], cwd=tmp_path, check=True)
    secrets = {way.name: secret, "reversed": secret[::-1]}
    found = search(tmp_path, source, way, {}, secrets)
    assert found, "this is known by now: move it to the table"
    assert words in " ".join((REPOSITORY / "docs" / "security.md").read_text().split())


def test_what_people_say_themselves_stays(tmp_path):
    (tmp_path / "program.py").write_text("x = 1\n")
    said = ("--tag", "password=mine", "--note", "the token=abc12345 is fine", "--name", "api_key=1")
    assert provkit(tmp_path, "capture", *said, "program.py").returncode == 0
    (trial,) = api.trials(store=tmp_path)
    assert (trial.name, trial.tags, trial.note) == (said[5], (said[1],), said[3])


def search(folder, source, way, environment, secrets):
    """Capture, keep the journal, recover, export; then look for each secret everywhere."""
    words = way.arguments
    if words[:1] != ("-c",):
        script = with_secret(way.script, next(iter(secrets.values())))
        (folder / script).write_text(source)
        words = (script, *words)
    words = tuple(with_secret(word, next(iter(secrets.values()))) for word in words)
    done = provkit(
        folder,
        "capture",
        *words,
        doctored=KILLED,
        input=with_secret(way.stdin, next(iter(secrets.values()))),
        env={**ENVIRONMENT, **environment},
    )
    assert done.returncode == -9, done.stderr
    (journal,) = journals(folder)
    places = {
        f"journal: {path.name}": path.read_bytes()
        for path in journal.iterdir()
        if not path.name.startswith("source-")
    }
    assert b'["end"' in b"".join(places.values()) or way.status not in (0, 1, 2), done.stderr
    assert b"recording stopped" not in b"".join(places.values())
    (trial,) = api.recover(store=folder)
    shown = provkit(folder, "show", "last", "--all")
    places["show"] = shown.stdout.encode()
    api.query("SELECT * { ?s ?p ?o } LIMIT 1", store=folder)
    for name in FORMATS:
        places[f"export: {name}"] = api.export([trial], name, store=folder)
    for path in sorted((folder / ".provkit").rglob("*")):
        if path.is_file():
            content = path.read_bytes()
            places[str(path.relative_to(folder))] = (
                gzip.decompress(content) if path.suffix == ".gz" else content
            )
    return {
        name: next(place for place, content in places.items() if holds(content, secret))
        for name, secret in secrets.items()
        if any(holds(content, secret) for content in places.values())
    }


def holds(content: bytes, secret: str) -> bool:
    forms = {secret, repr(secret)[1:-1], repr(repr(secret)[1:-1])[1:-1], secret.replace("@", "%40")}
    return any(form.encode() in content for form in forms)
