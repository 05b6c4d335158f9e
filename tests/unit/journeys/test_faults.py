"""The pages on faults."""

from __future__ import annotations

import pytest

from journeys.diagnostics import Code
from journeys.faults import FAMILIES, fault_page, read_page, without_links


@pytest.mark.parametrize("code", Code)
def test_every_fault_has_a_page_of_the_form(code: Code) -> None:
    page = fault_page(code)
    assert page.title[0].isupper()
    assert not page.title.endswith(".")
    assert page.meaning.endswith(".")
    assert page.example.endswith("\n")
    assert page.remedy.endswith(".")
    assert code[:4] in FAMILIES


def test_titles_tell_faults_from_one_another() -> None:
    assert len({fault_page(code).title for code in Code}) == len(Code)


def test_a_page_of_another_form_is_refused() -> None:
    with pytest.raises(ValueError, match="a page is a title"):
        read_page("# Title\n\nNo example.\n")


def test_links_leave_their_names() -> None:
    assert without_links("see [definitions](definitions.md#x) and [a](b)") == (
        "see definitions and a"
    )
