from __future__ import annotations

import re
from xml.etree import ElementTree as ET

import pytest

from journeys.graph import svg
from tests.harness.picture import EVERY_KIND, HARD
from tests.harness.plans import RICH, SIMPLE, plan_of, plans_of

NS = {"s": "http://www.w3.org/2000/svg"}


def drawn(text: str) -> ET.Element:
    return ET.fromstring(svg(plan_of(text)))


@pytest.mark.parametrize("text", [RICH, HARD, EVERY_KIND])
def test_a_picture_is_well_formed_and_the_same_every_time(text: str) -> None:
    first, again = (svg(plans_of(text + "---" + SIMPLE)[0]) for _ in range(2))
    assert ET.fromstring(first).tag == "{http://www.w3.org/2000/svg}svg"
    assert first == again


def test_a_picture_fetches_nothing() -> None:
    text = svg(plan_of(HARD)).replace(NS["s"], "").replace("https://crm.example", "")
    assert "http" not in text
    assert "<script" not in text
    assert "@import" not in text
    assert set(re.findall(r"url\(([^)]*)\)", text)) == {"#hard.to-draw-arrow"}


def test_a_picture_tells_itself_to_who_cannot_see_it() -> None:
    root = drawn(RICH)
    assert root.get("role") == "img"
    title, description = (root.find(f"s:{tag}", NS) for tag in ("title", "desc"))
    assert title is not None
    assert description is not None
    assert root.get("aria-labelledby") == f"{title.get('id')} {description.get('id')}"
    assert title.text == "rich v3: Everything"
    assert "ask leads to race (error)." in (description.text or "")


def test_what_is_cut_stands_whole_in_the_tooltip() -> None:
    texts = [text.text or "" for text in drawn(HARD).iterfind(".//s:text", NS)]
    assert any(text.endswith("…") for text in texts)
    tooltips = [title.text or "" for title in drawn(HARD).iterfind(".//s:g/s:title", NS)]
    whole = "greet_everybody_with_the_longest_possible_name_of_a_step"
    assert any(tooltip.startswith(whole) for tooltip in tooltips)
    assert not any("…" in tooltip for tooltip in tooltips)
    assert "1. very big spenders from the north" in tooltips


def test_loops_and_failed_ends_are_told_apart_by_more_than_colour() -> None:
    root = drawn(HARD)
    assert len(root.findall(".//s:g[@class='way back']", NS)) == 4
    style = root.find("s:style", NS)
    assert style is not None
    assert "stroke-dasharray" in (style.text or "")
    (failed,) = root.findall(".//s:g[@class='failed']", NS)
    assert "the walk fails" in [text.text for text in failed.iterfind("s:text", NS)]
