"""Plain text made of HTML, and the line before it."""

from __future__ import annotations

import pytest

from journeys.channels.html_text import text_of, with_preheader
from journeys.channels.mjml import html_of
from tests.harness.plans import compiled

WRITTEN = {
    "paragraphs": ("<p>One\n  two</p><p>Three</p>", "One two\n\nThree"),
    "line breaks": ("One<br>two<br/>three", "One\ntwo\nthree"),
    "lists": ("<ul><li>a</li><li>b</li></ul>", "- a\n- b"),
    "links": ('<a href="https://a.example">Shop</a>', "Shop (https://a.example)"),
    "links that say where": ('<a href="https://a.example">https://a.example</a>',
                             "https://a.example"),
    "links without words": ('<a href="https://a.example"><img></a>', "https://a.example"),
    "links within a page": ('<a href="#top">Up</a>', "Up"),
    "pictures": ('<img src="x.png" alt="A cup">', "A cup"),
    "what nobody sees": ("<head><title>T</title><style>p {}</style></head><p>Hi</p>", "Hi"),
    "what is hidden": ("<div style='DISPLAY: none'><div>no<br>no</div>no</div><p>Hi</p>", "Hi"),
    "a picture that is hidden": ("<img style='display:none' alt='no'><p>Hi</p>", "Hi"),
    "a script that is never closed": ("<p>Hi</p><script>x", "Hi"),
    "comments": ("<!-- no --><!--[if mso]><p>old</p><![endif]--><p>Hi</p>", "Hi"),
    "entities": ("<p>Tea &amp; cake &eacute; &#233;</p>", "Tea & cake é é"),
    "tables": ("<table><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></table>", "a b\n\nc"),
    "holes": ("<p>Hi {{ profile.name | default: '<b>' }}</p>",
              "Hi {{ profile.name | default: '<b>' }}"),
    "holes in links": ('<a href="{{ links.shop }}">Shop</a>', "Shop ({{ links.shop }})"),
    "tags of Liquid": ("{% if a<b %}<p>x</p>{% endif %}", "{% if a<b %}\n\nx\n\n{% endif %}"),
    "nothing closed": ("<p>One<p>Two<a href='x'>", "One\n\nTwo"),
    "nothing": ("", ""),
    "characters for private use": ("<p>\ue0000\ue001</p>", "0"),
}  # fmt: skip


@pytest.mark.parametrize(("html", "text"), WRITTEN.values(), ids=WRITTEN)
def test_html_is_written_as_text(html: str, text: str) -> None:
    assert text_of(html) == text


def test_mjml_becomes_text_too() -> None:
    page = html_of(
        "<mjml><mj-head><mj-preview>Before</mj-preview></mj-head><mj-body><mj-section><mj-column>"
        "<mj-text>Hello {{ profile.name }}</mj-text>"
        '<mj-button href="https://a.example">Go</mj-button></mj-column></mj-section></mj-body></mjml>'
    )
    assert text_of(page) == "Hello {{ profile.name }}\n\nGo (https://a.example)"


def test_the_line_before_a_page_is_its_first_text() -> None:
    page = with_preheader("<html><body class='a'><p>Hi</p></body></html>", "Tea & <b>cake</b>")
    assert page.startswith("<html><body class='a'><div style=\"display:none")
    assert page.index("Tea &amp; &lt;b&gt;cake") < page.index("<p>Hi</p>")
    assert text_of(page) == "Hi"
    assert with_preheader("<p>Hi</p>", "Tea").endswith("</div><p>Hi</p>")


def test_an_email_of_html_alone_gets_its_text_when_it_is_compiled() -> None:
    text = (
        "kind: action\nid: mail\nchannel: email\ncategory: transactional\nto: a@example.org\n"
        "subject: Hi\nbody: page.html\n"
    )
    page = "<p>Hi {{ profile.name }}</p><p><a href='{{ unsubscribe_url }}'>No more</a></p>"
    message = compiled(text, {"page.html": page}).actions["mail"].message[1]
    assert message["text"] == [
        "liquid",
        "Hi {{ profile.name }}\n\nNo more ({{ unsubscribe_url }})",
    ]
    assert message["unsubscribe_url"] == ["value", "https://unsubscribe.invalid/"]
