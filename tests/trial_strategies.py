"""Random trials for Hypothesis: small, well formed, and odd in every way a real one can be.

    from trial_strategies import trials

    @given(trials())
    def test_something(trial): ...

Whatever a trial refers to by key or order is in it, as the model asks; texts are any that a
program can produce.
"""

from datetime import UTC, datetime, timedelta, timezone

from hypothesis import strategies as st

from provkit.model import (
    Agent,
    Cell,
    Derivation,
    Execution,
    Failure,
    File,
    Function,
    Implementation,
    Output,
    Package,
    Plan,
    Reference,
    Setting,
    Step,
    Trial,
    Usage,
    Value,
)

# Awkward on purpose: what IRIs, N-Quads, Turtle, XML and JSON each treat specially.
AWKWARD = ("", " ", "a b", "a#b?c", "100%", "%41", "a@2", "größe", "日本", "<&\"'>", "a\\b\nc\td")
texts = st.one_of(st.text(max_size=12), st.sampled_from(AWKWARD))
"""Any text, lone surrogates (undecodable file names) included by some."""
odd_texts = st.one_of(texts, st.text(st.characters(), max_size=6), st.just("name-\udcff"))
names = st.one_of(st.sampled_from(("df", "X", "model", "größe")), st.from_regex(r"[a-z_]\w{0,5}\Z"))
digests = st.binary(min_size=32, max_size=32).map(bytes.hex)
base_iris = st.one_of(
    st.uuids().map(lambda of: f"arcp://uuid,{of}/"),
    st.sampled_from(("https://example.org/my project/", "http://localhost:8000/x/", "urn:größe:/")),
)
times = st.datetimes(
    datetime(1970, 1, 2),  # noqa: DTZ001 - the zone is the strategy's
    datetime(2100, 1, 1),  # noqa: DTZ001
    timezones=st.sampled_from((UTC, timezone(timedelta(hours=5, minutes=30)))),
)
scalars = st.one_of(st.booleans(), st.integers(), st.floats(), odd_texts)
failures = st.builds(Failure, names, odd_texts)
packages = st.builds(
    Package,
    st.sampled_from(("numpy", "scikit-learn", "Scikit_Learn", "ruamel.yaml", "a b")),
    st.sampled_from(("1.0", "2.1.0+cu118", "1!2.0", "")),
)


def _orders(count: int) -> st.SearchStrategy[int | None]:
    return st.none() if count == 0 else st.one_of(st.none(), st.integers(1, count))


@st.composite
def plans(draw, kind: str = "script") -> Plan:
    """Draw a plan whose steps refer to each other and to cells that are there."""
    cells = tuple(
        Cell(
            index,
            index * 10 + 1,
            index * 10 + 9,
            draw(texts),
            draw(st.sampled_from(("code", "markdown", "raw"))),
        )
        for index in range(draw(st.integers(0, 2)))
    )
    steps: list[Step] = []
    for line in range(1, draw(st.integers(1, 4)) + 1):
        steps.append(
            Step(
                f"{line}.0",
                draw(odd_texts),
                preceded_by=f"{line - 1}.0" if line > 1 else None,
                reads=tuple(draw(st.lists(names, max_size=3))),
                writes=tuple(draw(st.lists(names, max_size=2))),
                is_call=draw(st.booleans()),
                is_compound=True,
                cell=draw(st.sampled_from([None, *(cell.key for cell in cells)])),
            )
        )
        steps.append(Step(f"{line}.4-{line}.9", draw(odd_texts), parent=f"{line}.0", is_call=True))
    functions = draw(
        st.lists(st.builds(Function, names, st.integers(1, 9), st.integers(9, 20)), max_size=3)
    )
    return Plan(
        draw(digests),
        kind,
        draw(st.integers(0, 10**9)),
        tuple(steps),
        tuple(draw(st.lists(names, max_size=3, unique=True))),
        tuple(functions),
        cells,
        draw(st.none() | odd_texts),
    )


def _implementations(plan: Plan) -> st.SearchStrategy[Implementation]:
    return st.one_of(
        st.builds(Implementation, odd_texts, packages),
        st.builds(Implementation, odd_texts),
        st.builds(Implementation, odd_texts, plan=st.just(plan.digest)),
        *(st.just(Implementation(of.name, plan=plan.digest)) for of in plan.functions),
    )


