"""Takes secrets out of text before it is kept, and leaves word that there was one.

Two kinds of rule: what has the shape of a secret (a token's prefix, a private key, a URL with a
password in it), and what is given to a name that says so (`password = "..."`, `--token x`,
`API_KEY=...`, `{"client_secret": ...}`). Names decide by their words: `max_tokens`, `tokenizer`
and `password_field` name no secret. Where both readings are possible (`token = "the"`), the value
has to look random.

Used in the watched process and outside it; standard library only. The rules are compiled at the first
text that could hold a secret; `re` is loaded at once, before the program can put another in its place.
Every rule takes linear time.
"""

import re

TYPE_CHECKING = False  # of typing, which costs 3 ms
if TYPE_CHECKING:
    from collections.abc import Iterable
    from re import Match, Pattern

REDACTED = "[redacted]"

_HINTS = (
    *("pass", "pwd", "secret", "token", "cred", "key", "auth", "bearer", "cookie", "session"),
    *("jwt", "login", "://", "-----begin", "akia", "asia", "eyj", "sig", "sk-", "hooks."),
    *("ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat", "glpat", "gl", "xox", "xapp"),
    *("aiza", "ya29", "gocspx", "hf_", "pypi-", "npm_", "k_live_", "k_test_", "sg.", "dapi"),
    *("dop_v1", "hvs.", "nvapi", "gsk_", "r8_", "dckr_pat", "shp", "xai-", "lin_api", ":aa"),
)
"""Lower-case; a text with none of them holds nothing that a rule would find."""

_SHAPES = (
    r"(?:AKIA|ASIA|AROA|AIDA|ABIA|ACCA)[A-Z0-9]{16}(?![A-Za-z0-9])",  # Amazon
    r"gh[opusr]_[A-Za-z0-9]{20,255}",
    r"github_pat_[A-Za-z0-9_]{20,255}",
    r"gl(?:pat|ptt|dt|rt|soat|cbt|ft|imt|agent|oas)-[A-Za-z0-9_-]{20,255}",
    r"xox[abceoprs]-[A-Za-z0-9-]{10,255}",  # Slack
    r"xapp-[0-9]-[A-Za-z0-9-]{10,255}",
    r"AIza[A-Za-z0-9_-]{35}",  # Google
    r"ya29\.[A-Za-z0-9_-]{20,1024}",
    r"GOCSPX-[A-Za-z0-9_-]{20,255}",
    r"sk-(?:proj-|ant-|svcacct-|or-)?[A-Za-z0-9_-]{20,512}",  # OpenAI, Anthropic and others
    r"hf_[A-Za-z0-9]{20,255}",
    r"pypi-A[A-Za-z0-9_-]{30,512}",
    r"npm_[A-Za-z0-9]{30,255}",
    r"[rs]k_(?:live|test)_[A-Za-z0-9]{10,255}",  # Stripe
    r"SG\.[A-Za-z0-9_-]{16,64}\.[A-Za-z0-9_-]{16,128}",  # SendGrid
    r"dapi[0-9a-f]{32}",  # Databricks
    r"dop_v1_[0-9a-f]{64}",  # DigitalOcean
    r"hvs\.[A-Za-z0-9_-]{20,255}",  # Vault
    r"nvapi-[A-Za-z0-9_-]{20,255}",
    r"gsk_[A-Za-z0-9]{20,255}",  # Groq
    r"xai-[A-Za-z0-9]{20,255}",
    r"r8_[A-Za-z0-9]{30,255}",  # Replicate
    r"dckr_pat_[A-Za-z0-9_-]{20,255}",
    r"shp(?:at|ca|pa|ss)_[A-Fa-f0-9]{32}",  # Shopify
    r"lin_api_[A-Za-z0-9]{30,255}",
    r"[0-9]{8,10}:AA[A-Za-z0-9_-]{32,35}",  # Telegram
    r"eyJ[A-Za-z0-9_-]{8,8192}\.[A-Za-z0-9_-]{8,8192}\.[A-Za-z0-9_-]{0,8192}",  # JSON Web Token
)

