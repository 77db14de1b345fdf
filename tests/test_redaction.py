"""No secret stays in a redacted text; what is no secret stays as it was."""

# a case is one line
# ruff: noqa: ISC003  # secrets are put together, so that no scanner takes them for real ones

import subprocess
import sys
import time
from pathlib import Path

import pytest
from hypothesis import given, strategies

from provkit import redaction
from provkit.redaction import is_secret_name, redact, redact_arguments

# Put together here, so that no scanner takes this file for a leak.
GITHUB = "ghp_" + "aB3dE5fG7hJ9kL1mN3pQ5rS7tU9vW1xY3zA5"
JWT = (
    "eyJhbGciOiJIUzI1NiJ9."
    + "eyJzdWIiOiIxMjM0NTY3ODkwIn0."
    + "dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U"
)
AWS = "AKIA" + "IOSFODNN7EXAMPLE"
AWS_SECRET = "wJalrXUtnFEMI/K7MDENG/" + "bPxRfiCYEXAMPLEKEY"
OPENAI = "sk-" + "proj-Ab1Cd2Ef3Gh4Ij5Kl6Mn7Op8Qr9St0"
PEM = (
    "-----BEGIN RSA PRIVATE "
    + "KEY-----\nMIIEpAIBAAKCAQEA75\nabc+/=\n-----END RSA PRIVATE KEY-----"
)