@st.composite
def trials(draw) -> Trial:
    """Draw a trial."""
    plan = draw(plans())
    modules = draw(st.lists(plans("module"), max_size=1))
    value_keys = draw(
        st.lists(st.one_of(names.map("{}.1".format), odd_texts), max_size=5, unique=True)
    )
    file_keys = draw(st.lists(odd_texts, min_size=1 + len(modules), max_size=4, unique=True))
    setting_keys = draw(st.lists(st.one_of(st.just("argv"), odd_texts), max_size=3, unique=True))
    streams = draw(st.lists(st.sampled_from(("stdout", "stderr")), max_size=2, unique=True))
    references = [
        *(Reference("value", key) for key in value_keys),
        *(Reference("file", key) for key in file_keys),
        *(Reference("setting", key) for key in setting_keys),
        *(Reference("output", key) for key in streams),
    ]
    any_reference = st.sampled_from(references)
    usages = st.builds(
        Usage,
        any_reference,
        st.one_of(st.none(), st.sampled_from(("X", "arrays.0", "arrays.1", "self")), odd_texts),
        st.one_of(st.none(), odd_texts),
    )
    derivations = st.lists(st.builds(Derivation, any_reference, st.booleans()), max_size=3).map(
        tuple
    )
    count = draw(st.integers(0, 4))
    executions = tuple(
        Execution(
            order,
            of.digest,
            draw(st.sampled_from(of.steps)).key,
            draw(_orders(order - 1)),
            draw(times),
            draw(st.one_of(st.none(), times)),
            draw(st.one_of(st.none(), _implementations(of))),
            tuple(draw(st.lists(usages, max_size=4))),
            draw(st.one_of(st.none(), st.integers(0, 10**6))),
            draw(st.booleans()),
            draw(st.one_of(st.none(), failures)),
        )
        for order in range(1, count + 1)
        for of in [draw(st.sampled_from([plan, *modules]))]
    )
    values = tuple(
        Value(
            key,
            draw(odd_texts),
            draw(names),
            tuple(draw(st.lists(names, max_size=2))),
            draw(st.one_of(st.none(), st.lists(st.integers(0, 9), max_size=3).map(tuple))),
            draw(st.one_of(st.none(), st.lists(odd_texts, max_size=3).map(tuple))),
            draw(st.one_of(st.none(), st.integers(0))),
            draw(st.one_of(st.none(), names)),
            draw(st.one_of(st.none(), odd_texts)),
            draw(st.one_of(st.none(), scalars)),
            draw(_orders(count)),
            draw(derivations),
            draw(st.sampled_from([None, *value_keys[:index]])),
        )
        for index, key in enumerate(value_keys)
    )
    digest_of = draw(st.lists(digests, min_size=1, max_size=2))
    files = tuple(
        File(
            key,
            draw(st.one_of(odd_texts, odd_texts.map("/{}".format))),
            draw(st.one_of(st.none(), st.sampled_from([*digest_of, plan.digest]))),
            draw(st.one_of(st.none(), st.integers(0))),
            draw(st.booleans()),
            draw(_orders(count)),
            draw(derivations),
            draw(st.sampled_from([None, *file_keys[:index]])),
            draw(st.sampled_from(("data", "code"))),
        )
        for index, key in enumerate(file_keys)
    )
    status = draw(st.sampled_from(("completed", "failed", "aborted")))
    return Trial(
        id=draw(st.uuids()).hex,
        base_iri=draw(base_iris),
        label=draw(odd_texts),
        plan=plan,
        started_at=draw(times),
        ended_at=None if status == "aborted" else draw(times),
        status=status,
        exit_status=draw(st.one_of(st.none(), st.integers(0, 255))),
        provkit_version="0.1.0",
        experiment=draw(st.one_of(st.none(), odd_texts)),
        signal=draw(st.one_of(st.none(), st.integers(1, 64))),
        failure=draw(st.one_of(st.none(), failures)),
        failed_in=draw(_orders(count)),
        agent=draw(
            st.one_of(
                st.none(), st.builds(Agent, odd_texts), st.just(Agent("A", "0000-0002-1825-0097"))
            )
        ),
        script=draw(st.sampled_from([None, file_keys[0]])),
        modules=tuple(zip(file_keys[1:], modules, strict=False)),
        executions=executions,
        values=values,
        files=files,
        settings=tuple(Setting(key, draw(texts), draw(scalars)) for key in setting_keys),
        packages=tuple(draw(st.lists(packages, max_size=3, unique=True))),
        interpreter=draw(st.one_of(st.none(), st.just(Package("Python", "3.11.7", "generic")))),
        platform=draw(st.one_of(st.none(), st.just(Package("Linux", "6.1.0-13-amd64", "generic")))),
        outputs=tuple(Output(stream, draw(odd_texts), draw(st.integers(0))) for stream in streams),
        cpu_seconds=draw(st.one_of(st.none(), st.floats(0, 1e6))),
        peak_memory_bytes=draw(st.one_of(st.none(), st.integers(0))),
        warnings=tuple(draw(st.lists(odd_texts, max_size=2))),
    )
