"""I5: texts that try to exhaust time or memory, to reach Python or files, or to break out.

Every one ends as `template_error` of that one message, at the same place on every machine: work is
counted, not timed. The bounds of time here are only a guard.
"""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from yarl import URL

from journeys.channels.mjml import MjmlError, html_of
from journeys.expressions import Scope
from journeys.limits import MAX_OUTPUT
from journeys.liquid_text import FILTERS, Dialect
from journeys.messages import JsonObject
from journeys.template import Names, TemplateError, fill, parse_template
from tests.harness.lines import MEMORY, memory, reset_peak
from tests.harness.person import Person
from tests.harness.plans import COMMON, compiled
from tests.harness.quickly import assert_quick, attempt

BIG = "x" * 60_000
PROFILE: JsonObject = {
    "name": "Ann & <b>Bob</b>",
    "big": BIG,
    "angles": "<" * 60_000 + ">",
    "dots": "1." * 30_000,
    "digits": "9" * 60_000,
    "list": list(range(2_000)),
    "texts": ["ab"] * 2_000,
    "different": [f"text {n}" for n in range(6_000)],
    "deep": [[[[["x"] * 20] * 5] * 5] * 5],
}
NAMES = Names(Scope(events={}, profile=PROFILE, actions={}, now=0), {}, {})


def filled(text: str, dialect: Dialect = "liquid") -> str:
    return str(fill(parse_template(text, dialect), NAMES))


def doubling(step: str, times: int = 60) -> str:
    return "{% assign a = 'x' %}" + step * times + "{{ a | size }}"


EXHAUSTING = {
    "a million times a million turns": "{% for i in (1..1000000) %}{% for j in (1..1000000) %}x"
    "{% endfor %}{% endfor %}",
    "loop after loop": "{% for i in (1..9000) %}{% endfor %}" * 900,
    "a loop that leaves at once": "{% for i in (1..1000000000) %}{% break %}{% endfor %}",
    "a loop from the end": "{% for i in (1..1000000000) reversed %}{% break %}{% endfor %}",
    "a loop far off": "{% for i in (1..1000000000) limit: 1 offset: 900000000 %}{% endfor %}",
    "a table": "{% tablerow i in (1..1000000000) cols: 3 %}x{% endtablerow %}",
    "much in each turn": "{% for i in (1..9999) %}"
    + "{% if a %}{% endif %}" * 900
    + "{% endfor %}",
    "a hundred megabytes": "{% for i in (1..10000) %}{{ profile.big }}{% endfor %}",
    "a range written out": "{{ (1..1000000000) | join: ',' }}",
    "a range turned round": "{{ (1..1000000000) | reverse | first }}",
    "append and append": doubling("{% assign a = a | append: a %}"),
    "append in one hole": "{{ profile.big" + " | append: profile.big" * 200 + " | size }}",
    "prepend in a loop": "{% for i in (1..9999) %}{% assign a = a | prepend: profile.big %}"
    "{% endfor %}",
    "capture and capture": doubling("{% capture a %}{{ a }}{{ a }}{% endcapture %}"),
    "captures side by side": "".join(
        f"{{% capture c{n} %}}{'{{ profile.big }}' * 15}{{% endcapture %}}" for n in range(100)
    ),
    "concat and concat": "{% assign a = profile.list %}"
    + "{% assign a = a | concat: a %}" * 40
    + "{{ a | size }}",
    "replace each by all": "{{ profile.big | replace: 'x', profile.big | size }}",
    "replace by more": "{{ profile.big | replace: 'x', '" + "y" * 4_000 + "' | size }}",
    "replace a number by all": "{{ profile.digits | replace: 9, profile.big | size }}",
    "replace by names": "{{ profile.big | replace: sub: profile.big, seq: 'x' | size }}",
    "each item by all": "{{ profile.texts | map: profile.texts | size }}",
    "each with each": "{{ profile.different | uniq | uniq | uniq | uniq | uniq | size }}",
    "join by all": "{{ profile.list | join: profile.big | size }}",
    "split and join": "{{ profile.big | split: '' | join: profile.big | size }}",
    "join what is deep": "{{ profile.deep | join: profile.big | size }}",
    "base64 of base64": "{{ profile.big" + " | base64_encode" * 100 + " | size }}",
    "percent of percent": "{{ profile.big | replace: 'x', '%'" + " | url_encode" * 100 + " }}",
    "squares of squares": "{% assign a = 10 %}" + "{% assign a = a | times: a %}" * 40 + "{{ a }}",
    "a long number": "{{ profile.digits | plus: 1 }}",
    "a long date": "{{ profile.dots | date: '%Y' }}",
    "a long form of a date": "{{ 'now' | date: profile.big }}",
    "filters in a loop": "{% for i in (1..9999) %}{{ profile.big | upcase | size }}{% endfor %}",
    "splits in a loop": "{% for i in (1..9999) %}{% assign a = profile.big | split: '' %}"
    "{% endfor %}",
    "sorts in a loop": "{% for i in (1..9999) %}{% assign a = profile.list | sort %}{% endfor %}",
    "searches in a loop": "{% for i in (1..9999) %}{% if profile.big contains 'y' %}{% endif %}"
    "{% endfor %}",
    "searches in a hole": "{% if "
    + " or ".join(["profile.big contains 'y'"] * 150)
    + " %}{% endif %}",
    "tags in data, again and again": "{{ profile.angles | strip_html }}" * 20,
    "blocks in blocks": "{% if true %}" * 900 + "{% endif %}" * 900,
    "loops in loops": "{% for i in (1..1) %}" * 90 + "{% endfor %}" * 90,
    "conditions without end": "{% if " + " and ".join(["true"] * 700) + " %}{% endif %}",
}  # fmt: skip


