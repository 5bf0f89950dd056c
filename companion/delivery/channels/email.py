"""Mail by a real SMTP server: TLS always verified, and plain text only on loopback."""

import asyncio
import re
import smtplib
import ssl
from datetime import datetime
from email.message import EmailMessage
from email.policy import EmailPolicy
from email.utils import format_datetime, parseaddr
from typing import Any
from urllib.parse import SplitResult, unquote, urlsplit

from companion.config import is_loopback
from companion.delivery.channels.base import AnyMessage, Message, Outcome
from companion.domain.retry import ACCEPTED, OUR_FAULT, outcome_of_smtp

TIMEOUT_SECONDS = 10.0
USUAL_PORTS = {"smtp": 587, "smtps": 465}
WHOLE = ("List-Unsubscribe",)
"""Headers that are one address, which Python would encode where it is longer than a line (RFC 8058 forbids it)."""
ASCII_ADDRESS = re.compile(r"[\x21-\x7e]+")
ENHANCED = re.compile(rb"[245]\.\d{1,3}\.\d{1,3}\b")


class MailPolicy(EmailPolicy):
    """Headers as mail servers want them; an address that mail programs open is neither encoded nor cut in two."""

    def fold(self, name: str, value: Any) -> str:
        """A header as text, with its line ends."""
        return f"{name}: {value}{self.linesep}" if name in WHOLE else super().fold(name, value)

    def fold_binary(self, name: str, value: Any) -> bytes:
        """The same as bytes."""
        return self.fold(name, value).encode("ascii") if name in WHOLE else super().fold_binary(name, value)


POLICY = MailPolicy(linesep="\r\n")


class Refused(Exception):
    """The server said no, or said nothing, at a step of `retry.SMTP_PHASES`; code None is a lost connection."""

    def __init__(self, phase: str, code: int | None, enhanced: str = "", kind: str = "") -> None:
        super().__init__(phase, code)
        self.phase, self.code, self.enhanced, self.kind = phase, code, enhanced, kind

    @property
    def outcome(self) -> Outcome:
        """What the refusal means. 5.7.x to a recipient is a policy against us, not a wrong address (RFC 3463)."""
        result = outcome_of_smtp(self.code, self.phase)
        if self.phase == "rcpt" and self.enhanced.startswith("5.7."):
            result = OUR_FAULT
        said = (self.phase, str(self.code or ""), self.enhanced, self.kind)
        return Outcome(result, " ".join(filter(None, said)))


def mime(message: Message, mail_from: str, now: datetime) -> EmailMessage:
    """The message as it travels: plain text, and HTML beside it where there is some.

    Raises ValueError when a header holds a line break.
    """
    mail = EmailMessage(policy=POLICY)
    mail["From"], mail["To"], mail["Subject"] = mail_from, message.to, message.subject
    mail["Date"] = format_datetime(now)
    mail["Message-ID"] = message.message_id
    mail["Auto-Submitted"] = "auto-generated"
    for name, value in message.headers.items():
        mail[name] = value
    mail.set_content(message.text)
    if message.html is not None:
        mail.add_alternative(message.html, subtype="html")
    mail["Content-Language"] = "zh-Hans" if message.language == "zh" else message.language
    return mail


