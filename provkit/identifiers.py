"""The names of things: every IRI that provkit mints, as N-Triples terms.

Everything below a project hangs on its base IRI; software, bytes and people have names of
their own that are the same on every machine (purl, RFC 6920, ORCID). What comes from a
person or a program (paths, names, versions) is percent-encoded, so that every name gives a
valid IRI and two names never give the same one.
"""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass
from functools import cached_property, lru_cache
from urllib.parse import quote

from provkit.errors import UsageError
from provkit.model import Agent, Implementation, Package, Reference
from provkit.vocabulary import Term, iri

_UNRESERVED = re.compile(r"[A-Za-z0-9._~-]*")
_POSITION = re.compile(r"\.[0-9]+\Z")
_SEPARATORS = re.compile(r"[-_.]+")
_BASE = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\s#?]+/")


def checked_base_iri(text: str) -> str:
    """Check what a person set as a project's base IRI, and give it back.

    Raises:
        UsageError: It is not absolute, does not end with a slash, or holds what no IRI may.
    """
    if not _BASE.fullmatch(text) or iri(text) != f"<{text}>":
        raise UsageError(
            f"Couldn't use the base IRI {text!r}: it has to be an absolute IRI that ends with a "
            "slash, without query or fragment, such as https://example.org/my-project/."
        )
    return text


@lru_cache(maxsize=8192)
def _encoded(text: str, safe: str = "") -> str:
    if _UNRESERVED.fullmatch(text):
        return text
    # surrogatepass and not surrogateescape: names that are not UTF-8 stay distinct from those
    # whose encoded octets they happen to hold
    return quote(text, safe=safe, errors="surrogatepass")


# ------------------------------------------------------------------ the same on every machine


def normalised_name(name: str) -> str:
    """Spell the name of a distribution as PyPI does (PEP 503)."""
    return _SEPARATORS.sub("-", name).lower()


def package_name(package: Package) -> str:
    """Give the name that a package's IRI holds, which is one for all its spellings."""
    return normalised_name(package.name) if package.ecosystem == "pypi" else package.name.lower()


def package(of: Package) -> Term:
    """Name a package in one version: `pkg:pypi/scikit-learn@1.7.2`."""
    return f"<{_purl(of)}>"


def _purl(of: Package) -> str:
    return f"{_versionless_purl(of)}@{_encoded(of.version)}"


def _versionless_purl(of: Package) -> str:
    return f"pkg:{of.ecosystem}/{_encoded(package_name(of))}"


def content(digest: str) -> Term:
    """Name bytes by their SHA-256, given in hex (RFC 6920)."""
    octets = base64.urlsafe_b64encode(bytes.fromhex(digest)).rstrip(b"=")
    return f"<ni:///sha-256;{octets.decode()}>"


def digest_of(named: Term) -> str:
    """Read the SHA-256, in hex, back out of the name of bytes."""
    text = named[1:-1].partition(";")[2]
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).hex()


def parameter_name(parameter: str) -> str:
    """Take the position off an argument of a variadic parameter: `arrays.0` -> `arrays`."""
    return _POSITION.sub("", parameter)


# ------------------------------------------------------------------ below a project


