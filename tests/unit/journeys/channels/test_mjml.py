"""MJML becomes HTML whose holes are filled later."""

from __future__ import annotations

import pytest

from journeys.channels.mjml import MjmlError, html_of
from tests.harness.person import Person
from tests.harness.plans import COMMON, compiled

TEXT = """<mjml><mj-body><mj-section><mj-column>
<mj-text>Hello {{ profile.firstName }}</mj-text>
</mj-column></mj-section></mj-body></mjml>
"""
JOURNEY = """
kind: action
id: remind
channel: email
category: transactional
to: "#{profile.email}"
subject: Hello
body: remind.mjml
---
kind: journey
id: reminding
version: 1
entry: {event: signup}
steps:
  remind: {action: remind}
"""


def test_an_email_is_sent_as_html_with_escaped_values() -> None:
    plans = compiled(COMMON + JOURNEY, {"remind.mjml": TEXT}).plans
    ann = Person(plans["reminding"], profile={"email": "a@example.org", "firstName": "<Ann>"})
    ann.signs_up()
    html = str(ann.requests[0].message["html"])
    assert "Hello &lt;Ann&gt;" in html
    assert "<table" in html
    assert "mj-" not in html.replace("mj-column", "").replace("mj-outlook", "")


def test_nothing_is_loaded_from_elsewhere() -> None:
    assert "http" not in html_of(TEXT).replace("http://www.w3.org", "").replace(
        "http-equiv", ""
    ).replace("schemas-microsoft-com", "")


def test_a_file_cannot_be_included() -> None:
    with pytest.raises(MjmlError, match="unable to load"):
        html_of('<mjml><mj-body><mj-include path="/etc/hostname"/></mj-body></mjml>')


def test_each_part_of_an_email_may_be_a_file() -> None:
    text = JOURNEY.replace("body: remind.mjml", "html: remind.mjml\ntext: remind.txt")
    files = {"remind.mjml": TEXT, "remind.txt": "Hello {{ profile.firstName }}, by text"}
    ann = Person(compiled(COMMON + text, files).plans["reminding"], profile={"email": "a@b.org"})
    ann.signs_up()
    assert "<table" in str(ann.requests[0].message["html"])
    assert ann.requests[0].message["text"] == "Hello , by text"


def test_a_part_that_names_no_file_is_told() -> None:
    text = JOURNEY.replace("body: remind.mjml", "html: gone.html\ntext: gone.txt")
    found = compiled(COMMON + text)
    assert [d.message for d in found.errors] == [
        "there is no file 'gone.html' in the project",
        "there is no file 'gone.txt' in the project",
    ]


@pytest.mark.parametrize("tag", ["mj-section", "mj-wrapper", "div"])
def test_tags_nested_beyond_the_stack_are_refused(tag: str) -> None:
    body = f"\n<{tag}>" * 100_000 + f"</{tag}>" * 100_000
    with pytest.raises(MjmlError, match="line 200 tags are nested deeper than 200 levels"):
        html_of(f"<mjml><mj-body>{body}</mj-body></mjml>")


def test_tags_without_an_end_open_no_level() -> None:
    text = "line<br>" * 300 + "<b>x</b>" * 300 + '<img src="https://a.example/b.png" />' * 300
    assert "line" in html_of(TEXT.replace("Hello", text))