SECRETS = [
    # (text, the secret in it)
    # arguments and options
    ("train.py --password=hunter2 --alpha 0.1", "hunter2"),
    ("train.py --password hunter2", "hunter2"),
    ("--api-key=abc", "abc"),
    ("run --token abc1 x", "abc1"),
    ("tool --db-password 'my pass word'", "my pass word"),
    ("hydra db.password=hunter2", "hunter2"),
    ("java -Djavax.net.ssl.keyStorePassword=changeit", "changeit"),
    # environment
    ("DB_PASSWORD=hunter2", "hunter2"),
    ("export OPENAI_API_KEY=abcdef", "abcdef"),
    (f"AWS_SECRET_ACCESS_KEY={AWS_SECRET}", AWS_SECRET),
    ("PGPASSWORD=pg psql", "=pg "),
    ("environ({'HOME': '/root', 'GITLAB_TOKEN': 'x y z'})", "x y z"),
    ("os.environ['SECRET_KEY'] = 'abc'", "abc"),
    ('os.environ["MY_API_TOKEN"]="abc"', '"abc"'),
    ("os.environ.setdefault('STRIPE_SECRET', 'whs3c9x1')", "whs3c9x1"),
    # URLs
    ("postgresql://ada:hunter2@db.example.org:5432/x", "hunter2"),
    ("https://oauth2:abc@gitlab.com/x.git", "abc"),
    (f"https://{GITHUB}@github.com/a/b.git", GITHUB),
    ("https://0123456789abcdef0123456789abcdef@sentry.io/1", "0123456789abcdef"),
    ("redis://:p4ss@localhost:6379/0", "p4ss"),
    ("mysql+pymysql://root:p/a#s?s@host/db", "p/a#s?s"),
    ("amqp://guest:gu%40est@mq", "gu%40est"),
    ("https://b.s3.amazonaws.com/k?X-Amz-Credential=AKID%2F2026&X-Amz-Signature=abcdef0123&x=1", "abcdef0123"),
    ("https://acc.blob.core.windows.net/c/f?sv=2020&sig=Zm9v%2Bbar%3D", "Zm9v%2Bbar"),
    ("https://maps.googleapis.com/x?key=AbCdEf&q=1", "AbCdEf"),
    ("https://x.org/cb#access_token=abc12345&state=2", "abc12345"),
    ("https://x.org/?password=hunter2", "hunter2"),
    ("https://hooks.slack.com/services/T000/B000/XXXXYYYYzzzz", "XXXXYYYYzzzz"),
    # literals
    ('password = "hunter2"', "hunter2"),
    ("password: str = 'hunter2'", "hunter2"),
    ("PASSWORD='''hunter2'''", "hunter2"),
    ("client_secret = b'abc'", "abc"),
    ('connect(user="ada", passwd="x y")', "x y"),
    ('{"api_key": "abc", "n": 3}', "abc"),
    ("{'apiKey': 'abc'}", "abc"),
    ("login(password=\"it\\'s\\\" me\")", "me"),
    ('secret_key = \\\n    "abc"', "abc"),
    ("token = 'a8f5f167f44f4964e6c998dee827110c'", "a8f5f167"),
    ("auth=('ada', 'hunter2')", "hunter2"),
    ("HTTPBasicAuth('ada', \"hunter2\")", "hunter2"),
    ("server.login('ada@x.org', 'hunter2')", "hunter2"),
    ("if password == 'hunter2':", "hunter2"),
    ("(pw := 'hunter2') and password := 'hunter3'", "hunter3"),
    # connection strings
    ("Server=db;Uid=ada;Pwd=hunter2;", "hunter2"),
    ("host=db user=ada password=hunter2 dbname=x", "hunter2"),
    ("DefaultEndpointsProtocol=https;AccountName=a;AccountKey=q2xw+Zz/9==;EndpointSuffix=x", "q2xw+Zz/9"),
    ("Endpoint=sb://x/;SharedAccessKeyName=n;SharedAccessKey=abc123=", "abc123="),
    ("spring.datasource.password=hunter2", "hunter2"),
    ("password = hunter2", "hunter2"),
    ("password: hunter2  # yaml", "hunter2"),
    ("<password>hunter2</password>", "hunter2"),
    # shapes
    (f"x = f('{AWS}')", AWS),
    (f"pushing with {GITHUB} done", GITHUB),
    ("github_pat_" + "11AAAAAAA0abcdefghijkl_xyz", "11AAAAAAA0"),
    ("glpat-" + "abcdefghij0123456789", "abcdefghij"),
    ("xoxb-" + "123456789012-abcdefABCDEF", "123456789012"),
    ("AIza" + "SyA1234567890abcdefghijklmnopqrstuv", "SyA12345"),
    (f"client = OpenAI('{OPENAI}')", OPENAI),
    ("hf_" + "abcdefghijklmnopqrstuvwxyzABCD", "abcdefghij"),
    ("pypi-" + "AgEIcHlwaS5vcmcCJDEyMzQ1Njc4OTAtYWJj", "AgEIcHlw"),
    ("npm_" + "abcdefghijklmnopqrstuvwxyz0123456789", "abcdefghij"),
    ("sk_live_" + "abcdefghij0123456789", "abcdefghij"),
    (f"cookie jar has {JWT}", JWT),
    (PEM, "MIIEpAIBAAKCAQEA75"),
    (repr(PEM), "MIIEpAIBAAKCAQEA75"),
    (PEM[:60], "MIIEpA"),
    # headers
    ("Authorization: Basic YWRhOmh1bnRlcjI=", "YWRhOmh1bnRlcjI"),
    ("{'Authorization': 'Bearer abc.def'}", "abc.def"),
    ("curl -H 'X-Api-Key: abc123' x", "abc123"),
    ("Cookie: sid=31d4d96e407aad42; theme=dark", "31d4d96e407aad42"),
    ("got Bearer abcdefghij0123456789 back", "abcdefghij"),
    # output, tracebacks, repr, JSON in JSON, remotes, file names
    ("Namespace(alpha=0.1, password='hunter2', token=None)", "hunter2"),
    ("Config(user='a', api_key='abc def', n=1)", "abc def"),
    ('  File "x.py", line 3, in <module>\n    connect("db", password="hunter2")\nOSError: no', "hunter2"),
    ("OperationalError: could not connect: password='hunter2' rejected", "hunter2"),
    ("AuthError: bad password 'hunter22'", "hunter22"),
    ('"{\\"password\\": \\"hunter2\\"}"', "hunter2"),
    ('{"password":"cut off her', "cut off"),
    ("origin\thttps://ada:hunter2@git.example.org/x.git (fetch)", "hunter2"),
    (f"/tmp/backup_{GITHUB}.json", GITHUB),
    ("[('Authorization', 'Token 9944b09199c62bcf9418ad846dd0e4bb')]", "9944b091"),
]  # fmt: skip

