"""A segment holds exactly what was sealed, and says so when it does not."""

import gzip

import pyoxigraph
import pytest
from hypothesis import given
from hypothesis import strategies as st
from store.trials_made_up import quads_of

from provkit.errors import StoreError
from provkit.store.segment import quads_in, read_segment, sealed
from provkit.store.terms import parts

ESCAPED = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\x00": "\\u0000"}


def literal(value):
    return '"' + "".join(ESCAPED.get(character, character) for character in value) + '"'


TEXTS = st.one_of(
    st.text(st.characters(codec="utf-8")),
    st.sampled_from(["", '"', "\\", "a\nb\r\nc", "\x00", "\u2028\x85\x0b", "é😀", "> .", "# x"]),
)
TERMS = st.builds(
    lambda value, ending: literal(value) + ending,
    TEXTS,
    st.sampled_from(["", "@en", "^^<http://www.w3.org/2001/XMLSchema#token>"]),
)


@given(st.lists(TERMS, max_size=5))
def test_nasty_literals_come_back_as_they_went_in(tmp_path_factory, terms):
    quads = [("<x:s>", "<x:p>", term, "<x:g>") for term in terms]
    path = tmp_path_factory.mktemp("segment") / "a.nq.gz"
    path.write_bytes(sealed(quads))
    segment = read_segment(path)
    assert segment.quads == len(quads)
    assert list(quads_in(segment.lines, path)) == quads


@given(TEXTS)
def test_the_database_reads_the_same_text_as_the_segment(text):
    term = literal(text)
    [quad] = pyoxigraph.parse(f"<x:s> <x:p> {term} .", format=pyoxigraph.RdfFormat.N_TRIPLES)
    assert quad.object.value == text == parts(term).text
    assert parts(str(quad.object)).text == text


def test_equal_quads_give_equal_bytes():
    assert sealed(quads_of(1, values=5)) == sealed(quads_of(1, values=5))


def test_a_trial_of_three_thousand_triples_takes_at_most_60_kilobytes():
    quads = quads_of(1)
    assert len(quads) >= 3000
    assert len(sealed(quads)) <= 60_000


def test_a_segment_is_plain_n_quads_to_other_tools(tmp_path):
    lines = gzip.decompress(sealed(quads_of(1, values=5)))
    database = pyoxigraph.Store()
    database.load(lines, format=pyoxigraph.RdfFormat.N_QUADS)
    assert len(database) == len(set(quads_of(1, values=5)))


NO_LITERALS = ['"a\nb"', '"a\rb"', '"\ud800"', '"a', 'a"', '"a"b"', r'"\q"', r'"\u12"', '"\\"']
NO_LITERALS += [r'"\uD800"', r'"\U00110000"', '"a"@', '"a"@e_', '"a"^^<b c>', "plain", ""]
NO_IRIS = ["<x y>", "<relative>", "<x:a", "<x:\u0000>", "<x:{a}>", r"<x:\q>", "<x:a> <x:b>", "_:"]


@pytest.mark.parametrize("term", NO_LITERALS + NO_IRIS)
def test_what_could_not_be_read_back_is_not_sealed(term):
    with pytest.raises(StoreError, match="no term of N-Quads"):
        sealed([("<x:s>", "<x:p>", term, "<x:g>")])


@pytest.mark.parametrize("place", [0, 1, 3])
def test_a_literal_stands_only_where_it_may(place):
    quad = ["<x:s>", "<x:p>", "<x:o>", "<x:g>"]
    quad[place] = '"a"'
    with pytest.raises(StoreError, match="no term of N-Quads there"):
        sealed([tuple(quad)])


@given(TERMS)
def test_every_sealed_term_passes_the_databases_own_check(term):
    """The index loads without checking, so sealing must be no laxer."""
    lines = gzip.decompress(sealed([("<x:s>", "<x:p>", term, "<x:g>")]))
    assert len(list(pyoxigraph.parse(lines, format=pyoxigraph.RdfFormat.N_QUADS))) == 1


def _cut(content):
    return content[: len(content) // 2]


def _flipped(content):
    return content[:200] + bytes([content[200] ^ 0xFF]) + content[201:]


def _resealed_with_less(content):
    lines = gzip.decompress(content).split(b"\n")
    return gzip.compress(b"\n".join(lines[1:]))


def _without_seal(content):
    lines = gzip.decompress(content).split(b"\n")
    return gzip.compress(b"\n".join(lines[:-2]))


@pytest.mark.parametrize(
    "damage", [_cut, _flipped, _resealed_with_less, _without_seal, lambda _: b"", lambda _: b"no"]
)
def test_damage_is_noticed_and_the_file_named(tmp_path, damage):
    path = tmp_path / "damaged.nq.gz"
    path.write_bytes(damage(sealed(quads_of(1, values=5))))
    with pytest.raises(StoreError, match=r"damaged\.nq\.gz"):
        read_segment(path)


@pytest.mark.parametrize(
    ("term", "expected"),
    [
        ("<x:a>", ("iri", "x:a", None, None)),
        ("_:b1", ("blank", "b1", None, None)),
        ('"a"', ("literal", "a", "http://www.w3.org/2001/XMLSchema#string", None)),
        (r'"\u00e9\t\"\\"^^<x:d>', ("literal", 'é\t"\\', "x:d", None)),
        (
            '"a"@en',
            ("literal", "a", "http://www.w3.org/1999/02/22-rdf-syntax-ns#langString", "en"),
        ),
        ("<<( <x:a> <x:b> <x:c> )>>", ("triple", "<<( <x:a> <x:b> <x:c> )>>", None, None)),
    ],
)
def test_terms_are_taken_apart(term, expected):
    assert tuple(parts(term)) == expected


def test_what_is_no_term_is_refused():
    with pytest.raises(ValueError, match="not a term"):
        parts("plain")