_PATTERNS = {
    # One of these is in every name that may mean a secret.
    "hint": "pass|secret|credential|authorization|key|token|pwd|pw|jwt|cookie|sessionid|pat|bearer",
    "shape": r"(?<![A-Za-z0-9])(?:" + "|".join(_SHAPES) + ")",
    "private_key": (
        r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----"
        r"(?:[^-]|-(?!----END))*(?:-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----)?"
    ),
    "webhook": r"(?i)(?<=://)(hooks\.slack\.com/[a-z]{1,20}/|discord(?:app)?\.com/api/webhooks/)[^\s\"'<>]{8,512}",
    "userinfo": r"(?<=://)([^\s/?#\"'<>@]{1,256})(?=@)",
    "userinfo_with_slash": (
        r"(?<=://)[^\s/?#\"'<>@:]{0,64}:(?![0-9]{1,5}(?:[/?#]|$))[^\s\"'<>@]{1,256}(?=@[\w.-]{1,253}[:/?]?)"
    ),
    "parameter": r"([?&;#])([A-Za-z0-9_.\-%\[\]]{1,64})=([^\s&#\"'<>;]{1,4096})",
    "header": (
        r"(?i)(?<![A-Za-z0-9_])((?:proxy-)?authorization\\?[\"']?[ \t]{0,3}\]?[ \t]{0,3}"
        r"[:=,][ \t]{0,3}(?:[bf]?\\?[\"'])?)"
        r"((?:basic|bearer|token|digest|negotiate|apikey)[ \t]{1,3})?([^\s\"',;\\]{1,8192})"
    ),
    "bearer": r"(?i)(?<![A-Za-z0-9_])(bearer[ \t]{1,3})([A-Za-z0-9._~+/=-]{12,8192})",
    "cookie": (
        r"(?i)(?<![A-Za-z0-9_])((?:set-)?cookie\\?[\"']?[ \t]{0,3}:[ \t]{0,3}\\?[\"']?)"
        r"([^\"'\r\n\\=]{1,256}=[^\"'\r\n\\]{2,8192})"
    ),
    "element": r"<([A-Za-z_][\w.:-]{0,63})>([^<>\s][^<>]{0,1024})(?=</)",
    "pair": (
        r"(?i)((?:(?<![A-Za-z0-9_])auth[ \t]{0,3}=[ \t]{0,3}\(|"
        r"(?:basicauth|digestauth|\.login)\()[ \t]{0,3}[^,()\n]{1,256},[ \t]{0,3})"
        r"([bruf]?(?:\"[^\"\n]{1,512}\"|'[^'\n]{1,512}'))"
    ),
    "assignment": (
        r"(?<![\w.-])(?P<name>-{0,2}[A-Za-z_@$][\w.-]{0,127})"
        r"(?P<close>\\?[\"'])?(?P<index>[ \t]{0,2}\])?[ \t]{0,8}"
        r"(?P<sign>:[ \t]{0,4}[A-Za-z_][\w.\[\]| ]{0,40}=(?!=)|:=|=>|[!=]==?|[=:]|,|(?=[ \t]))"
        r"(?P<gap>[ \t]{0,8}(?:\\?\r?\n[ \t]{0,40})?)"
    ),
    "quoted": (r"(?P<open>[bBrRuUfF]{0,2}(?:\"\"\"|'''|\\?[\"']))"),
    "bare": r"[^\s\"'`,;&<>|]{1,512}",
    "bare_rest": r"[^\s\"'`,;&<>|]*",
    "words": r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+",
    "code": (
        r"[(\[{]|[A-Za-z_][\w.]{0,200}[(\[]|[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)+$"
        r"|(?:self|args|opts|options|config|cfg|settings|env|os)\."
    ),
    "placeholder": (
        r"(?i)(?:[01]|none|null|nil|true|false|yes|no|undefined|str|int|bytes|bool|any|text|string|required|optional"
        r"|\*+|\.+|x{3,}|-+|_+|\[redacted\].*|<[^>]*>|\$\w+|\$\{[^}]*\}|\$\([^)]*\)|\{[^}]*\}|%\(?\w*\)?s?|\\+n?)$"
    ),
}