ORDINARY = [
    "",
    "The quick brown fox.",
    "tokenizer = AutoTokenizer.from_pretrained('bert-base-uncased')",
    "max_tokens=100",
    "max_new_tokens: 256",
    "pad_token = '[PAD]'",
    "tokenizer.pad_token='<|endoftext|>'",
    "token_count=1234567",
    "token_type_ids = [0, 0]",
    "token = 'the'",
    "for token in text.split():",
    "token = next(tokens)",
    "tokens = ['a', 'b']",
    "password_field = driver.find_element('password')",
    "columns = ['username', 'password', 'email']",
    "password = getpass.getpass('Password: ')",
    "getpass('Password: '), other('x')",
    "connect(password=args.password, token=os.environ['TOKEN'])",
    "password = None",
    "password: str",
    "password=password",
    "password = f'{secret}'",
    "--password TEXT  the password to use",
    "The password is required. Passwords must match.",
    "(using password: YES)",
    "key = 'temperature'",
    "sorted(x, key=len)",
    "primary_key=True, foreign_key='users.id', public_key = 'abcdef0123456789'",
    "keyboard: 'qwerty1234'",
    "sha256: 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "commit 4a2c4c8b0e1d2f3a4b5c6d7e8f90123456789abc",
    "id = '123e4567-e89b-12d3-a456-426614174000'",
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAUAAAAFCAYAAACNbyblAAAAHElEQVQI12P4",
    "https://example.org/a?page=2&q=token#section",
    "https://example.org:8080/a@b",
    "git@github.com:ada/x.git",
    "ssh://git@github.com/ada/x.git",
    "mail ada@example.org",
    "http://host:8080/path?email=a@b.c",
    "import secrets; secrets.token_hex(16)",
    "PWD=/home/ada",
    "OLDPWD=/home/ada/x1234",
    "author = 'Ada Lovelace'",
    "authors: 12",
    "session = requests.Session()",
    "Basic authentication is described in RFC 7617.",
    "Authorization: required",
    "headers={'Authorization': f'Bearer {token}'}",
    "secretary = 'Grace Hopper'",
    "compass=12.5, bypass='x1y2z3w4', passes=3, pass_rate=0.95",
    "assert passed == 17",
    "api_key_path = '/etc/keys/a1b2c3d4'",
    "token_url='https://x.org/oauth/token'",
    "signal.signal(signal.SIGINT, handler)",
    "design: 'abc12345'",
    "skew = 0.12345678",
    "risk-adjusted-returns-of-the-portfolio",
    "task-specific-classifier-layers-norm",
    "sk-learn and scikit-learn",
    "monkey='banana123'",
    "x = {'accuracy': 0.9333333333, 'f1': 0.91}",
    "Lasso(alpha=0.1, max_iter=10000)",
    "password_length=12",
    "num_api_keys=3",
    "class Token(NamedTuple):\n    type: str\n    value: str",
    "next_token = 'abc123def456'",
    "<token>the</token>",
    "password='<your password>'",
    "password=${DB_PASSWORD}",
    "pwd = (self.password.encode('utf-8') if x else y)",
    "'HAVE_PASSWD': 1",
    "'Cookie': 'http.cookies',",
]  # fmt: skip


@pytest.mark.parametrize(("text", "secret"), SECRETS)
def test_a_secret_is_gone_and_the_fact_is_kept(text, secret):
    assert secret in text
    redacted = redact(text)
    assert secret not in redacted
    assert "[redacted]" in redacted


@pytest.mark.parametrize("text", ORDINARY)
def test_ordinary_text_stays(text):
    assert redact(text) == text


def test_there_are_enough_cases():
    assert len(SECRETS) >= 60


@pytest.mark.parametrize(
    ("text", "redacted"),
    [
        ('connect("db", password="hunter2", port=3)', 'connect("db", password="[redacted]", port=3)'),
        ("x --password=hunter2 -v", "x --password=[redacted] -v"),
        ("postgresql://ada:pw@db/x?sslmode=on", "postgresql://[redacted]@db/x?sslmode=on"),
        ("f(password=hunter2)", "f(password=[redacted])"),
        ("A_TOKEN=a1 B=c3", "A_TOKEN=a1 B=c3"),
        ("Uid=a;Password=b;Db=c", "Uid=a;Password=[redacted];Db=c"),
        ('{"password": "a\\"b", "n": 1}', '{"password": "[redacted]", "n": 1}'),
    ],
)  # fmt: skip
def test_what_is_around_a_secret_stays(text, redacted):
    assert redact(text) == redacted


@pytest.mark.parametrize("text", [text for text, _ in SECRETS] + ORDINARY)
def test_redacting_again_changes_nothing(text):
    assert redact(redact(text)) == redact(text)


