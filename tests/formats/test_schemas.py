"""What is written is valid by the published schemas, as far as PROV-DM lets it be.

The rest breaks a schema by what it says, not by how it is written: `docs/formats.md`.
"""

from __future__ import annotations

import json
import re

import jsonschema
import pytest
from lxml import etree
from shared_material import SHARED, needs_shared
from test_prov_suite import cases

from provkit.export.conversion import write_document

SCHEMAS = SHARED / "suites" / "prov-schemas"


KNOWN = re.compile(
    r"'(?:wasEndedBy|mentionOf)' was unexpected"  # the schema of PROV-JSON has forgotten them
    r"|is not of type 'object'"  # several statements of one identifier stand in a list
    r"|'prov:\w+' is a required property"  # PROV-DM lets the argument be left out
)


@needs_shared
@pytest.mark.parametrize(("name", "valid"), [("prov-json", 201), ("prov-jsonld", 291)])
def test_json_of_the_published_cases_is_valid(name: str, valid: int) -> None:
    schema = json.loads((SCHEMAS / f"{name}.schema.json").read_text())
    validator = jsonschema.validators.validator_for(schema)(schema)
    invalid = 0
    for path, document in cases().items():
        errors = list(validator.iter_errors(json.loads(write_document(document, name))))
        invalid += bool(errors)
        for error in errors:
            assert KNOWN.search(error.message), (path.name, error.message)
    assert len(cases()) - invalid == valid


@needs_shared
def test_xml_of_the_published_cases_is_well_formed_and_valid_more_often_than_by_prov() -> None:
    schema = etree.XMLSchema(etree.parse(SCHEMAS / "prov.xsd"))
    ours = theirs = 0
    for document in cases().values():
        ours += schema.validate(etree.fromstring(write_document(document, "prov-xml")))
        try:
            theirs += schema.validate(etree.fromstring(document.serialize(format="xml").encode()))
        except etree.XMLSyntaxError:
            continue
    assert (ours, theirs) == (255, 253)