@pytest.mark.parametrize("text", EXHAUSTING.values(), ids=EXHAUSTING)
def test_i5_a_text_that_would_exhaust_time_or_memory_is_stopped(text: str) -> None:
    before = memory("VmRSS")
    reset_peak()
    with pytest.raises(TemplateError, match="a template could not be filled") as stopped:
        filled(text)
    assert memory("VmHWM") - before < MEMORY
    assert len(str(stopped.value)) < 400
    assert_quick(lambda: attempt(lambda: filled(text)))


USUAL = {
    "a cart of a hundred": "{% for i in profile.list limit: 100 %}"
    + "<td>{{ i }}</td>" * 100
    + "{% endfor %}",
    "every turn": "{% for i in profile.list %}{{ i | times: 2 }}, {% endfor %}",
    "all texts joined": "{{ profile.texts | join: '<br>' | upcase | truncate: 200 }}",
    "a search per item": "{% for i in profile.texts limit: 200 %}"
    "{% if profile.texts contains i %}x{% endif %}{% endfor %}",
    "line ends of a long text": "{{ profile.big | append: profile.big | replace: 'xx', 'y' }}",
    "parts kept": "{% capture a %}{{ profile.big }}{% endcapture %}{{ a }}{{ a }}",
}  # fmt: skip


@pytest.mark.parametrize("text", USUAL.values(), ids=USUAL)
def test_i5_a_text_as_people_write_them_is_filled(text: str) -> None:
    assert filled(text)
    assert_quick(lambda: filled(text))


@pytest.mark.parametrize(
    "text",
    [
        "{{ profile.angles | strip_html }}",
        "{{ profile.big | base64_decode }}",
        "{{ profile.name | base64_decode }}",
        "{{ '99999999999999999999' | date: '%Y' }}",
        "{{ profile.digits | date: '%Y' }}",
        "{{ 1.5 | round: 100000000000000000000 }}",
        "{{ 'nan' | times: 3 }}{{ 'inf' | round }}{{ 'inf' | modulo: 2 }}",
        "{{ profile | sort }}{{ profile | join }}{{ profile.deep | sum }}",
        "{{ 10 | times: 10 | divided_by: 'x' }}",
        "{% cycle profile.big, profile.big %}",
        "{{ profile.list | slice: -99999999999999999999, 99999999999999999999 }}",
        "{{ profile['__class__']['__mro__'][1]['__subclasses__'] }}",
        "{{ profile.name | map: '__class__' }}",
        "{{ profile.list | where: '__len__' }}",
    ],
)
def test_i5_whatever_a_filter_fails_of_is_an_error_of_the_text_alone(text: str) -> None:
    attempt(lambda: filled(text))
    assert_quick(lambda: attempt(lambda: filled(text)))


@pytest.mark.parametrize(
    "text",
    [
        "{{ 1 | plus: profile.name }}",
        "{{ 1 | divided_by: profile.name }}",
        "{{ profile.name | base64_decode }}",
        "{{ '²' | append: profile.name | date: '%Y' }}",
        "{{ profile.name | slice: profile.name }}",
        "{{ profile.name | where: profile.name }}",
        "{% for i in (1..9) limit: profile.name %}{% endfor %}",
    ],
)
def test_i5_an_error_tells_nothing_that_a_person_wrote(text: str) -> None:
    try:
        filled(text)
    except TemplateError as error:
        assert "Bob" not in str(error)  # noqa: PT017 - some are filled