def redact(text: str, known: "Iterable[str]" = ()) -> str:
    """Replace each secret in a text by `[redacted]`; what introduced it stays.

    Redacting again changes nothing.

    Args:
        text: Anything that is to be kept.
        known: Secrets that no rule would find here, as `source_secrets` gives them; those that this process
            was told of by `remember` are replaced as well.
    """
    for secret in (*_REMEMBERED, *known):
        if secret in text:
            text = text.replace(secret, REDACTED)
    lowered = text.lower()
    for hint in _HINTS:  # a generator would take twice as long, and this is asked of each path
        if hint in lowered:
            break
    else:
        return text
    text = _pattern("private_key").sub(REDACTED, text)
    text = _pattern("shape").sub(REDACTED, text)
    if "://" in text:
        text = _pattern("webhook").sub(_redact_rest, text)
        text = _pattern("userinfo").sub(_redact_userinfo, text)
        text = _pattern("userinfo_with_slash").sub(REDACTED, text)
    text = _pattern("parameter").sub(_redact_parameter, text)
    text = _pattern("header").sub(_redact_header, text)
    text = _pattern("bearer").sub(_redact_rest, text)
    text = _pattern("cookie").sub(_redact_rest, text)
    text = _pattern("element").sub(_redact_element, text)
    text = _pattern("pair").sub(_redact_quoted_rest, text)
    return _redact_assignments(text)


def remember(name: str, value: object) -> None:
    """Take note of what a name holds, if the name says that it is a secret: it may turn up elsewhere.

    Only texts are, and those in a built-in container; short words are left out, as they are found in
    texts that have nothing to do with the secret.
    """
    kind = type(value)
    # By identity: a class may have a metaclass with an `__eq__` of its own.
    if kind is int or kind is float or kind is bool or value is None:
        return
    certainty = _certainty(name)
    if kind is tuple and len(value) == 2 and name.lower().endswith("auth"):  # type: ignore[arg-type]
        certainty, value = 2, value[1:]  # type: ignore[index]
    if not certainty:
        return
    if kind is str:
        _REMEMBERED.update(dict.fromkeys(forms_of(value, certainty)))  # type: ignore[arg-type]
    elif kind is bytes:
        remember(name, value.decode("latin-1"))  # type: ignore[attr-defined]
    elif type(kind) is type and kind in (list, tuple, set, frozenset, dict):
        members = value.values() if kind is dict else value  # type: ignore[attr-defined]
        for member in list(members)[:_MEMBERS_REMEMBERED]:  # type: ignore[arg-type]
            if type(member) is str:
                _REMEMBERED.update(dict.fromkeys(forms_of(member, certainty)))
    while len(_REMEMBERED) > _MOST_REMEMBERED:
        del _REMEMBERED[next(iter(_REMEMBERED))]


def remember_key(value: object) -> None:
    """Take note of the lines of a private key: one at a time, nothing says what they are.

    Args:
        value: Anything; a text that holds a key, or a list or tuple of its lines, is looked at.
    """
    lines: list[object] = []
    if type(value) is str and _KEY in value:
        lines.extend(value.splitlines())
    elif (type(value) is list or type(value) is tuple) and any(
        type(member) is str and _KEY in member for member in value[:_MEMBERS_REMEMBERED]
    ):
        lines.extend(value[: 10 * _MEMBERS_REMEMBERED])
    for line in lines:
        if type(line) is str and line.strip() and "-----" not in line:
            remember("private_key", line.strip())


_REMEMBERED: dict[str, None] = {}
_MOST_REMEMBERED = 200
_MEMBERS_REMEMBERED = 20
_KEY = "PRIVATE KEY-----"


def forms_of(value: str, certainty: int = 2) -> "Iterable[str]":
    """Give a secret as it may be written; nothing if it could be a word like any other.

    Args:
        value: The secret.
        certainty: How surely it is one: 2, or 1 if it has to look random, too.
    """
    tells = any(not c.isalpha() for c in value) or value.lower() != value != value.capitalize()
    is_long = 6 <= len(value) <= 4096
    if not is_long or not tells or _is_no_secret(value) or "[redacted]" in value:
        return []
    if certainty == 1 and not _looks_random(value):
        return []
    plain = value.replace("_", "").replace("-", "").replace(".", "")
    forms = [value]
    if not plain.isalnum():
        forms += [repr(value)[1:-1], _percent_encoded(value)]
    return forms


