"""An editor and the compiler agree on every document, however it has been spoilt."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.harness.judges import compiler_accepts, editor_accepts, schema, written_definitions

# Left out are values on which the two differ by intent; `unit/jobs/test_editor_schemas.py` lists
# them: numbers and truth values written as texts, and references to the environment.
VALUES: st.SearchStrategy[Any] = st.sampled_from(
    [
        *(None, -1, 0.5, 7, 10**12, [], ["x"], {}, {"x": 1}, [{}], [[7]]),
        *(
            "",
            " ",
            "name",
            "two words",
            "end",
            "move",
            "failed",
            "defer",
            "mon",
            "email",
            "journey",
        ),
        *("PT5M", "PT0S", "P1M", "P", "09:00", "25:00", "09:00-17:00", "2026-12-01/..", "/"),
        *("2026-03-01T08:00:00Z", "2026-03-01T08:00:00", "2026-03-01", "#{profile.id} == 'a'"),
        *({"until": "a"}, {"at": "09:00"}, {"event": "a"}, {"else": True}, {"id": "a"}, ["mon"]),
        *("+PT5M", "+1h", "no_match", {"step": "a"}, {"reason": "no_match"}),
    ]
)
NAMES = st.sampled_from(
    [
        *("x", "when", "to", "wait", "event", "action", "on", "label", "else", "map", "exit"),
        *("start", "days", "every", "timeout", "channel", "kind", "max_visits", "two words"),
        *("advance", "at", "entered", "exited", "profile", "step", "reason", "id", "payload"),
    ]
)


def examples() -> list[Any]:
    """Give whole documents to spoil: those that are written somewhere, and those that are shown."""
    definitions = schema("definition.schema.json").schema["definitions"]
    shown = [
        example for described in definitions.values() for example in described.get("examples", [])
    ]
    steps = {f"s{n}": step for n, step in enumerate(shown) if "kind" not in step}
    entry = {"event": "a", "when": "true", "reentry": {"after": "P1D"}}
    around = {"kind": "journey", "id": "a", "version": 1, "entry": entry, "steps": steps}
    return [*written_definitions(), *(e for e in shown if "kind" in e), around]


EXAMPLES = examples()


def places(value: Any) -> list[tuple[Any, Any]]:
    """List every place inside a value: what holds it, and its name there."""
    if not isinstance(value, dict | list):
        return []
    items = list(value.items() if isinstance(value, dict) else enumerate(value))
    return [
        *((value, name) for name, _ in items),
        *(p for _, inner in items for p in places(inner)),
    ]


@st.composite
def spoilt(draw: st.DrawFn) -> Any:
    document = deepcopy(draw(st.sampled_from(EXAMPLES)))
    for _ in range(draw(st.integers(0, 2))):
        where = places(document)
        if not where:
            break
        holder, name = draw(st.sampled_from(where))
        match draw(st.sampled_from(["replace", "remove", "add", "rename"])):
            case "replace":
                holder[name] = deepcopy(draw(VALUES))
            case "remove":
                del holder[name]
            case "add" if isinstance(holder, dict):
                holder[draw(NAMES)] = deepcopy(draw(VALUES))
            case "rename" if isinstance(holder, dict):
                holder[draw(NAMES)] = holder.pop(name)
            case _:
                pass
    return document


@settings(max_examples=1_000)
@given(spoilt())
def test_an_editor_accepts_what_the_compiler_accepts_and_nothing_else(document: Any) -> None:
    assert editor_accepts(document) == compiler_accepts(document)
