from __future__ import annotations

import time

import pytest

from journeys.channels.email import UNSUBSCRIBE, Email
from journeys.channels.tracking import (
    MAX_LINK,
    Followed,
    tracked,
    wants_unsubscribe,
)
from journeys.message_token import Use

ALL = Followed(opens=True, clicks=True)
CLICKS = Followed(opens=False, clicks=True)
NOTHING = Followed(opens=False, clicks=False)
PIXEL = '<img src="https://t.example/o" width="1" height="1" alt="" style="display:none">'


def link(use: Use, target: str | None) -> str:
    return f"https://t.example/{use}" + ("" if target is None else f"/{target}")


def html(text: str, followed: Followed) -> str | None:
    return tracked(Email("a@example.org", "s", "t", text), link, followed).html


@pytest.mark.parametrize(
    ("written", "then"),
    [
        ('<a href="https://a.example/x">', '<a href="https://t.example/c/https://a.example/x">'),
        ("<a href='http://a.example/'>", '<a href="https://t.example/c/http://a.example/">'),
        (
            "<a href=https://a.example/ id=1>",
            '<a href="https://t.example/c/https://a.example/" id=1>',
        ),
        (
            '<A CLASS="x>y"\n HREF = "HTTPS://a.example/">',
            '<A CLASS="x>y"\n HREF = "https://t.example/c/HTTPS://a.example/">',
        ),
        (
            '<area href="https://a.example/?a=1&amp;b=2">',
            '<area href="https://t.example/c/https://a.example/?a=1&amp;b=2">',
        ),
        ('<a href="mailto:a@example.org">', None),
        ('<a href="#top">', None),
        ('<a href="/here">', None),
        ('<a href="">', None),
        ('<a href="https://">', None),
        ('<a href="javascript:alert(1)">', None),
        ('<a href="http://[bad/">', None),
        ('<a name="x">', None),
        (
            '<a title="a href=https://no.example/" href="https://a.example/">',
            '<a title="a href=https://no.example/" href="https://t.example/c/https://a.example/">',
        ),
        ('<a data-href="https://a.example/">', None),
        ('<link href="https://a.example/style.css">', None),
        ('<abbr href="https://a.example/">', None),
        ('see https://a.example/ or href="https://a.example/"', None),
        ("<a <a <a", None),
    ],
)
def test_links_that_a_reader_follows_lead_by_way_of_the_receiver(
    written: str, then: str | None
) -> None:
    assert html(written, CLICKS) == (written if then is None else then)
    assert html(written, NOTHING) == written


def test_the_target_is_what_the_link_says_and_not_how_it_is_escaped() -> None:
    targets = []

    def noting(use: Use, target: str | None) -> str:
        targets.append(target)
        return link(use, None)

    tracked(
        Email("a@example.org", "s", "t", '<a href="https://a.example/?a=1&amp;b=2">'),
        noting,
        CLICKS,
    )
    assert targets == ["https://a.example/?a=1&b=2"]


def test_a_link_that_would_be_too_long_stays() -> None:
    written = f'<a href="https://a.example/{"x" * MAX_LINK}">'
    assert html(written, CLICKS) == written


@pytest.mark.parametrize(
    ("written", "then"),
    [
        ("<html><body>Hi</body></html>", f"<html><body>Hi{PIXEL}</body></html>"),
        ("<p>Hi", f"<p>Hi{PIXEL}"),
        ("<BODY>&lt;/body></BODY >", f"<BODY>&lt;/body>{PIXEL}</BODY >"),
    ],
)
def test_a_pixel_stands_last_in_the_body(written: str, then: str) -> None:
    assert html(written, ALL) == then


def test_a_text_without_html_gets_no_pixel_and_keeps_its_links() -> None:
    plain = Email("a@example.org", "s", "see https://a.example/")
    assert tracked(plain, link, ALL) == plain


def test_the_place_of_the_link_to_unsubscribe_is_filled_everywhere_and_never_followed() -> None:
    email = Email(
        "a@example.org",
        "s",
        f"Enough? {UNSUBSCRIBE}",
        f'<a href="{UNSUBSCRIBE}">Enough?</a>',
        unsubscribe_url=UNSUBSCRIBE,
    )
    assert wants_unsubscribe(email)
    done = tracked(email, link, ALL)
    assert done.text == "Enough? https://t.example/u"
    assert done.html == f'<a href="https://t.example/u">Enough?</a>{PIXEL}'
    assert done.unsubscribe_url == "https://t.example/u"
    assert not wants_unsubscribe(done)


def test_a_link_to_unsubscribe_that_the_author_gives_stays() -> None:
    email = Email("a@example.org", "s", "t", unsubscribe_url="https://a.example/u")
    assert not wants_unsubscribe(email)
    assert tracked(email, link, ALL) == email


@pytest.mark.parametrize(
    "piece", ["<a ", '<a "', "<a '", '<a href="', "<a x='\"", "<a href= ", "<a x   "]
)
def test_no_html_takes_long(piece: str) -> None:
    began = time.process_time()
    html(piece * (200_000 // len(piece)), CLICKS)
    assert time.process_time() - began < 2