def _percent_encoded(value: str) -> str:
    return "".join(
        chr(byte) if (byte < 128 and chr(byte).isalnum()) or byte in b"_.-~" else f"%{byte:02X}"
        for byte in value.encode("utf-8", "surrogatepass")
    )


def remember_arguments(arguments: list[str]) -> None:
    """Take note of the secrets on a command line, and of the environment's, as `remember` does."""
    import os

    for name, value in os.environ.items():
        # `PWD` is a folder and no password, and what `..._TOKEN_FILE` names is a file.
        if is_secret_name(name) and not (value.startswith("/") and os.path.exists(value)):
            remember(name, value)
    for word, said in zip(arguments, redact_arguments(arguments), strict=True):
        if said.endswith(REDACTED) and said != word:
            remember("password", word.removeprefix(said.removesuffix(REDACTED)))


def redact_path(path: str) -> str:
    """Redact a path: what a name's ending is would be part of an expression elsewhere."""
    stem, dot, ending = path.rpartition(".")
    return f"{redact(stem)}.{ending}" if dot and "/" not in ending else redact(path)


def redact_arguments(arguments: list[str]) -> list[str]:
    """Redact a command line, word by word; a word may say that the next one is a secret."""
    said = []
    before = ""
    for word in arguments:
        option, sign, value = word.partition("=")
        if before and not word.startswith("--"):
            said.append(_without_password(word) if before == "user" else REDACTED)
            before = ""
            continue
        before = ""
        name = option.lstrip("-")
        if (
            sign
            and is_secret_name(name)
            and option.replace("-", "_").replace(".", "_").isidentifier()
        ):
            said.append(f"{option}={REDACTED}" if value else word)
        elif sign and option in _USER_OPTIONS:
            said.append(f"{option}={_without_password(value)}")
        else:
            said.append(redact(word))
            if option in _USER_OPTIONS:
                before = "user"
            elif word.startswith("-") and not sign and is_secret_name(name):
                before = "secret"
    return said


_USER_OPTIONS = ("-u", "--user", "--proxy-user", "-U")


def _without_password(user: str) -> str:
    name, colon, password = user.partition(":")
    return f"{name}:{REDACTED}" if colon and password else redact(user)


def is_secret_name(name: str) -> bool:
    """Tell whether a variable, option, key or field of that name holds a secret."""
    return _certainty(name) > 0


# ------------------------------------------------------------------- names


def _words(text: str) -> "frozenset[str]":
    return frozenset(text.split())


_SECRET_WORDS = _words(
    """
    password passwords passwd passphrase passphrases passcode secret credential credentials apikey authorization
    """
)
_SECRET_ENDS = (
    *("password", "passwd", "passphrase", "apikey", "secretkey", "accesskey", "privatekey"),
    *("authtoken", "accesstoken", "apitoken", "sessiontoken", "refreshtoken", "clientsecret"),
    *("appsecret", "accountkey", "sharedkey", "encryptionkey"),
)
_KEYS = _words(
    """
    api access secret private encryption signing auth account master shared storage ssh deploy
    service session subscription aes hmac fernet client consumer jwt app application admin
    host sas rsa license webhook functions
    """
)
"""What a `key` is of that is a secret; not primary, foreign, sort, public, ..."""
_PROVIDERS = _words(
    """
    openai anthropic wandb aws azure gcp google github gitlab stripe hf huggingface slack
    twilio sendgrid mailgun comet neptune kaggle cohere mistral groq replicate pinecone
    datadog
    """
)
_TOKENS_OF_TEXT = _words(
    """
    pad eos bos unk mask sep cls special next prev previous end start stop image page
    continuation max min num n per first last current cur each by word sub text input output
    prompt completion decoder encoder parse syntax lookahead sync cancellation vocab begin new
    total decode line audio video separator delimiter trigger placeholder target source
    """
)
_ABOUT_A_SECRET = _words(
    """
    field fields label input form length len min max policy reset url uri prompt required
    strength regex pattern help hint file filename path dir folder column name type types
    count counts enabled expiry expires expiration expired changed validator validators
    manager store limit size ids index idx budget usage class error errors exception rate per
    table ttl lifetime provider endpoint version format algorithm rotation age embedding
    embeddings mask level classification classifier kind scope scopes position positions probs
    logits box widget icon page view santa
    """
)
"""What follows in the name of something about a secret, or of text tokens."""
_NEVER = frozenset({"oldpwd", "sigint", "sigterm"})


