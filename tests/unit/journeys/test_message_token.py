from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from journeys.message_token import MAX_TOKEN, MessageToken, TokenError, Use, read_token, write_token

KEY, FORMER, OTHER = b"k" * 16, b"f" * 16, b"o" * 16
OPEN = MessageToken(Use.OPEN, "ann", "r1", "email")
TEXTS = st.text(st.characters(exclude_categories=["Cs"]))


@given(st.sampled_from(Use), TEXTS, TEXTS, TEXTS, st.none() | TEXTS)
def test_what_is_written_is_read(
    use: Use, profile: str, request: str, channel: str, target: str | None
) -> None:
    token = MessageToken(use, profile, request, channel, target)
    text = write_token(token, KEY)
    assert read_token(text, [KEY], use) == token
    assert text.isascii()
    assert text.replace("-", "").replace("_", "").isalnum(), "it needs no escaping in a URL"


def test_a_token_keeps_its_text_for_as_long_as_its_format_is_read() -> None:
    text = "aCvDbdQX6jZ6UucxNGvdXA1sibyIsImFubiIsInIxIiwiZW1haWwiXQ"
    assert write_token(OPEN, KEY) == text
    assert read_token(text, [KEY], Use.OPEN) == OPEN


def test_a_former_key_counts_and_another_does_not() -> None:
    text = write_token(OPEN, FORMER)
    assert read_token(text, [KEY, FORMER], Use.OPEN) == OPEN
    for keys in ([KEY, OTHER], []):
        with pytest.raises(TokenError, match="not signed here"):
            read_token(text, keys, Use.OPEN)


def test_a_token_is_good_for_one_thing() -> None:
    text = write_token(OPEN, KEY)
    for use in set(Use) - {Use.OPEN}:
        with pytest.raises(TokenError, match="something else"):
            read_token(text, [KEY], use)


def test_no_octet_of_a_token_can_be_another() -> None:
    text = write_token(OPEN, KEY)
    octets = base64.urlsafe_b64decode(text[1:] + "=" * (-len(text[1:]) % 4))
    for place in range(len(octets)):
        changed = bytearray(octets)
        changed[place] ^= 1
        forged = "a" + base64.urlsafe_b64encode(changed).rstrip(b"=").decode()
        with pytest.raises(TokenError):
            read_token(forged, [KEY], Use.OPEN)


@pytest.mark.parametrize(
    "text",
    ["", "a", "b" + write_token(OPEN, KEY)[1:], "a!!!", "aé", "a" + "A" * MAX_TOKEN, "a\0", "a="],
)
def test_what_is_no_token_is_refused(text: str) -> None:
    with pytest.raises(TokenError):
        read_token(text, [KEY], Use.OPEN)