@pytest.mark.parametrize("tag", ["include", "render", "extends", "import", "macro", "call"])
def test_i5_a_text_reads_no_other(tag: str) -> None:
    with pytest.raises(TemplateError):
        filled(f"{{% {tag} '../secrets/KEY' %}}")


def test_i5_a_value_of_a_person_is_never_a_template() -> None:
    names = Names(Scope(events={}, profile={"a": "{{ 7 | times: 6 }}"}, actions={}, now=0), {}, {})
    assert fill(parse_template("{{ profile.a }}"), names) == "{{ 7 | times: 6 }}"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{{ profile.name }}", "Ann &amp; &lt;b&gt;Bob&lt;/b&gt;"),
        ("{% assign a = profile.name %}{{ a }}", "Ann &amp; &lt;b&gt;Bob&lt;/b&gt;"),
        ("{% capture a %}{{ profile.name }}{% endcapture %}{{ a }}",
         "Ann &amp; &lt;b&gt;Bob&lt;/b&gt;"),
        ("{{ profile.name | append: '<i>' }}", "Ann &amp; &lt;b&gt;Bob&lt;/b&gt;<i>"),
        ("{% echo profile.name %}", "Ann &amp; &lt;b&gt;Bob&lt;/b&gt;"),
        ("{% cycle profile.name %}", "Ann &amp; &lt;b&gt;Bob&lt;/b&gt;"),
        ('<a href="?q={{ profile.name | url_encode }}">',
         '<a href="?q=Ann+%26+%3Cb%3EBob%3C%2Fb%3E">'),
        ("<script>a = '{{ profile.name | escapejs }}'</script>",
         "<script>a = 'Ann \\u0026 \\u003Cb\\u003EBob\\u003C/b\\u003E'</script>"),
    ],
)  # fmt: skip
def test_i5_what_a_person_wrote_stays_text_in_html(text: str, expected: str) -> None:
    assert filled(text, "html") == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("https://a.example/{{ profile.evil }}/x", "https://a.example/..%2Fb%3Fc%3Dd%26e%23f/x"),
        ("https://a.example/?q={% echo profile.evil %}",
         "https://a.example/?q=..%2Fb%3Fc%3Dd%26e%23f"),
        ("https://a.example/{{ profile.evil | url_encode }}",
         "https://a.example/..%2Fb%3Fc%3Dd%26e%23f"),
        ("https://a.example/{{ 'u/' | append: profile.evil }}",
         "https://a.example/u%2F..%2Fb%3Fc%3Dd%26e%23f"),
        ("https://a.example/{{ 'a/b' | safe }}", "https://a.example/a/b"),
        ("https://a.example/{{ profile.none }}{{ 7 }}", "https://a.example/7"),
        ("https://a.example/{{ profile.both }}", "https://a.example/%C3%A9%20%22%25"),
    ],
)  # fmt: skip
def test_i5_what_a_person_wrote_stays_one_part_of_a_url(text: str, expected: str) -> None:
    profile: JsonObject = {"evil": "../b?c=d&e#f", "both": 'é "%'}
    names = Names(Scope(events={}, profile=profile, actions={}, now=0), {}, {})
    assert fill(parse_template(text, "url"), names) == expected


@pytest.mark.parametrize("evil", ["..", ".", "%2e%2E", "../admin", "x?a=1", "x#y", "x/../../admin"])
def test_i5_no_value_leads_a_call_to_another_path(evil: str) -> None:
    plan = compiled(COMMON + CALL).plans["calling"]
    ann = Person(plan, profile={"evil": evil})
    trace = ann.signs_up(plan="basic")
    if ann.requests:
        (request,) = ann.requests
        assert URL(str(request.message["url"])).raw_path.startswith("/people/")
        assert URL(str(request.message["url"])).raw_path.endswith("/orders")
    else:
        assert "template_error" in trace[-2]


CALL = """
kind: journey
id: calling
version: 1
entry: {event: signup}
steps:
  act: {action: fetch}
---
kind: action
id: fetch
channel: webhook
method: GET
url: https://crm.example/people/{{ profile.evil }}/orders
"""


def test_i5_what_a_person_wrote_stays_one_text_in_json() -> None:
    names = Names(Scope(events={}, profile={"a": '", "admin": true'}, actions={}, now=0), {}, {})
    body = fill(parse_template({"name": "{{ profile.a }}", "n": "#{profile.a}"}), names)
    assert body == {"name": '", "admin": true', "n": '", "admin": true'}


