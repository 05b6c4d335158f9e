"""Filters of our own: what they write in which language, and what they refuse."""

from __future__ import annotations

import pytest

from journeys.attributes import Attributes
from journeys.draft import Situation, draft
from journeys.expressions import Scope
from journeys.liquid_text import Dialect
from journeys.messages import JsonObject
from journeys.profile import Profile
from journeys.template import Names, TemplateError, fill, parse_template
from tests.harness.plans import compiled
from tests.harness.quickly import assert_quick, attempt

PROFILE: JsonObject = {
    "price": 1234.5,
    "text": "17.25",
    "name": "Zzyzx",
    "huge": 10**20,
    "long": "9" * 10_000,
    "currency": "CHF",
    "language": "de-AT",
    "none": None,
    "expires": "2026-07-01T20:30:00Z",
    "zone": "Asia/Tokyo",
    "item": {"sku": "É", "price": 60},
    "items": [{"sku": "É", "price": 60}, 7, None],
    "huges": [10**20],
}


def filled(text: str, language: str = "en", dialect: Dialect = "liquid") -> object:
    names = Names(Scope(profile=PROFILE, zone="Europe/Paris"), {}, {}, language)
    return fill(parse_template(text, dialect), names)


@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [
        ("en", "{{ profile.price | number }}", "1,234.5"),
        ("en", "{{ profile.price | number: 2 }}", "1,234.50"),
        ("en", "{{ profile.price | number: 0 }}", "1,234"),
        ("de", "{{ profile.price | number: 2 }}", "1.234,50"),
        ("fr", "{{ profile.price | number: 2 }}", "1 234,50"),
        ("hi", "{{ 1234567 | number }}", "12,34,567"),
        ("en", "{{ profile.text | number: 1 }}", "17.2"),
        ("en", "{{ 5.5 | money: 'EUR' }}", "€5.50"),
        ("de", "{{ 5.5 | money: 'EUR' }}", "5,50 €"),
        ("de-CH", "{{ 5.5 | money: profile.currency }}", "CHF 5.50"),
        ("en", "{{ 1234.5 | money: 'JPY' }}", "¥1,234"),
        ("en", "{{ 5.5 | money: 'EUR', language: 'de' }}", "5,50 €"),
        ("en", "{{ 5.5 | number: 2, language: profile.language }}", "5,50"),
        ("de", "{{ 5.5 | number: 2, language: profile.none }}", "5,50"),
        ("de-x-formal", "{{ 5.5 | number: 2 }}", "5,50"),
        ("pt_BR", "{{ 5.5 | money: 'BRL' }}", "R$ 5,50"),
        ("tlh", "{{ 5.5 | number: 2 }}", "5.50"),
        ("en", "{{ profile.none | money: 'EUR' }}{{ profile.other | number: 2 }}!", "!"),
    ],
)
def test_numbers_and_amounts_are_written_as_in_the_language(
    language: str, text: str, expected: str
) -> None:
    assert filled(text, language) == expected


def test_in_html_no_line_ends_between_an_amount_and_its_currency() -> None:
    assert filled("{{ 5.5 | money: 'EUR' }}", "de", "html") == "5,50\u00a0€"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{{ profile.name | number }}", "number: what stands before it is no number"),
        ("{{ true | number }}", "number: what stands before it is no number"),
        ("{{ 'nan' | money: 'EUR' }}", "money: what stands before it is no number"),
        ("{{ profile.long | number }}", "number: what stands before it is no number"),
        ("{{ profile.huge | number }}", "more than 15 digits"),
        ("{{ '1e999999999' | number: 2 }}", "more than 15 digits"),
        ("{{ '-inf' | number }}", "more than 15 digits"),
        ("{{ 1 | number: 11 }}", "its decimals must be a whole number from 0 to 10"),
        ("{{ 1 | number: 'a' }}", "its decimals must be a whole number from 0 to 10"),
        ("{{ 1 | money }}", "it needs a currency of ISO 4217"),
        ("{{ 1 | money: profile.name }}", "it needs a currency of ISO 4217"),
        ("{{ 1 | money: 'eur' }}", "it needs a currency of ISO 4217"),
        ("{{ 1 | money: 'EUR', language: profile.name }}", "its language is not known"),
        ("{{ 1 | number: language: 7 }}", "its language is not known"),
    ],
)
def test_what_cannot_be_written_is_an_error_that_says_what_to_do(text: str, said: str) -> None:
    with pytest.raises(TemplateError, match=said) as refused:
        filled(text)
    assert "Zzyzx" not in str(refused.value)


@pytest.mark.parametrize("filters", ["| number" * 200, "| money: 'EUR'", "| number: 2" * 20])
def test_no_loop_of_filters_takes_long(filters: str) -> None:
    text = f"{{% for i in (1..9999) %}}{{{{ i {filters} }}}}{{% endfor %}}"
    assert_quick(lambda: attempt(lambda: filled(text, "de")))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{{ profile.item }}", '{"sku":"É","price":60}'),
        ("{% echo profile.items %}", '[{"sku":"É","price":60},7,null]'),
        ("{{ profile.item | json }}", '{"sku":"É","price":60}'),
        ("{{ 'a\\b' | json }} {{ profile.none | json }} {{ profile.other | json }}",
         '"a\\\\b" null null'),
        ("{{ (1..3) | json }} {{ (1..3) }} {{ 1.5 | json }}", "[1,2,3] 1..3 1.5"),
        ("{{ profile.item | upcase }}", '{"SKU":"É","PRICE":60}'),
        ("{{ 'a' | append: profile.item | size }}", "23"),
        ("{{ profile.items | slice: 1, 2 }}", "[7,null]"),
        ("{{ 'a,b' | split: ',' }}", '["a","b"]'),
        ("{% assign a = profile.items | concat: profile.items %}{{ a | size }}", "6"),
    ],
)  # fmt: skip
def test_lists_and_objects_are_written_as_json(text: str, expected: str) -> None:
    assert filled(text) == expected