@given(strategies.lists(strategies.sampled_from([*"=:\"'\\ ,;@/?&-_[]{}()\n", "password", "token", "://", "Authorization", "bearer ", "hunter2", "None", "cookie", "sk-", "é"]), max_size=30).map("".join))  # fmt: skip
def test_any_text_is_redacted_once_and_for_all(text):
    once = redact(text)
    assert redact(once) == once


@pytest.mark.parametrize(
    ("arguments", "redacted"),
    [
        (["a.py", "--password", "x"], ["a.py", "--password", "[redacted]"]),
        (["--password", "-x-"], ["--password", "[redacted]"]),
        (["--token", "the"], ["--token", "[redacted]"]),
        (["--token=the"], ["--token=[redacted]"]),
        (["-token", "the"], ["-token", "[redacted]"]),
        (["--api-key", "k", "--alpha", "0.1"], ["--api-key", "[redacted]", "--alpha", "0.1"]),
        (["--password", "--verbose"], ["--password", "--verbose"]),
        (["--password="], ["--password="]),
        (["db.password=x"], ["db.password=[redacted]"]),
        (["-u", "ada:pw"], ["-u", "ada:[redacted]"]),
        (["--user=ada:pw"], ["--user=ada:[redacted]"]),
        (["-u", "ada"], ["-u", "ada"]),
        (["-H", "Authorization: Bearer x"], ["-H", "Authorization: Bearer [redacted]"]),
        (["-e", "PASSWORD=x"], ["-e", "PASSWORD=[redacted]"]),
        (["postgres://a:b@c/d"], ["postgres://[redacted]@c/d"]),
        (["--max-tokens", "100", "--tokenizer", "bert"], ["--max-tokens", "100", "--tokenizer", "bert"]),
        (["-p", "8080"], ["-p", "8080"]),
        (["--password-file", "x.txt"], ["--password-file", "x.txt"]),
        (["-c", "login(password='x')"], ["-c", "login(password='[redacted]')"]),
        ([], []),
    ],
)  # fmt: skip
def test_arguments(arguments, redacted):
    assert redact_arguments(arguments) == redacted


@pytest.mark.parametrize("name", ["password", "PASSWORD", "db_password", "dbPassword", "PGPASSWORD", "passwd", "API_KEY", "apiKey", "x-api-key", "apikey", "aws_secret_access_key", "aws_access_key_id", "token", "accessToken", "refresh_token", "HF_TOKEN", "client_secret", "AccountKey", "privateKey", "credentials", "passphrase", "OPENAI_KEY", "password2", "user_pass"])  # fmt: skip
def test_names_of_secrets(name):
    assert is_secret_name(name)


@pytest.mark.parametrize("name", ["", "x", "key", "keys", "tokenizer", "max_tokens", "n_tokens", "pad_token", "token_ids", "password_field", "passwordField", "secretary", "public_key", "primary_key", "compass", "bypass", "author", "token_type", "secret_name", "password_length", "OLDPWD", "monkey", "turkey"])  # fmt: skip
def test_names_of_other_things(name):
    assert not is_secret_name(name)


@pytest.mark.parametrize(
    "unit",
    ["a", "a.", "a=", "password=", "password='", "://", "://a:", "://a:b@", "a=1 ", "eyJ", "eyJaaaaaaaa.", "-----BEGIN PRIVATE KEY-----", "-----", "token ", '"password": ', "?token=", "Authorization: ", "cookie:", "<password>", "auth=(", "\\'", "sk-", "-", "A_b", "password = {", "password=x(", " ", "\n", "password\\"],
)  # fmt: skip
def test_a_megabyte_takes_linear_time(unit):
    text = "password: " + unit * (1_000_000 // len(unit))
    began = time.process_time()
    redact(text)
    assert time.process_time() - began < 20


def test_it_loads_alone():
    program = "import sys; sys.path.insert(0, sys.argv[1]); import redaction; redaction.redact('the quick brown fox'); print([m for m in sys.modules if 'provkit' in m])"
    folder = str(Path(redaction.__file__).parent)
    done = subprocess.run([sys.executable, "-S", "-c", program, folder], capture_output=True, text=True, timeout=60, check=True)  # fmt: skip
    assert done.stdout == "[]\n"


def test_the_folder_one_stands_in_is_no_secret(tmp_path, monkeypatch):
    """The shell keeps it in `PWD`, which is also how people abbreviate a password."""
    monkeypatch.setenv("PWD", str(tmp_path))
    redaction.remember_arguments([])
    assert redaction.redact(f"{tmp_path}/train.py") == f"{tmp_path}/train.py"
