"""What a notebook holds -> `Content`: redacted, told if it is short, kept by its digest if it is long."""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Callable, Iterable
from hashlib import sha256
from typing import Any, Literal

from provkit.model import Content
from provkit.redaction import redact

Keep = Callable[[bytes], str]
"""Keeps bytes for good, and gives their SHA-256 in hex."""

INLINE = 4_096
"""Characters of a text that is told in the graph; a longer one is kept as an artifact."""

_SURROGATES = re.compile("[\ud800-\udfff]")
_WRITTEN_AS_TEXT = re.compile(r"text/.*|.*[+/](?:json|xml|javascript|latex|x-latex|markdown)")


Encoding = Literal["text", "json", "base64", "base64-line", "base64-lines"]
_BASE64: tuple[Encoding, ...] = ("base64", "base64-line", "base64-lines")


def forget(content: bytes) -> str:
    """Keep nothing: for whoever wants the facts alone."""
    return sha256(content).hexdigest()


class Contents:
    """Makes contents for one trial."""

    def __init__(self, keep: Keep, secrets: Iterable[str] = ()) -> None:
        """Begin.

        Args:
            keep: Where what is long goes.
            secrets: What the cells' own texts say is secret, and so must not stand elsewhere either.
        """
        self._keep = keep
        self._secrets = tuple(dict.fromkeys(secrets))

    def redacted(self, text: str) -> str:
        """Take secrets out of a text."""
        return redact(text, self._secrets)

    def text(self, mime: str, text: str) -> Content:
        """Take in a text."""
        said = self.redacted(text)
        if _SURROGATES.search(said):
            # No literal and no UTF-8 can hold half a character; JSON's escapes can.
            return self._told(mime, json.dumps(said), "json")
        return self._told(mime, said, "text")

    def json(self, value: Any, mime: str = "application/json") -> Content:
        """Take in a JSON value."""
        return self._told(mime, json.dumps(self.redacted_json(value)), "json")

    def in_bundle(self, mime: str, value: Any) -> Content:
        """Take in one format of a mime bundle, whose value is a text, base64, or JSON."""
        if not isinstance(value, str):
            return self.json(value, mime)
        if not _WRITTEN_AS_TEXT.fullmatch(mime):
            found = self._decoded(mime, value)
            if found is not None:
                return found
        return self.text(mime, value)

    def redacted_json(self, value: Any) -> Any:
        """Take secrets out of a JSON value, by the names that they stand under, too."""
        written = json.dumps(value)
        said = redact(written, (json.dumps(secret)[1:-1] for secret in self._secrets))
        if said == written:
            return value
        try:
            return json.loads(said)
        except ValueError:  # what was cut out reached over a quote
            return self._redacted_one_by_one(value)

    def _redacted_one_by_one(self, value: Any) -> Any:
        if isinstance(value, str):
            return self.redacted(value)
        if isinstance(value, list):
            return [self._redacted_one_by_one(one) for one in value]
        if isinstance(value, dict):
            return {
                self.redacted(key): self._redacted_one_by_one(one) for key, one in value.items()
            }
        return value

    def _decoded(self, mime: str, value: str) -> Content | None:
        """Keep what base64 stands for, if the same base64 can be made of it again."""
        try:
            octets = base64.b64decode(value.replace("\n", ""), validate=True)
        except (binascii.Error, ValueError):
            return None
        for encoding in _BASE64:
            if _written(octets, encoding) == value:
                return Content(mime, None, self._keep(octets), len(octets), encoding)
        return None

    def _told(self, mime: str, text: str, encoding: Encoding) -> Content:
        octets = text.encode()
        if len(text) <= INLINE:
            return Content(mime, text, None, len(octets), encoding)
        return Content(mime, None, self._keep(octets), len(octets), encoding)


def value_of(content: Content, read: Callable[[str], bytes]) -> Any:
    """Give back what a content was made of: a text, or a JSON value.

    Args:
        content: As it was made.
        read: Gives the bytes that were kept under a digest.
    """
    if content.encoding.startswith("base64"):
        assert content.digest is not None
        return _written(read(content.digest), content.encoding)
    text = content.text
    if text is None:
        assert content.digest is not None
        text = read(content.digest).decode()
    return json.loads(text) if content.encoding == "json" else text


def _written(octets: bytes, encoding: Encoding) -> str:
    if encoding == "base64-lines":
        return base64.encodebytes(octets).decode()
    return base64.b64encode(octets).decode() + ("\n" if encoding == "base64-line" else "")