def test_json_stays_one_text_in_html_and_in_a_url() -> None:
    assert filled("{{ profile.item }}", dialect="html") == (
        "{&#34;sku&#34;:&#34;É&#34;,&#34;price&#34;:60}"
    )
    assert filled("?a={{ profile.item }}", dialect="url") == (
        "?a=%7B%22sku%22%3A%22%C3%89%22%2C%22price%22%3A60%7D"
    )


@pytest.mark.parametrize("text", ["{{ profile.huges }}", "{{ profile.huge | json }}"])
def test_what_json_cannot_hold_is_an_error(text: str) -> None:
    with pytest.raises(TemplateError, match="json: this cannot be written as JSON"):
        filled(text)


def test_json_of_lists_within_lists_is_bounded() -> None:
    doubled = "{% assign a = a | concat: a %}" * 40
    for shown in ("{{ a }}", "{{ a | json }}", "{{ (1..1000000000) | json }}"):
        text = "{% assign a = profile.items %}" + doubled + shown
        with pytest.raises(TemplateError, match="more work than"):
            filled(text)
    once = "{% for i in (1..9999) %}{{ profile.items }}{% endfor %}" * 100
    assert_quick(lambda: attempt(lambda: filled(once)))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{{ profile.expires | in_zone }}", "2026-07-01T22:30:00+02:00"),
        ("{{ profile.expires | in_zone | date: '%H:%M' }}", "22:30"),
        ("{{ profile.expires | in_zone: profile.zone | date: '%d %H:%M' }}", "02 05:30"),
        ("{{ profile.expires | in_zone: profile.none | date: '%H:%M' }}", "22:30"),
        ("{{ profile.expires | in_zone: '-03:00' | date: '%H:%M' }}", "17:30"),
        ("{{ '2026-01-01T00:00:00+01:00' | in_zone: 'UTC' }}", "2025-12-31T23:00:00+00:00"),
        ("{{ profile.none | in_zone | date: '%H' }}{{ profile.other | in_zone }}!", "!"),
    ],
)
def test_an_instant_is_shown_by_the_clocks_of_a_zone(text: str, expected: str) -> None:
    assert filled(text) == expected


def test_no_loop_of_zones_takes_long() -> None:
    chain = "| in_zone: 'Asia/Tokyo' | in_zone" * 100
    text = f"{{% for i in (1..9999) %}}{{{{ profile.expires {chain} }}}}{{% endfor %}}"
    with pytest.raises(TemplateError, match="more work than"):
        filled(text)
    assert_quick(lambda: attempt(lambda: filled(text)))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{{ profile.expires | in_zone: profile.name }}", "there is no such time zone"),
        ("{{ profile.expires | in_zone: '../../etc/passwd' }}", "there is no such time zone"),
        ("{{ profile.expires | in_zone: profile.long }}", "there is no such time zone"),
        ("{{ profile.none | in_zone: 'Europe/Pari' }}", "there is no such time zone"),
        ("{{ profile.name | in_zone }}", "is no instant"),
        ("{{ '2026-07-01' | in_zone }}", "is no instant"),
        ("{{ '2026-07-01T20:30:00' | in_zone }}", "is no instant"),
        ("{{ 5 | in_zone }}", "is no instant"),
        ("{{ '0001-01-01T00:00:00Z' | in_zone: '-03:00' }}", "is no instant"),
    ],
)
def test_no_zone_and_no_instant_are_errors(text: str, said: str) -> None:
    with pytest.raises(TemplateError, match=said) as refused:
        filled(text)
    assert "Zzyzx" not in str(refused.value)


MESSAGES = """
kind: action
id: mail
channel: email
category: transactional
to: ann@example.org
language: en
subject: "{{ 5.5 | money: 'EUR' }}"
body: "{{ 5.5 | number: 2 }}"
languages:
  de: { subject: "{{ 5.5 | money: 'EUR' }}" }
---
kind: action
id: note
channel: sms
category: transactional
to: "+33612345678"
language: fr
text: "{{ 1234.5 | number: 1 }}"
---
kind: action
id: plain
channel: sms
category: transactional
to: "+33612345678"
text: "{{ 1234.5 | number: 1 }}"
"""


@pytest.mark.parametrize(
    ("action", "field", "preferred", "expected"),
    [
        ("mail", "subject", "de-AT", "5,50 €"),
        ("mail", "text", "de-AT", "5,50"),
        ("mail", "subject", "nl", "€5.50"),
        ("note", "text", None, "1 234,5"),
        ("plain", "text", "de", "1,234.5"),
    ],
)
def test_a_message_writes_them_in_the_language_in_which_the_person_gets_it(
    action: str, field: str, preferred: str | None, expected: str
) -> None:
    project = compiled(MESSAGES)
    project.raise_errors()
    ann = Profile("ann", lambda: Attributes({"preferredLanguage": preferred}))
    found = draft(project.actions[action], Situation(ann, 0, rules=project.rules_of(action)))
    assert found.request is not None
    assert found.request.message[field] == expected