def _certainty(name: str) -> int:
    """Tell how surely a name means a secret: 2, 1 (if the value looks random), or 0."""
    known = _CERTAINTIES.get(name)
    if known is None:
        known = _weigh(name)
        if len(_CERTAINTIES) < 4096:  # names are few; a hostile text's are not
            _CERTAINTIES[name] = known
    return known


_CERTAINTIES: dict[str, int] = {}


def _weigh(name: str) -> int:
    lowered = name.lower()
    if _pattern("hint").search(lowered) is None or lowered in _NEVER:
        return 0
    words = [word.lower() for word in _pattern("words").findall(name)]
    while words and words[-1].isdigit():
        words.pop()
    if not words or words[-1] in _ABOUT_A_SECRET:
        return 0
    last, before = words[-1], words[:-1]
    if any(word in _SECRET_WORDS or word.endswith(_SECRET_ENDS) for word in words):
        return 2
    if last == "key" or words[-2:] == ["key", "id"]:
        owners = before[:-1] if last == "id" else before
        if _KEYS & set(owners[-1:]):
            return 2
        return 1 if _PROVIDERS & set(owners) and last == "key" else 0
    if last == "token" or (last == "tokens" and {"api", "access", "auth", "refresh"} & set(before)):
        if before and before[-1] in _TOKENS_OF_TEXT:
            return 0
        return 2 if before and last == "token" and before[-1] in _TOKEN_OWNERS else 1
    if last in ("pwd", "pass", "pw"):
        return 2 if before or last == "pwd" else 1
    return 1 if last in ("jwt", "cookie", "sessionid", "pat", "bearer", "csrftoken") else 0


_TOKEN_OWNERS = _words(
    """
    access auth api bearer refresh session secret id security private personal bot user app
    client csrf xsrf github gitlab gh hf hub huggingface slack npm pypi openai wandb deploy
    service account admin oauth login identity sas vault neptune telegram discord databricks
    ci job registry
    """
)


# ------------------------------------------------------------------ values


def _redact_assignments(text: str) -> str:
    """Redact the values that are given to names which say that they are secrets."""
    assignment = _pattern("assignment")
    kept = []
    done = 0
    position = 0
    while found := assignment.search(text, position):
        position = found.end()
        certainty = _certainty(found["name"].lstrip("-"))
        if not certainty:
            # A name may be the annotation or the value of the one before: look there too.
            position = found.end("name")
            continue
        span = _secret_span(text, found, certainty)
        if span is None:
            position = found.end("name")
            continue
        kept += [text[done : span[0]], REDACTED]
        done = position = span[1]
    return "".join([*kept, text[done:]])


def _secret_span(text: str, found: "Match[str]", certainty: int) -> tuple[int, int] | None:
    """Find where the secret value after a name is; None if there is none."""
    name, close, sign = found.group("name", "close", "sign")
    if name.lower().endswith("authorization"):
        return None  # the rule for headers has decided
    is_option = name.startswith("--")
    is_inside_string = not close and found.start() > 0 and text[found.start() - 1] in "\"'"
    opening = _pattern("quoted").match(text, found.end())
    if is_inside_string and opening is not None and opening["open"][-1] == text[found.start() - 1]:
        opening = None  # the quote ends the string that the name is in
    if opening is None:
        if sign == "," or (sign == "" and not is_option):
            return None  # two words beside each other
        return _bare_span(text, found, certainty)
    if sign == "," and not close:
        return None
    end = _end_of_string(text, opening.end(), opening["open"].lstrip("bBrRuUfF"))
    value = text[opening.end() : end]
    needs_random = not is_option and (certainty == 1 or sign in ("", ","))
    if _is_no_secret(value) or (needs_random and not _looks_random(value)):
        return None
    return opening.end(), end


