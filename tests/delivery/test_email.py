"""The mail channel against a real SMTP server on loopback."""

import smtplib
import ssl
from collections.abc import Iterator
from dataclasses import replace
from email import message_from_bytes, policy
from typing import Any
from urllib.parse import urlsplit

import pytest
from aiosmtpd.controller import Controller

from companion.delivery.channels import email
from companion.delivery.channels.base import Message
from companion.delivery.channels.email import EmailChannel, Refused, connect, hand_over
from tests.delivery.certificates import self_signed
from tests.delivery.conftest import NOON
from tests.running import free_port

MAIL = Message(
    "ana@example.org", "Hello 输液", "One\n.two\n..three\n", "<p>One</p>", "<id@example.org>", {"X-A": "b"}, "zh"
)


class Server:
    """Answers as told and keeps what it gets."""

    def __init__(self, **answers: str) -> None:
        self.answers, self.got, self.sessions = answers, [], 0
        self.controller = Controller(self, hostname="127.0.0.1", port=free_port())

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.controller.port}"

    async def handle_EHLO(
        self, server: Any, session: Any, envelope: Any, hostname: str, responses: list[str]
    ) -> list[str]:
        session.host_name = hostname
        self.sessions += 1
        return responses

    async def handle_MAIL(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:
        envelope.mail_from = address
        return self.answers.get("mail", "250 OK")

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:
        envelope.rcpt_tos.append(address)
        return self.answers.get("rcpt", "250 OK")

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        self.got.append(message_from_bytes(envelope.content, policy=policy.default))
        answer = self.answers.get("body", "250 OK")
        if answer == "drop":
            server.transport.abort()
        return answer


@pytest.fixture
def serve() -> Iterator[Any]:
    """Start servers that answer as told."""
    started: list[Server] = []

    def start(**answers: str) -> Server:
        server = Server(**answers)
        server.controller.start()
        started.append(server)
        return server

    yield start
    for server in started:
        server.controller.stop()


def send(server: Server, *messages: Message) -> list[Any]:
    channel = EmailChannel(server.url, "MMN Companion <companion@example.org>")
    outcomes = [channel.hand_in(message, NOON) for message in messages]
    channel.hang_up()
    return outcomes


def test_a_mail_arrives_whole(serve):
    server = serve()
    assert [outcome.result for outcome in send(server, MAIL)] == ["accepted"]
    mail = server.got[0]
    assert (mail["To"], mail["Subject"], mail["Message-ID"]) == (MAIL.to, MAIL.subject, MAIL.message_id)
    assert mail["From"] == "MMN Companion <companion@example.org>"
    assert mail["Date"].datetime == NOON
    assert (mail["Content-Language"], mail["Auto-Submitted"], mail["X-A"]) == ("zh-Hans", "auto-generated", "b")
    assert mail.get_body(("plain",)).get_content().replace("\r\n", "\n") == MAIL.text
    assert mail.get_body(("html",)).get_content().strip() == MAIL.html


def test_several_mails_share_a_connection(serve):
    server = serve()
    send(server, MAIL, replace(MAIL, message_id="<2@x>"), replace(MAIL, message_id="<3@x>"))
    assert (len(server.got), server.sessions) == (3, 1)


@pytest.mark.parametrize(
    ("answers", "result"),
    [
        ({"rcpt": "451 4.7.1 greylisted"}, "temporary"),
        ({"rcpt": "550 5.1.1 unknown"}, "permanent_address"),
        ({"rcpt": "550 no such user"}, "permanent_address"),
        ({"rcpt": "550 5.7.1 relaying denied"}, "our_fault"),
        ({"rcpt": "552 full"}, "temporary"),
        ({"mail": "550 sender refused"}, "our_fault"),
        ({"mail": "421 busy"}, "temporary"),
        ({"body": "451 try later"}, "temporary"),
        ({"body": "554 no"}, "our_fault"),
        ({"body": "drop"}, "maybe_sent"),
    ],
)
def test_what_the_server_answers_becomes_an_outcome(serve, answers, result):
    assert send(serve(**answers), MAIL)[0].result == result


def test_a_refusal_does_not_spoil_the_next_mail(serve):
    server = serve(rcpt="550 5.1.1 unknown")
    assert [outcome.result for outcome in send(server, MAIL, MAIL)] == ["permanent_address"] * 2


def test_a_server_that_is_not_there_is_asked_once():
    outcomes = send(Server(), MAIL, MAIL)
    assert [outcome.result for outcome in outcomes] == ["temporary"] * 2
    assert outcomes[0] is outcomes[1]
    assert outcomes[0].detail == "connect ConnectionRefusedError"


def test_a_line_break_in_a_header_is_refused(serve):
    with pytest.raises(ValueError, match=r"[Hh]eader"):
        send(serve(), replace(MAIL, subject="x\nBcc: all@example.org"))


def test_beyond_loopback_there_is_no_mail_without_tls(serve, monkeypatch):
    server = serve()
    monkeypatch.setattr(email, "is_loopback", lambda host: False)
    assert [outcome.result for outcome in send(server, MAIL)] == ["our_fault"]
    assert server.got == []


def test_a_certificate_nobody_vouches_for_is_refused(tmp_path):
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(*self_signed(tmp_path))
    server = Server()
    server.controller = Controller(server, hostname="127.0.0.1", port=free_port(), ssl_context=context)
    server.controller.start()
    try:
        channel = EmailChannel(server.url.replace("smtp:", "smtps:"), "companion@example.org")
        outcome = channel.hand_in(MAIL, NOON)
    finally:
        server.controller.stop()
    assert outcome.result in ("temporary", "our_fault")
    assert "SSLCertVerificationError" in outcome.detail
    assert server.got == []


def test_an_international_address_needs_a_server_that_takes_it(serve):
    server = connect(urlsplit(serve().url), helo="example.org")
    server.esmtp_features.pop("smtputf8")
    with pytest.raises(Refused, match="502"):
        hand_over(server, "a@example.org", "安娜@example.org", b"Subject: x\r\n\r\nx\r\n")
    server.close()


def test_hanging_up_is_never_an_error(serve):
    server = serve()
    channel = EmailChannel(server.url, "companion@example.org")
    channel.hand_in(MAIL, NOON)
    assert isinstance(channel._server, smtplib.SMTP)
    channel._server.close()
    channel.hang_up()
    channel.hang_up()