PIECES = st.sampled_from(
    ["profile.big", "profile.list", "profile.texts", "profile.deep", "profile.name", "a", "b",
     "'x'", "''", "7", "-1", "99999999999", "1.5", "(1..9)", "(1..99999999)", "nil", "true"]
)  # fmt: skip
CALLS = st.builds(
    lambda name, arguments: f" | {name}" + (": " + ", ".join(arguments) if arguments else ""),
    st.sampled_from(sorted(FILTERS)),
    st.lists(PIECES, max_size=2),
)
HOLES = st.builds(lambda value, calls: value + "".join(calls), PIECES, st.lists(CALLS, max_size=6))
LEAVES = (
    st.builds(lambda hole: f"{{{{ {hole} }}}}", HOLES)
    | st.builds(lambda name, hole: f"{{% assign {name} = {hole} %}}", st.sampled_from("ab"), HOLES)
    | st.builds(lambda one, two: f"{{% cycle {one}, {two} %}}", PIECES, PIECES)
    | st.just("{% increment a %}")
)
TEXTS = st.recursive(
    LEAVES,
    lambda inner: st.builds(
        lambda form, over, body: form.format(over=over, body="".join(body)),
        st.sampled_from([
            "{{% for i in {over} %}}{body}{{% endfor %}}",
            "{{% for i in {over} reversed %}}{body}{{% else %}}{body}{{% endfor %}}",
            "{{% tablerow i in {over} cols: 2 %}}{body}{{% endtablerow %}}",
            "{{% capture a %}}{body}{{% endcapture %}}",
            "{{% if {over} contains a %}}{body}{{% else %}}{body}{{% endif %}}",
            "{{% ifchanged %}}{body}{{% endifchanged %}}",
            "{{% case {over} %}}{{% when a %}}{body}{{% endcase %}}",
        ]),
        PIECES,
        st.lists(inner, min_size=1, max_size=4),
    ),
    max_leaves=12,
)  # fmt: skip


@settings(max_examples=2 * settings().max_examples)
@given(TEXTS, st.sampled_from(["liquid", "html", "url"]))
def test_i5_any_text_is_filled_or_stopped_in_a_moment(text: str, dialect: Dialect) -> None:
    made: list[str] = []
    assert_quick(lambda: attempt(lambda: made.append(filled(text, dialect))))
    assert all(len(out) <= MAX_OUTPUT for out in made)


JOURNEY = """
kind: journey
id: greedy
version: 1
entry: {event: signup}
steps:
  act: {action: greedy_mail, on: {error: sorry}, next: done}
  sorry: {wait: PT1H, next: done}
  done: {end: completed}
---
kind: action
id: greedy_mail
channel: email
to: "#{profile.email}"
subject: Hello
text: "{% for i in profile.list %}{% for j in profile.list %}{{ i }}{% endfor %}{% endfor %}"
"""


def test_i5_the_person_takes_the_error_branch_and_nobody_else_does() -> None:
    """Also item 7 of the issue: one message is stopped, with an error of its own."""
    plan = compiled(COMMON + JOURNEY).plans["greedy"]
    many: JsonObject = {"email": "ann@example.org", "list": list(range(2_000))}
    ann = Person(plan, profile=many)
    trace = ann.signs_up(plan="basic")
    assert trace[-2:] == ["act not_sent:not_sent (template_error)", "sorry waiting"]
    assert ann.requests == []
    assert "loop" in str(ann.step_events[-2].detail)
    bob = Person(plan, profile={**many, "list": [1, 2]}, name="bob")
    assert bob.signs_up(plan="basic")[-1] == "act requested"


def mjml(body: str) -> str:
    return f"<mjml><mj-body>{body}</mj-body></mjml>"


SECTION = "<mj-section><mj-column><mj-text>x</mj-text></mj-column></mj-section>"


@pytest.mark.parametrize(
    "text",
    [
        mjml("<mj-wrapper>" * 5_000),
        mjml(SECTION * 2_000),
        mjml("<mj-text " + "a='x' " * 50_000 + ">"),
        mjml("<" * 200_000),
        mjml("<!--" * 50_000),
        '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]>' + mjml("&b;"),
        mjml("<mj-include path='/etc/passwd'/>"),
        mjml("<mj-include path='http://127.0.0.1/'/>"),
        "\0" * 100_000,
    ],
)
def test_i5_mjml_is_turned_into_html_or_refused_in_a_moment(text: str) -> None:
    def turn() -> None:
        try:
            made = html_of.__wrapped__(text)
        except MjmlError:
            return
        assert len(made) < 50 * len(text)

    assert_quick(turn)


@pytest.mark.parametrize("path", ["/etc/passwd", "http://127.0.0.1/", "../secrets/KEY"])
def test_i5_mjml_includes_nothing(path: str) -> None:
    with pytest.raises(MjmlError):
        html_of(mjml(f"<mj-include path='{path}'/>"))
