from __future__ import annotations

import re
from html.parser import HTMLParser

from journeys.graph import page
from tests.harness.picture import EVERY_KIND, HARD
from tests.harness.plans import RICH, SIMPLE, plans_of


class Seen(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.tags: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = dict(attrs)
        self.tags.append(tag)
        self.ids += [named["id"] or ""] if "id" in named else []
        self.links += [value or "" for name, value in attrs if name in ("href", "src")]
        if tag != "meta":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def seen(text: str) -> Seen:
    parser = Seen()
    parser.feed(text)
    parser.close()
    return parser


def test_a_page_shows_every_journey_and_links_to_it() -> None:
    found = seen(page("tea & <co>", plans_of(HARD + "---" + RICH)))
    assert found.open == []
    assert found.tags.count("svg") == found.tags.count("table") == 2
    assert found.links == ["#hard.to-draw", "#rich"]
    assert {"hard.to-draw", "rich"} <= set(found.ids)
    assert len(found.ids) == len(set(found.ids))


def test_a_page_says_what_holds_for_the_journey_as_a_whole() -> None:
    text = page("tea", plans_of(EVERY_KIND + "---" + SIMPLE)[:1])
    facts = dict(re.findall(r"<dt>(.*?)</dt><dd>(.*?)</dd>", text))
    assert facts["Version"] == "<p>1</p>"
    assert facts["Open from"] == "<p>2026-03-01T08:00:00.000Z</p>"
    assert facts["People in older versions"] == "<p>move</p><p>from old to choose</p>"
    assert "Open until" not in facts


def test_a_page_needs_nothing_from_elsewhere_and_runs_nothing() -> None:
    found = seen(page("tea", plans_of(HARD)))
    assert not {"script", "link", "img", "iframe"} & set(found.tags)


def test_what_authors_write_is_text_on_the_page() -> None:
    text = page("tea & <co>", plans_of(HARD))
    assert "<title>Journeys of tea &amp; &lt;co&gt;</title>" in text
    assert "<everything>" not in text
