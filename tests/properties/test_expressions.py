"""Properties of the expression language, over generated trees, texts and payloads."""

from datetime import UTC, date, datetime, timedelta, timezone

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from journeys.expressions import (
    ExpressionError,
    OpenCatalog,
    Scope,
    Span,
    check,
    compile_expression,
    parse,
    print_expression,
    to_json,
    tree,
    types,
)
from journeys.expressions.functions import FUNCTIONS
from journeys.expressions.tree import Node
from journeys.messages import JsonValue

SPAN = Span(0, 0)
QUICK = settings(
    max_examples=150,
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)


def lies_in(span: Span, text: str) -> bool:
    return 0 <= span.start <= span.end <= len(text)


TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
NAMES = st.one_of(
    st.sampled_from(["a", "b", "all", "and", "date", "a-b", "3h", "-x", "first name", "if"]), TEXTS
)
OFFSETS = st.sampled_from([UTC, timezone(timedelta(hours=2)), timezone(timedelta(minutes=-20))])


def literals() -> st.SearchStrategy[Node]:
    def of(values: st.SearchStrategy[object], type_: types.Type) -> st.SearchStrategy[Node]:
        return values.map(lambda value: tree.Literal(value, type_, SPAN))  # type: ignore[arg-type]

    return st.one_of(
        of(TEXTS, types.STRING),
        of(st.integers(-(2**63), 2**63 - 1), types.INTEGER),
        of(st.floats(allow_nan=False, allow_infinity=False), types.DECIMAL),
        of(st.booleans(), types.BOOLEAN),
        of(st.none(), types.NULL),
        of(st.dates(min_value=date(1, 1, 2)), types.DATE_ONLY),
        of(st.datetimes(min_value=datetime(1, 1, 2)), types.DATE_TIME_ONLY),  # noqa: DTZ001 - a dateTimeOnly
        of(st.datetimes(min_value=datetime(1, 1, 2), timezones=OFFSETS), types.DATE_TIME),  # noqa: DTZ001 - hypothesis adds the zone
    )  # fmt: skip


FIELDS = NAMES.map(lambda name: tree.Field(name, SPAN))


def paths(nodes: st.SearchStrategy[Node], least: int) -> st.SearchStrategy[tuple[tree.Step, ...]]:
    methods = st.one_of(
        st.builds(
            tree.Method, st.sampled_from(["at", "entry", "map", "all"]), nodes, st.just(SPAN)
        ),
        st.builds(
            tree.Method,
            st.sampled_from(["all", "any", "first", "firstEntryKey", "keys"]),
            st.none(),
            st.just(SPAN),
        ),
    )
    fields = st.lists(FIELDS, min_size=least, max_size=3)
    rest = st.lists(st.one_of(FIELDS, methods), max_size=2)
    return st.tuples(fields, rest).map(lambda parts: (*parts[0], *parts[1]))


