"""Mentions where a syntax has no word for them: specializations that say in which bundle.

PROV-JSONLD has no term for `mentionOf`. A mention is a specialization (PROV-Links, section 2),
so it is written as one, with the attribute `pk:mentionedIn`; other tools read that much.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from prov.identifier import Namespace, QualifiedName
from prov.model import PROV, ProvBundle, ProvDocument, ProvRecord

from provkit.prov_document.prov_o import PK

_MENTION, _SPECIALIZATION = PROV["Mention"], PROV["Specialization"]
_BUNDLE = PROV["bundle"]
MENTIONED_IN = Namespace("pk", PK)["mentionedIn"]
_NO_BUNDLE = "-"


Rewrite = Callable[[ProvBundle, ProvRecord], None]


def mentions_as_specializations(document: ProvDocument) -> ProvDocument:
    """The same document without mentions; itself if it has none."""
    return _rewritten(document, _is_mention, _add_specialization)


def specializations_as_mentions(document: ProvDocument) -> ProvDocument:
    """The document that `mentions_as_specializations` was given."""
    return _rewritten(document, _says_mention, _add_mention)


def _rewritten(
    document: ProvDocument, concerns: Callable[[ProvRecord], bool], add: Rewrite
) -> ProvDocument:
    bundles = [document, *document.bundles]
    if not any(concerns(record) for bundle in bundles for record in bundle.records):
        return document
    rewritten = ProvDocument()
    for bundle in bundles:
        target: ProvBundle = (
            rewritten if bundle.identifier is None else rewritten.bundle(bundle.identifier)
        )
        for namespace in bundle.get_registered_namespaces():
            target.add_namespace(namespace)
        default = bundle.get_default_namespace()
        if default is not None:
            target.set_default_namespace(default.uri)
        for record in bundle.records:
            if concerns(record):
                add(target, record)
            else:
                target.add_record(record)
    return rewritten


def _is_mention(record: ProvRecord) -> bool:
    return record.get_type() == _MENTION


def _says_mention(record: ProvRecord) -> bool:
    return record.get_type() == _SPECIALIZATION and any(
        name == MENTIONED_IN for name, _ in record.extra_attributes
    )


def _add_specialization(bundle: ProvBundle, record: ProvRecord) -> None:
    arguments = dict(record.formal_attributes)
    mentioned_in = arguments.pop(_BUNDLE) or _NO_BUNDLE
    extra: list[tuple[QualifiedName, Any]] = [
        *record.extra_attributes,
        (MENTIONED_IN, mentioned_in),
    ]
    bundle.new_record(_SPECIALIZATION, record.identifier, arguments, extra)


def _add_mention(bundle: ProvBundle, record: ProvRecord) -> None:
    arguments = dict(record.formal_attributes)
    said = [value for name, value in record.extra_attributes if name == MENTIONED_IN]
    arguments[_BUNDLE] = next((value for value in said if isinstance(value, QualifiedName)), None)
    extra = [(name, value) for name, value in record.extra_attributes if name != MENTIONED_IN]
    bundle.new_record(_MENTION, record.identifier, arguments, extra)
