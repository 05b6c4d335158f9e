from __future__ import annotations

import email
import email.policy
from email.message import EmailMessage

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.mime import Envelope, Mailbox, ascii_domain, build_envelope
from journeys.channels import Email
from journeys.errors import CodecError
from journeys.messages import ActionRequest

SHOP = Mailbox("The Shop", "shop@example.org")
CONTROLS = {*map(chr, [*range(9), 11, 12, *range(14, 32), 127])}


def request(request_id: str = "0123456789abcdef0123456789abcdef") -> ActionRequest:
    return ActionRequest(
        request_id=request_id, profile_id="p", instance_id="i", journey_id="j", journey_version=1,
        step_id="s", action_id="a", channel="email", endpoint="smtp", message={}, timeout_ms=1,
        max_attempts=1, requested_at=1_700_000_000_000,
    )  # fmt: skip


def written(message: Email, sender: Mailbox = SHOP) -> Envelope:
    return build_envelope(message, request(), sender)


def read(envelope: Envelope) -> EmailMessage:
    return email.message_from_bytes(
        envelope.content, _class=EmailMessage, policy=email.policy.default
    )


def body(mail: EmailMessage, kind: str) -> str:
    part = mail.get_body((kind,))
    assert part is not None
    text: str = part.get_content()
    return text.replace("\r\n", "\n")


def test_text_and_html_are_alternatives_in_that_order() -> None:
    mail = read(written(Email("a@example.org", "Grüße", "Hallo Jörg\n", "<p>Hallo Jörg</p>\n")))
    assert mail.get_content_type() == "multipart/alternative"
    kinds = [part.get_content_type() for part in mail.iter_parts()]
    assert kinds == ["text/plain", "text/html"]
    assert mail["Subject"] == "Grüße"
    assert body(mail, "plain") == "Hallo Jörg\n"
    assert body(mail, "html") == "<p>Hallo Jörg</p>\n"
    assert mail.defects == []


@pytest.mark.parametrize(
    ("message", "content_type"),
    [
        (Email("a@example.org", "s", "t"), "text/plain"),
        (Email("a@example.org", "s", "", "<p>x</p>"), "text/html"),
    ],
)
def test_one_form_alone_is_one_part(message: Email, content_type: str) -> None:
    assert read(written(message)).get_content_type() == content_type


def test_the_headers_identify_the_request_and_repeat_exactly() -> None:
    message = Email(
        "a@example.org",
        "s",
        "t",
        reply_to="help@example.org",
        language="fr-CA",
        unsubscribe_url="https://example.org/" + "u" * 800,
    )
    mail = read(written(message))
    assert mail["Message-ID"] == "<0123456789abcdef0123456789abcdef@example.org>"
    assert mail["X-Journey-Request"] == "0123456789abcdef0123456789abcdef"
    assert mail["Date"] == "Tue, 14 Nov 2023 22:13:20 +0000"
    assert mail["From"] == "The Shop <shop@example.org>"
    assert mail["To"] == "a@example.org"
    assert mail["Reply-To"] == "help@example.org"
    assert mail["Content-Language"] == "fr-CA"
    assert mail["List-Unsubscribe"] == f"<https://example.org/{'u' * 800}>"
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert written(message) == written(message)


def test_one_click_is_promised_only_where_the_link_is_https() -> None:
    mail = read(written(Email("a@example.org", "s", "t", unsubscribe_url="http://example.org/u")))
    assert mail["List-Unsubscribe"] == "<http://example.org/u>"
    assert mail["List-Unsubscribe-Post"] is None


def test_a_request_id_of_any_form_stays_one_header() -> None:
    envelope = build_envelope(Email("a@example.org", "s", "t"), request("a>\r\nBcc: b"), SHOP)
    assert read(envelope)["Message-ID"] == "<a%3E%0D%0ABcc%3A%20b@example.org>"
    assert read(envelope)["Bcc"] is None


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("a@bücher.example", "a@xn--bcher-kva.example"),
        ("a@straße.example", "a@xn--strae-oqa.example"),
        ("jörg@bücher.example", "jörg@xn--bcher-kva.example"),
        ("a@Example.org", "a@Example.org"),
    ],
)
def test_a_domain_travels_in_ascii(address: str, expected: str) -> None:
    assert ascii_domain(address) == expected