class EmailChannel:
    """One connection, opened at the first message and kept until something goes wrong or `close`.

    A server that cannot be reached is asked once: the messages behind it get the same answer without its wait.
    """

    parallel = 1

    def __init__(self, url: str, mail_from: str) -> None:
        self._parts, self._from = urlsplit(url), mail_from
        self._server: smtplib.SMTP | None = None
        self._unreachable: Outcome | None = None

    async def send(self, message: AnyMessage, now: datetime) -> Outcome:
        """Hand one mail over. Whatever the server answers becomes an outcome."""
        if not isinstance(message, Message):
            raise TypeError("the mail channel takes mails")
        return await asyncio.to_thread(self.hand_in, message, now)

    async def close(self) -> None:
        """Say goodbye; what was accepted stays accepted whatever happens now."""
        if self._server is not None:
            await asyncio.to_thread(self.hang_up)

    def hand_in(self, message: Message, now: datetime) -> Outcome:
        """`send`, for one thread at a time: smtplib waits for its server."""
        if self._unreachable is not None:
            return self._unreachable
        mail = mime(message, self._from, now).as_bytes()
        try:
            hand_over(self._connected(), parseaddr(self._from)[1], message.to, mail)
        except Refused as refused:
            self.hang_up()
            return self._unreachable or refused.outcome
        return Outcome(ACCEPTED)

    def hang_up(self) -> None:
        """`close`, for one thread at a time."""
        server, self._server = self._server, None
        if server is None:
            return
        try:
            server.quit()
        except (smtplib.SMTPException, OSError):
            server.close()

    def _connected(self) -> smtplib.SMTP:
        if self._server is not None and not _still_there(self._server):
            self.hang_up()
        if self._server is None:
            try:
                self._server = connect(self._parts, helo=parseaddr(self._from)[1].rpartition("@")[2])
            except Refused as refused:
                self._unreachable = refused.outcome
                raise
        return self._server


def connect(parts: SplitResult, helo: str) -> smtplib.SMTP:
    """A session with the server, encrypted except on loopback, signed in where the address names someone.

    Raises Refused; never goes on without TLS when TLS fails.
    """
    host, port = parts.hostname or "", parts.port or USUAL_PORTS[parts.scheme]
    server: smtplib.SMTP | None = None
    phase = "connect"
    try:
        if parts.scheme == "smtps":
            context = ssl.create_default_context()
            server = smtplib.SMTP_SSL(host, port, helo or "localhost", timeout=TIMEOUT_SECONDS, context=context)
        else:
            server = smtplib.SMTP(host, port, helo or "localhost", timeout=TIMEOUT_SECONDS)
        phase = "hello"
        server.ehlo_or_helo_if_needed()
        if parts.scheme == "smtp" and not is_loopback(host):
            phase = "tls"
            server.starttls(context=ssl.create_default_context())
        if parts.username:
            phase = "auth"
            server.login(unquote(parts.username), unquote(parts.password or ""))
    except (smtplib.SMTPException, OSError) as error:
        if server is not None:
            server.close()
        raise Refused(phase, _code(error, phase), kind=type(error).__name__) from error
    return server


def hand_over(server: smtplib.SMTP, sender: str, to: str, mail: bytes) -> None:
    """Give one mail to an open session, step by step, so that it is known where it broke off. Raises Refused."""
    options = [] if ASCII_ADDRESS.fullmatch(to) else ["SMTPUTF8", "BODY=8BITMIME"]
    phase = "mail"
    try:
        _check(phase, server.mail(sender, options), 250)
        phase = "rcpt"
        _check(phase, server.rcpt(to), 250, 251)
        phase = "data"
        _check(phase, server.docmd("DATA"), 354)
        phase = "body"
        server.send(re.sub(rb"(?m)^\.", b"..", mail).removesuffix(b"\r\n") + b"\r\n.\r\n")
        _check(phase, server.getreply(), 250)
    except (smtplib.SMTPException, OSError) as error:
        raise Refused(phase, _code(error, phase), kind=type(error).__name__) from error


def _check(phase: str, answer: tuple[int, bytes], *good: int) -> None:
    code, text = answer
    if code in good:
        return
    enhanced = ENHANCED.match(text)
    raise Refused(phase, code if code > 0 else None, enhanced[0].decode() if enhanced else "")


def _still_there(server: smtplib.SMTP) -> bool:
    try:
        return server.rset()[0] == 250
    except (smtplib.SMTPException, OSError):
        return False


def _code(error: Exception, phase: str) -> int | None:
    """The code of an answer; a session that offers no TLS or no log-in counts as refused (RFC 5321: 502)."""
    if isinstance(error, smtplib.SMTPResponseException) and error.smtp_code > 0:
        return error.smtp_code
    return 502 if isinstance(error, smtplib.SMTPNotSupportedError) or phase in ("tls", "auth") else None
