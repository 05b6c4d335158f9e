from __future__ import annotations

import pytest

from journeys.channels import Email
from journeys.channels.email import UNSUBSCRIBE, check_address
from journeys.draft import Situation, draft
from journeys.errors import CodecError
from journeys.profile import Profile
from tests.harness.plans import compiled


@pytest.mark.parametrize(
    "address",
    [
        "a@example.org",
        "first.last+tag@sub.example.org",
        "o'brien@example.org",
        "jörg@example.org",
        "info@bücher.example",
        "用户@例子.中国",
        "root@localhost",
    ],
)
def test_plain_addresses_of_any_script_are_taken(address: str) -> None:
    check_address("email.to", address)


@pytest.mark.parametrize(
    "address",
    [
        "",
        "a",
        "@example.org",
        "a@",
        "a@@example.org",
        "a@b@example.org",
        "a@example.org,b@example.org",
        "a@example.org;b@example.org",
        "A <a@example.org>",
        '"a b"@example.org',
        "a b@example.org",
        ".a@example.org",
        "a..b@example.org",
        "a@example..org",
        "a@-example.org",
        "a@exa mple.org",
        "a@[127.0.0.1]",
        "a@example.org\n",
        "a@example.org\r\nBcc: b@example.org",
        "a\x00@example.org",
        "a\u2028b@example.org",
        "a\u202e@example.org",
        "a@exam\ud800ple.org",
        "x" * 65 + "@example.org",
        "a@" + "x" * 64 + ".org",
        "a@" + "x." * 130 + "org",
    ],
)
def test_what_is_not_one_plain_address_is_refused_by_the_name_of_its_field(address: str) -> None:
    with pytest.raises(CodecError, match=r"email\.to"):
        check_address("email.to", address)


def test_a_message_survives_its_json_form() -> None:
    message = Email(
        to="a@example.org",
        subject="Hello",
        text="Hi",
        html="<p>Hi</p>",
        reply_to="b@example.org",
        language="fr-CA",
        unsubscribe_url="https://example.org/u?t=1",
    )
    assert Email.from_json(message.to_json()) == message


def test_fields_that_are_not_set_are_not_written() -> None:
    assert Email("a@example.org", "s", "t").to_json() == {
        "to": "a@example.org",
        "subject": "s",
        "text": "t",
    }


def test_html_alone_is_a_mail() -> None:
    message = Email.from_json({"to": "a@example.org", "subject": "s", "html": "<p>x</p>"})
    assert message.text == ""


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"to": None}, "email.to"),
        ({"to": 5}, "email.to"),
        ({"subject": None}, "email.subject"),
        ({"subject": "a\nBcc: x@example.org"}, "email.subject"),
        ({"subject": "a\rb"}, "email.subject"),
        ({"subject": "a\x00b"}, "email.subject"),
        ({"subject": "a\u2028b"}, "email.subject"),
        ({"subject": "a\x85b"}, "email.subject"),
        ({"subject": "a" * 901}, "email.subject"),
        ({"text": None}, "email.text"),
        ({"text": ["x"]}, "email.text"),
        ({"text": "\ud800"}, "email.text"),
        ({"html": "\udfff"}, "email.html"),
        ({"reply_to": "nobody"}, "email.reply_to"),
        ({"language": "fr_CA"}, "email.language"),
        ({"unsubscribe_url": "javascript:x"}, "email.unsubscribe_url"),
        ({"unsubscribe_url": "https://e.org/>,<x"}, "email.unsubscribe_url"),
        ({"bcc": "x@example.org"}, "email.bcc"),
    ],
)
def test_a_field_that_cannot_be_sent_is_named(change: dict[str, object], field: str) -> None:
    message = {"to": "a@example.org", "subject": "s", "text": "t"} | change
    with pytest.raises(CodecError, match=field):
        Email.from_json(message)  # type: ignore[arg-type]


def test_a_page_of_the_authors_own_takes_the_place_of_the_link() -> None:
    email = Email.from_json(
        {
            "to": "a@example.org",
            "subject": "s",
            "text": f"No more: {UNSUBSCRIBE}",
            "html": f'<a href="{UNSUBSCRIBE}">No more</a>',
            "unsubscribe_url": "https://shop.example/bye?a=1&b=2",
        }
    )
    assert email.text == "No more: https://shop.example/bye?a=1&b=2"
    assert email.html == '<a href="https://shop.example/bye?a=1&amp;b=2">No more</a>'
    assert email.unsubscribe_url == "https://shop.example/bye?a=1&b=2"


@pytest.mark.parametrize(
    ("written", "url"),
    [
        ("unsubscribe: true", UNSUBSCRIBE),
        ("unsubscribe: false", None),
        ("label: nothing is said", None),
        ("text: 'Bye: {{ unsubscribe_url }}'", UNSUBSCRIBE),
        ("text: '{{ unsubscribe_url }}'\nunsubscribe: false", None),
        ("unsubscribe: 'https://shop.example/{{ profile.id }}'", "https://shop.example/ann"),
    ],
)
def test_an_author_says_how_people_unsubscribe(written: str, url: str | None) -> None:
    text = (
        "kind: action\nid: mail\nchannel: email\ncategory: marketing\nto: a@example.org\n"
        f"subject: Hi\nhtml: <p>Hi</p>\n{written}\n"
    )
    action = compiled(text).actions["mail"]
    found = draft(action, Situation(Profile("ann"), 0)).request
    assert found is not None
    assert found.message.get("unsubscribe_url") == url
