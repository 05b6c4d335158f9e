"""Secrets in files. Those that look like real ones are put together here, so none is stored."""

from __future__ import annotations

import pytest

from journeys.diagnostics import Code, Diagnostic
from tests.harness.plans import compiled

CALL = """
kind: action
id: call
channel: webhook
url: https://crm.example/x
body: {{{field}: {value}}}
"""
LETTERS = "Aa1Bb2Cc3Dd4Ee5Ff6Gg7Hh8Ii9Jj0Kk1Ll2Mm3"


def found(field: str, value: str) -> list[Diagnostic]:
    text = CALL.format(field=field, value=f"'{value}'")
    return [d for d in compiled(text).diagnostics if d.code is Code.SECRET_WRITTEN]


@pytest.mark.parametrize(
    "value",
    [
        "sk_" + "live_" + LETTERS[:24],
        "AKIA" + "ABCDEFGHIJKLMNOP",
        "gh" + "p_" + LETTERS[:36],
        "xox" + "b-1234567890-abcdef",
        "AIza" + LETTERS[:35],
        "eyJ" + "hbGciOiJIUzI1NiJ9." + "eyJ" + "zdWIiOiIxIn0x." + "abcDEF123",
        "-----BEGIN RSA " + "PRIVATE KEY-----",
        "https://shop:" + "s3cr3t" + "@db.example/x",
    ],
)
def test_keys_of_well_known_forms_are_told_wherever_they_stand(value: str) -> None:
    (fault,) = found("note", value)
    assert fault.severity == "error"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("password", "hunter22"),
        ("X-Api-Key", "7d1f0c3b9a"),
        ("client_secret", "tea-and-biscuits-at-four"),
        ("Authorization", "Bearer 4f9ac21be07d"),
        ("authorization", "basic YW5uOmFubg9"),
        ("accessToken", "a1b2c3d4"),
    ],
)
def test_a_literal_under_a_telling_name_is_told(field: str, value: str) -> None:
    assert len(found(field, value)) == 1


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("password", "${secret:PASSWORD}"),
        ("password", "${env:PASSWORD:-hunter22}"),
        ("token", "#{profile.pushToken}"),
        ("token", "{{ params.token2 }}"),
        ("Authorization", "Bearer ${secret:CRM_TOKEN}"),
        ("Authorization", "none"),
        ("token", "your-token"),
        ("token", "<token1234>"),
        ("token", "xxxxxxxxxxxxxxxxxxxxxxxxx"),
        ("secret", "no"),
        ("token_type", "bearer12345"),
        ("note", "hunter22"),
        ("url", "https://crm.example:8443/x@y"),
        ("note", "a@b.example"),
    ],
)
def test_holes_placeholders_and_words_are_no_secrets(field: str, value: str) -> None:
    assert found(field, value) == []


def test_a_secret_is_not_told_any_further() -> None:
    text = CALL.format(field="password", value="hunter22")
    told = "".join(d.render({"project.yaml": text}) for d in compiled(text).diagnostics)
    assert "password: ********" in told
    assert "hunter22" not in told


def test_a_secret_in_the_settings_is_told() -> None:
    settings = "channels: {webhook: {note: {api_key: 7d1f0c3b9a}}}"
    codes = [
        d.code
        for d in compiled(
            CALL.format(field="a", value="b"), {"journeys.yaml": settings}
        ).diagnostics
    ]
    assert codes == [Code.SECRET_WRITTEN]