def _bare_span(text: str, found: "Match[str]", certainty: int) -> tuple[int, int] | None:
    """Find where a value without quotes ends, if it is one and no code or word of prose."""
    bare = _pattern("bare").match(text, found.end())
    if bare is None:
        return None
    name, sign, gap = found["name"], found["sign"], found["gap"]
    value = bare[0].rstrip(_CLOSERS)
    if _is_no_secret(bare[0]) or _is_no_secret(value) or value == name.lstrip("-"):
        return None
    before, after = text[found.start() - 1 : found.start()], text[bare.end() : bare.end() + 1]
    is_a_string = before != "" and before in "\"'" and before == after
    if _pattern("code").match(bare[0]) and not is_a_string:
        return None
    is_tight = sign == "=" and not gap and text[found.end() - 1] == "=" and not found["close"]
    if sign == "" and value.isupper() and value.isalpha():
        return None  # what stands for a value in a usage message
    has_digit = any(character.isdigit() for character in value)
    if sign and not is_tight and not has_digit and value.isidentifier():
        return None  # a name or a word
    is_given = name.startswith("--") and (sign == "" or is_tight)
    if certainty == 1 and not is_given and not _looks_random(value):
        return None
    if value[0] in "/~." and name.lower().endswith(("pwd", "pass")):
        return None  # a folder
    rest = _pattern("bare_rest").match(text, bare.end())
    end = bare.end() if rest is None else rest.end()
    while text[end - 1] in _CLOSERS:
        end -= 1
    return bare.start(), end


_CLOSERS = ")]}:\\"


def _end_of_string(text: str, start: int, quote: str) -> int:
    """Find where a string that began before `start` ends; the text may have been cut in it."""
    end = text.find(quote, start)
    if len(quote) == 1:
        while end > 0 and text[end - 1] == "\\" and (end < 2 or text[end - 2] != "\\"):
            end = text.find(quote, end + 1)
        line = text.find("\n", start, len(text) if end == -1 else end)
        if line != -1:
            return line
    return len(text) if end == -1 else end


def _is_no_secret(value: str) -> bool:
    return not value or (len(value) <= 80 and _pattern("placeholder").match(value) is not None)


def _looks_random(value: str) -> bool:
    """Tell whether a value is no word of a language: long, and of mixed characters."""
    if len(value) < 8 or value[0] in "/~." or any(c.isspace() for c in value[:256]):
        return False
    sample = value[:256]
    has_digit = any(c.isdigit() for c in sample)
    has_letter = any(c.isalpha() for c in sample)
    is_mixed = sample.lower() != sample != sample.upper()
    return (has_digit and has_letter) or (is_mixed and len(value) >= 20)


def _redact_userinfo(found: "Match[str]") -> str:
    userinfo: str = found[1]
    user, colon, password = userinfo.partition(":")
    if colon:
        return userinfo if _is_no_secret(password) else REDACTED
    return REDACTED if len(user) >= 20 or _looks_random(user) else user


_SIGNED = _words(
    """
    sig signature x-amz-signature x-amz-credential x-amz-security-token x-goog-signature
    x-goog-credential awsaccesskeyid key hmac code auth sas policy key-pair-id password pwd
    access_token token sessionid session
    """
)


def _redact_parameter(found: "Match[str]") -> str:
    sign, name, value = found.groups()
    is_secret = name.lower() in _SIGNED or is_secret_name(name)
    if not is_secret or _is_no_secret(value):
        return found[0]
    if sign in ";#" and not _looks_random(value) and _certainty(name) < 2:
        return found[0]
    return f"{sign}{name}={REDACTED}"


# No templates (`\1`): to expand one, the `re` of the moment is imported, which may be the program's own.
def _redact_rest(found: "Match[str]") -> str:
    return f"{found[1]}{REDACTED}"


def _redact_quoted_rest(found: "Match[str]") -> str:
    return f"{found[1]}'{REDACTED}'"


def _redact_header(found: "Match[str]") -> str:
    intro, scheme, value = found.groups()
    if _is_no_secret(value) or value[0] in "{$<%(" or not (scheme or _looks_random(value)):
        return found[0]
    return f"{intro}{scheme or ''}{REDACTED}"


def _redact_element(found: "Match[str]") -> str:
    name, value = found.groups()
    if _certainty(name) < 2 or _is_no_secret(value):
        return found[0]
    return f"<{name}>{REDACTED}"


_COMPILED: "dict[str, Pattern[str]]" = {}


def _pattern(name: str) -> "Pattern[str]":
    if name not in _COMPILED:
        _COMPILED[name] = re.compile(_PATTERNS[name])
    return _COMPILED[name]