def test_a_domain_that_cannot_exist_is_refused() -> None:
    with pytest.raises(CodecError, match="domain"):
        ascii_domain("a@\u0301x.example")


def test_only_a_local_part_outside_ascii_needs_a_server_with_smtputf8() -> None:
    assert not written(Email("a@bücher.example", "ü", "ü")).needs_utf8
    assert written(Email("jörg@example.org", "s", "t")).needs_utf8
    assert written(Email("a@example.org", "s", "t", reply_to="jörg@example.org")).needs_utf8
    assert read(written(Email("jörg@example.org", "s", "t")))["To"] is not None


@pytest.mark.parametrize(
    "name", ["Shop", 'The "Shop", Inc.', "Größe & Söhne", "=?utf-8?q?x?=", "a\\b", "<x@y.z>"]
)
def test_a_sender_name_of_any_form_stays_a_name(name: str) -> None:
    mail = read(written(Email("a@example.org", "s", "t"), Mailbox(name, "shop@example.org")))
    (sender,) = mail["From"].addresses
    assert sender.addr_spec == "shop@example.org"
    assert sender.display_name == name


def test_a_subject_cannot_pose_as_an_encoded_word() -> None:
    subject = "=?utf-8?q?Bank?= Hello"
    assert read(written(Email("a@example.org", subject, "t")))["Subject"] == subject


def test_control_characters_are_left_out_of_bodies() -> None:
    mail = read(written(Email("a@example.org", "s", "a\x00b\x08\tc\x7f\x1bd\n", "<p>\x00</p>\n")))
    assert body(mail, "plain") == "ab\tcd\n"
    assert body(mail, "html") == "<p></p>\n"


@settings(deadline=None)
@given(
    subject=st.text(
        st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"]), min_size=1, max_size=200
    ),
    text=st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=300),
    html=st.none() | st.text(st.sampled_from("<p>é\r\n.=_-日 "), min_size=1, max_size=200),
)
def test_any_text_arrives_whole_in_short_ascii_lines(
    subject: str, text: str, html: str | None
) -> None:
    content = written(Email("a@example.org", subject, text, html)).content
    lines = content.split(b"\r\n")
    assert content.isascii()
    assert not any(b"\r" in line or b"\n" in line for line in lines)
    assert max(map(len, lines)) <= 998
    assert content.endswith(b"\r\n")
    mail = read(written(Email("a@example.org", subject, text, html)))
    headers = {"From", "To", "Subject", "Date", "Message-ID", "X-Journey-Request", "MIME-Version",
               "Content-Type", "Content-Transfer-Encoding"}  # fmt: skip
    assert set(mail.keys()) <= headers
    kept = "".join(c for c in text.replace("\r\n", "\n").replace("\r", "\n") if c not in CONTROLS)
    assert body(mail, "plain") == (kept if kept.endswith("\n") else kept + "\n")


def test_an_action_may_say_who_writes_and_the_mail_goes_back_to_the_deployment() -> None:
    message = Email("a@example.org", "s", "t", from_name="Tea Club", from_address="club@bücher.org")
    envelope = written(message)
    assert envelope.sender == "shop@example.org"
    mail = read(envelope)
    assert mail["From"] == "Tea Club <club@xn--bcher-kva.org>"
    assert str(mail["Message-ID"]).endswith("@example.org>")
    only_name = read(written(Email("a@example.org", "s", "t", from_name="Café, Paris")))
    assert only_name["From"] == '"Café, Paris" <shop@example.org>'


def test_a_preheader_stands_before_the_page_and_never_in_the_text() -> None:
    message = Email("a@example.org", "s", "t", "<body><p>x</p>", preheader="Tea & cake")
    mail = read(written(message))
    assert body(mail, "plain") == "t\n"
    assert ">Tea &amp; cake&#847;" in body(mail, "html")


def test_who_writes_cannot_add_a_header() -> None:
    with pytest.raises(CodecError, match=r"email\.from_name"):
        Email("a@example.org", "s", "t", from_name="Shop\r\nBcc: b@example.org")
    with pytest.raises(CodecError, match=r"email\.from_address"):
        Email("a@example.org", "s", "t", from_address="a@example.org\r\nBcc: b@example.org")