def references(nodes: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
    kinds = st.sampled_from(["event", "action", "decision", "profile", "source"])
    params = st.lists(st.tuples(NAMES, nodes), max_size=2).map(tuple)
    made = st.builds(
        tree.Reference, kinds, paths(nodes, 2), st.none() | nodes, params, st.just(SPAN)
    )
    return made.filter(lambda made: made.kind != "source" or made.path[0].name != "profile")


def extended(nodes: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
    two = st.lists(nodes, min_size=2, max_size=3).map(tuple)
    tests = ["is null", "is not null", "has null", "is numeric", "is integer", "is decimal"]
    operators = ["+", "-", "*", "/", "%", "==", "!=", "<", "<=", ">", ">="]
    some = st.lists(nodes, max_size=3).map(tuple)
    negative = nodes.filter(
        lambda node: not (isinstance(node, tree.Literal) and node.type.kind in types.NUMBERS)
    )
    loops = st.sampled_from(["currentEventField", "currentDataPackField", "currentActionField"])
    names = st.sampled_from([name for name in FUNCTIONS if name != "date"])
    at = st.just(SPAN)
    return st.one_of(
        st.builds(tree.ListLiteral, some, at),
        st.builds(tree.Call, names, some, at, at),
        st.builds(tree.Not, nodes, at),
        st.builds(tree.Negative, negative, at),
        st.builds(tree.Logical, st.sampled_from(["and", "or"]), two, at),
        st.builds(tree.Binary, st.sampled_from(operators), nodes, nodes, at),
        st.builds(tree.Test, nodes, st.sampled_from(tests), at),
        st.builds(tree.Conditional, nodes, nodes, nodes, at),
        st.builds(tree.LoopVariable, loops, paths(nodes, 0), at),
        references(nodes),
    )


HISTORIES = st.builds(
    tree.HistoryReference,
    NAMES,
    st.lists(NAMES, max_size=2).map(tuple),
    st.none() | st.integers(1, 10**12),
    st.just(SPAN),
)
PROPERTIES = st.builds(
    tree.Property, st.sampled_from(["supplementalId", "journeyUID"]), st.just(SPAN)
)
NODES = st.recursive(st.one_of(literals(), HISTORIES, PROPERTIES), extended, max_leaves=12)

PAYLOADS = st.recursive(
    st.one_of(
        st.none(), st.booleans(), st.integers(-(2**63), 2**63 - 1), TEXTS,
        st.floats(allow_nan=False, allow_infinity=False),
        st.sampled_from(["2026-03-01T08:00:00Z", "2026-03-01", "PT1H", "9999-12-31T23:59:59Z"]),
        st.sampled_from(["a\ud800", "\\", "(", "[", "days", "Europe/Paris", 10**400, -(10**400)]),
    ),
    lambda values: st.lists(values, max_size=3) | st.dictionaries(NAMES, values, max_size=3),
    max_leaves=8,
)  # fmt: skip


@QUICK
@given(NODES)
def test_reading_what_was_printed_gives_the_same_tree(node: Node) -> None:
    printed = print_expression(node)
    read = parse(printed)
    assert read.root == node
    assert print_expression(read) == printed


@QUICK
@given(
    st.text(
        st.sampled_from(list("()[]{}@#$.,:'\"\\ \n?=<>+-*/%0123456789abeimnoprstuvT")), max_size=40
    )
)
def test_any_text_is_read_or_refused_with_a_place(text: str) -> None:
    fault = None
    try:
        printed = print_expression(parse(text))
        assert print_expression(parse(printed)) == printed
    except ExpressionError as error:
        fault = error
    assert fault is None or lies_in(fault.span, text)


@QUICK
@given(NODES)
def test_a_check_never_fails_and_places_its_faults_in_the_text(node: Node) -> None:
    text = print_expression(node)
    checked = check(parse(text), OpenCatalog())
    for fault in checked.faults:
        assert lies_in(fault.span, text)
        assert fault.message


def calls() -> st.SearchStrategy[str]:
    """Give calls of every function, with fields that may hold anything."""
    arguments = st.sampled_from(
        ["@event{e.a}", "@event{e.b}", "@event{e.a.b}", "@event{e.b.all()}", "null", "@event{e}"]
    )
    return st.sampled_from(sorted(FUNCTIONS.values(), key=lambda function: function.name)).flatmap(
        lambda function: st.sampled_from(function.signatures).flatmap(
            lambda signature: st.lists(
                arguments, min_size=signature.fewest, max_size=len(signature.parameters)
            ).map(lambda chosen: f"{function.name}({', '.join(chosen)})")
        )
    )


OPERATIONS = st.tuples(
    st.sampled_from(["@event{e.a}", "@event{e.b}", "now()", "1", "'a'", "toDuration(1)", "1.5"]),
    st.sampled_from(["+", "-", "*", "/", "%", "==", "!=", "<", "<=", ">", ">=", "and", "or"]),
    st.sampled_from(["@event{e.a}", "@event{e.b.at(0)}", "2", "2.5", "date('2026-03-01T08:00')"]),
).map(" ".join)


@settings(QUICK, max_examples=400)
@given(calls() | OPERATIONS, st.dictionaries(st.sampled_from("ab"), PAYLOADS))
def test_an_evaluation_never_fails_but_with_a_fault_of_its_own(
    text: str, payload: dict[str, JsonValue]
) -> None:
    try:
        program = compile_expression(text)
    except ExpressionError:
        return
    scope = Scope(events={"e": payload}, profile={}, now=1_772_352_000_000, seed="s")
    again = Scope(events={"e": payload}, profile={}, now=1_772_352_000_000, seed="s")
    fault = None
    try:
        value = program(scope)
        assert to_json(value) == to_json(program(again))
        assert str(program.type) != "boolean" or value is None or type(value) is bool
    except ExpressionError as error:
        fault = error
    assert fault is None or lies_in(fault.span, text)