@dataclass(frozen=True)
class Identifiers:
    """Mints the names of one trial, and of what its project shares.

    All methods give terms (`<...>`); the IRI alone is `term[1:-1]`.
    """

    base_iri: str
    trial_id: str

    @cached_property
    def _base(self) -> str:
        return iri(self.base_iri)[:-1]

    @cached_property
    def _trial(self) -> str:
        return f"{self._base}trial/{_encoded(self.trial_id)}"

    # -- the trial

    @cached_property
    def trial(self) -> Term:
        """The trial, an activity."""
        return self._trial + ">"

    @cached_property
    def trial_graph(self) -> Term:
        """The named graph, a bundle, that holds what is known of the trial."""
        return self._trial + "/graph>"

    @cached_property
    def annotations(self) -> Term:
        """The named graph of what people say of the trial afterwards."""
        return self._trial + "/annotations>"

    @cached_property
    def inferred(self) -> Term:
        """The named graph of what rules add."""
        return self._trial + "/inferred>"

    @cached_property
    def association(self) -> Term:
        """The trial's association with its agent and its plan."""
        return self._trial + "/association>"

    def execution(self, order: int) -> Term:
        """An execution by its order."""
        return f"{self._trial}/execution/{order}>"

    def value(self, key: str) -> Term:
        """One version of an object: `value/df.2`."""
        return f"{self._trial}/value/{_encoded(key, '@')}>"

    def file(self, key: str) -> Term:
        """One state of a file."""
        return f"{self._trial}/file/{_encoded(key, '/@')}>"

    def setting(self, key: str) -> Term:
        """A circumstance or a parameter of the trial."""
        return f"{self._trial}/setting/{_encoded(key, '@')}>"

    def output(self, stream: str) -> Term:
        """What was written to one stream."""
        return f"{self._trial}/output/{_encoded(stream, '@')}>"

    def cell_text(self, key: str) -> Term:
        """The text of a cell as it was for some of its executions: `source/c790615e.2`."""
        return f"{self._trial}/source/{_encoded(key)}>"

    def other_trial(self, trial_id: str) -> Term:
        """Another trial of the same project."""
        return f"{self._base}trial/{_encoded(trial_id)}>"

    def entity(self, reference: Reference) -> Term:
        """Whatever a reference of the model names."""
        if reference.kind == "value":
            return self.value(reference.key)
        if reference.kind == "file":
            return self.file(reference.key)
        if reference.kind == "setting":
            return self.setting(reference.key)
        if reference.kind == "evaluation":
            return self.evaluation(reference.key)
        return self.output(reference.key)

    def run(self, key: str) -> Term:
        """A model's fitting, as ML-Schema has it: `ml-run/1`."""
        return f"{self._trial}/ml-run/{_encoded(key)}>"

    def evaluation(self, key: str) -> Term:
        """An evaluation whose number is no value of the program's: of a fold, a candidate, an evaluation set."""
        return f"{self._trial}/evaluation/{_encoded(key, '@')}>"

    def curve(self, ordinal: int) -> Term:
        """What a measure was after each round of training."""
        return f"{self._trial}/curve/{ordinal}>"

    def kept_model(self, key: str) -> Term:
        """A model as it is kept, in bytes."""
        return f"{self._trial}/value/{_encoded(key, '@')}/kept>"

    def balance(self, key: str) -> Term:
        """How often each class is among the labels that a value holds."""
        return f"{self._trial}/value/{_encoded(key, '@')}/classes>"

    def usage(self, order: int, parameter: str | None, ordinal: int = 1) -> Term:
        """A qualified usage by its execution: `usage/11.X`.

        Args:
            order: Of the execution.
            parameter: That the entity was the argument of; None for a part read elsewhere.
            ordinal: Counts the usages of that execution that have the same parameter, from 1.
        """
        if parameter is None:
            return f"{self._trial}/usage/{order}@{ordinal}>"
        repeated = f"@{ordinal}" if ordinal > 1 else ""
        return f"{self._trial}/usage/{order}.{_encoded(parameter)}{repeated}>"

    def derivation(self, result: Reference, source: Reference) -> Term:
        """A qualified derivation by its two ends."""
        return (
            f"{self._trial}/derivation/{result.kind}/{_encoded(result.key, '@')}"
            f"/{source.kind}/{_encoded(source.key, '@')}>"
        )

    # -- plans, by the digest of their text

    def _plan(self, digest: str) -> str:
        return f"{self._base}plan/{_encoded(digest)}"

    def plan(self, digest: str) -> Term:
        """A plan."""
        return self._plan(digest) + ">"

    def plan_graph(self, digest: str) -> Term:
        """The named graph, a bundle, that holds what a plan's text says."""
        return self._plan(digest) + "/graph>"

    def step(self, digest: str, key: str) -> Term:
        """A step by its position: `step/15.0`."""
        return f"{self._plan(digest)}/step/{_encoded(key)}>"

    def variable(self, digest: str, name: str) -> Term:
        """A variable by its name."""
        return f"{self._plan(digest)}/variable/{_encoded(name)}>"

    def function(self, digest: str, qualified_name: str) -> Term:
        """A function or class that the text defines."""
        return f"{self._plan(digest)}/function/{_encoded(qualified_name)}>"

    def cell(self, digest: str, key: str) -> Term:
        """A cell by its key: a notebook's id, or in a script its place, from 0."""
        return f"{self._plan(digest)}/cell/{_encoded(key)}>"

    def cell_source(self, digest: str, key: str) -> Term:
        """The variable that stands for a cell's text."""
        return f"{self._plan(digest)}/cell/{_encoded(key)}.source>"

    def cell_output(self, digest: str, key: str) -> Term:
        """The variable that stands for what a cell shows."""
        return f"{self._plan(digest)}/cell/{_encoded(key)}.output>"

    # -- shared by the project's trials

    @cached_property
    def shared_graph(self) -> Term:
        """The named graph of what IRIs alone determine."""
        return self._base + "shared>"

    def measure(self, name: str) -> Term:
        """A measure by the field's name."""
        return f"{self._base}measure/{_encoded(name)}>"

    def task(self, name: str) -> Term:
        """What learning is for: `task/classification`."""
        return f"{self._base}task/{_encoded(name)}>"

    def algorithm(self, of: Implementation) -> Term:
        """What an implementation implements, without version."""
        return f"{self.role(of, 'algorithm')[:-1]}>"

    def experiment(self, name: str) -> Term:
        """What several trials are part of."""
        return f"{self._base}experiment/{_encoded(name)}>"

    def agent(self, agent: Agent) -> Term:
        """A person: by ORCID if one is set, else by name within the project."""
        if agent.orcid:
            return f"<https://orcid.org/{_encoded(agent.orcid.rstrip('/').rsplit('/', 1)[-1])}>"
        return f"{self._base}agent/{_encoded(agent.name)}>"

    def location(self, path: str) -> Term:
        """A place of files: below the project if the path is relative, else on the machine."""
        if path.startswith("/"):
            return f"<file://{_encoded(path, '/@')}>"
        return f"{self._base}path/{_encoded(path, '/@')}>"

    def implementation(self, called: Implementation) -> Term:
        """Something that was called, in the version of its package, or of the project's text."""
        if called.package is not None:
            return f"<{_purl(called.package)}#{_encoded(called.qualified_name)}>"
        if called.plan is not None:
            return self.function(called.plan, called.qualified_name)
        return f"{self._base}implementation/{_encoded(called.qualified_name)}>"

    def role(self, called: Implementation | None, parameter: str, path: str | None = None) -> Term:
        """A parameter of something called, without version, so that trials join on it.

        Args:
            called: None if nobody could tell what was called.
            parameter: Its name; a position in a variadic one is taken off.
            path: Of the file that defines a function of the project's own: a path outlives the
                digest of its text. Without one (`-c`) the digest has to do.
        """
        name = _encoded(parameter_name(parameter))
        if called is None:
            return f"{self._base}parameter/{name}>"
        function = _encoded(called.qualified_name)
        if called.package is not None:
            return f"<{_versionless_purl(called.package)}#{function}/{name}>"
        if called.plan is None:
            return f"{self._base}implementation/{function}/{name}>"
        if path is None:
            return f"{self.function(called.plan, called.qualified_name)[:-1]}/{name}>"
        return f"{self.location(path)[:-1]}#{function}/{name}>"
