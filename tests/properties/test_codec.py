"""Whatever is written is read again as it was."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from journeys import codec
from journeys.history import History, PastEvent
from journeys.messages import ActionRequest, ActionResult, ActionStatus
from journeys.mode import Mode
from journeys.state import Asked, Instance, Openings, PendingEvent, PersonState, Trial, Waiting

texts = st.text(max_size=8)
integers = st.integers(-(2**63), 2**63 - 1)
values = st.recursive(
    st.none() | st.booleans() | integers | st.floats(allow_nan=False, allow_infinity=False) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=6,
)
objects = st.dictionaries(texts, values, max_size=3)
waits = st.builds(
    Waiting, st.none() | integers, st.lists(texts, max_size=2), st.none() | texts, st.booleans()
)
pending = st.builds(PendingEvent, st.lists(texts, max_size=2), objects, texts, texts, texts)
instances = st.builds(
    Instance,
    *(texts, texts, integers, integers, texts),
    key=st.none() | texts,
    waiting=st.none() | waits,
    visits=st.dictionaries(texts, integers, max_size=2),
    events=st.dictionaries(texts, objects, max_size=2),
    actions=st.dictionaries(texts, objects, max_size=2),
    sources=st.dictionaries(texts, objects, max_size=2),
    reactions=st.dictionaries(texts, st.lists(texts, max_size=2), max_size=2),
    requests=st.dictionaries(texts, texts, max_size=2),
    last_error=st.none() | texts,
    ends_at=st.none() | integers,
    revision=integers,
    mode=st.sampled_from(Mode),
    run=texts,
    origin=st.none() | texts,
    pending=st.lists(pending, max_size=2),
)
trials = st.builds(
    Trial,
    *(texts, integers, texts, texts, integers, st.none() | integers, texts, integers),
    st.sampled_from(Mode),
)
people = st.builds(
    PersonState,
    st.lists(instances, max_size=1),
    st.lists(texts, max_size=3),
    st.dictionaries(texts, integers, max_size=3),
    st.dictionaries(texts, integers, max_size=3),
    st.dictionaries(texts, integers, max_size=3),
    st.none() | integers,
    trials=st.lists(trials, max_size=2),
    contacts=st.dictionaries(texts, st.lists(integers, max_size=3), max_size=3),
    asked=st.dictionaries(texts, st.builds(Asked, texts, integers), max_size=3),
    openings=st.dictionaries(
        texts, st.builds(Openings, integers, st.dictionaries(texts, integers, max_size=3))
    ),
    entries=st.dictionaries(texts, st.lists(integers, max_size=3), max_size=3),
    begun=st.dictionaries(texts, integers, max_size=3),
    echoes=st.lists(integers, max_size=3),
    forget_at=st.none() | integers,
    alarm=st.none() | integers,
)
pasts = st.lists(st.builds(PastEvent, integers, objects), max_size=3)


@given(people)
def test_a_person(person: PersonState) -> None:
    assert codec.load_person(codec.dump_person(person)) == person


@given(st.builds(History, st.dictionaries(texts, pasts, max_size=2)))
def test_a_past(history: History) -> None:
    assert codec.load_history(codec.dump_history(history)) == history


@given(objects)
def test_a_profile(attributes: dict[str, object]) -> None:
    assert codec.load_profile(codec.dump_profile(attributes)) == attributes  # type: ignore[arg-type]


@given(
    st.builds(
        ActionRequest,
        *(texts, texts, texts, texts, integers, texts, texts, texts, texts, objects),
        *(integers, integers, integers),
    )
)
def test_a_request(request: ActionRequest) -> None:
    assert codec.load_request(codec.dump_request(request)) == request


@given(
    st.builds(
        ActionResult,
        *(texts, texts, texts, st.sampled_from(ActionStatus), texts, st.none() | texts),
        *(st.none() | texts, values, integers, integers, st.none() | texts),
    )
)
def test_a_result(result: ActionResult) -> None:
    assert codec.load_result(codec.dump_result(result)) == result
