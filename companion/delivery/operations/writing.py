"""Messages written for the channel of their delivery: mails from templates, JSON for devices and the webhook."""

import hashlib
import json
from collections.abc import Sequence
from typing import Any, NamedTuple

import sqlalchemy as sa
from flask import current_app, render_template
from flask_babel import force_locale
from itsdangerous import BadSignature, Signer

from companion.database import Base
from companion.delivery.channels import EMAIL, HOOK, PUSH
from companion.delivery.channels.base import AnyMessage, HookMessage, Message, PushMessage
from companion.delivery.models import Delivery
from companion.delivery.operations.rows import config
from companion.delivery.operations.vapid import signing_key_of
from companion.delivery.queries import device_of, mailbox_of
from companion.extensions import db
from companion.language import HTML_LANG

PAYLOAD_BYTES = 2999
"""Push services take 4,096 bytes encrypted; what is shorter passes everywhere."""
LONGEST_TITLE = 120
DECLARATIVE = 8030
"""The number by which a device knows a message that it can show without our help (Declarative Web Push)."""


class Action(NamedTuple):
    """A button on a push message: code for the service worker, words, and the page it opens."""

    name: str
    title: str
    link: str


def write(
    delivery: Delivery,
    template: str,
    *,
    language: str,
    title: str,
    body: str,
    link: str,
    actions: Sequence[Action] = (),
    urgent: bool = True,
    **mail_values: Any,
) -> AnyMessage | None:
    """The message for the channel of its delivery; None when its address is gone.

    `title`, `body` and `actions` are what a lock screen shows; a mail is its template with `link` and `mail_values`.
    """
    if delivery.channel == EMAIL:
        return mail(delivery, template, language=language, link=link, **mail_values)
    if delivery.channel == PUSH:
        return _push(delivery, _payload(delivery, language, title, body, link, actions), urgent)
    if delivery.channel == HOOK:
        return _hook(delivery, language=HTML_LANG[language], title=title, body=body, link=link)
    return None


def mail(delivery: Delivery, template: str, *, language: str, stop_url: str = "", **values: Any) -> Message | None:
    """A mail from `templates/<template>.{subject.txt,txt,html}`; None when its address is gone or bad.

    `stop_url` is where its reader, or their mail program by one click (RFC 8058), stops such mails.
    """
    address = mailbox_of(delivery)
    if address is None or not address.email:
        return None
    values |= {"language": language, "html_lang": HTML_LANG[language], "stop_url": stop_url}
    with force_locale(language):
        return Message(
            to=address.email,
            subject=" ".join(render_template(f"{template}.subject.txt", **values).split()),
            text=render_template(f"{template}.txt", **values).strip() + "\n",
            html=render_template(f"{template}.html", **values),
            message_id=delivery.message_id,
            headers=_stop_headers(stop_url) if stop_url else {},
            language=language,
        )


def _stop_headers(url: str) -> dict[str, str]:
    return {"List-Unsubscribe": f"<{url}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}


def page_url(endpoint: str, **values: Any) -> str:
    """The full address of one of our pages, for messages; works outside a request."""
    path = current_app.url_map.bind("localhost").build(endpoint, values)
    return f"{config().base_url}{path}"


def topic_of(delivery: Delivery) -> str:
    """What a device and its push service know a message by: the same at every attempt, so that it shows once."""
    return topic_of_id(delivery.public_id)


def topic_of_id(public_id: str) -> str:
    """`topic_of` where only the public id of a delivery is known."""
    return hashlib.sha256(public_id.encode()).hexdigest()[:32]


def ack_token(delivery: Delivery) -> str:
    """What a device sends back to say that it showed the message."""
    return _signer().sign(delivery.public_id).decode()


def acked_delivery_id(token: str) -> str | None:
    """The public id of the delivery that a device says it showed; None when the token is not ours."""
    try:
        return _signer().unsign(token).decode()
    except (BadSignature, ValueError):
        return None


def _signer() -> Signer:
    return Signer(current_app.config["SECRET_KEY"], salt="shown", digest_method=hashlib.sha256)


def _push(delivery: Delivery, payload: bytes, urgent: bool) -> PushMessage | None:
    device = device_of(delivery)
    key = signing_key_of(device.vapid_public) if device else None
    if device is None or not device.endpoint or not device.auth or key is None:
        return None
    return PushMessage(
        endpoint=device.endpoint,
        p256dh=device.p256dh,
        auth=device.auth,
        payload=payload,
        topic=topic_of(delivery),
        useful_until=delivery.useful_until,
        vapid_private=key,
        urgency="high" if urgent else "normal",
    )


def _payload(delivery: Delivery, language: str, title: str, body: str, link: str, actions: Sequence[Action]) -> bytes:
    """JSON that a device shows by itself or by our service worker; a body too long for it ends in dots."""
    notification: dict[str, Any] = {
        "title": _cut(title, LONGEST_TITLE),
        "lang": HTML_LANG[language],
        "dir": "ltr",
        "tag": topic_of(delivery),
        "navigate": link,
        "data": {"ack": ack_token(delivery)},
    }
    if actions:
        notification["actions"] = [
            {"action": one.name, "title": _cut(one.title, LONGEST_TITLE), "navigate": one.link} for one in actions
        ]
    message = {"web_push": DECLARATIVE, "mutable": True, "notification": notification}
    room = PAYLOAD_BYTES - len(_json(message)) - len(_json(',"body":""'))
    if short := _fitting(body, room):
        notification["body"] = short
    return _json(message)


def _hook(delivery: Delivery, **words: str) -> HookMessage:
    """What the operator's own service gets: nothing by which it knows a person but a public id."""
    accounts = Base.metadata.tables["accounts"]
    recipient = db.session.scalar(sa.select(accounts.c.public_id).where(accounts.c.id == delivery.recipient_id))
    about = {"id": delivery.public_id, "recipient": recipient, "kind": delivery.subject_kind, "stage": delivery.stage}
    return HookMessage(_json(about | words), delivery.public_id)


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def _cut(text: str, letters: int) -> str:
    return text if len(text) <= letters else text[: letters - 1].rstrip() + "…"


def _fitting(text: str, room: int) -> str:
    """The longest beginning of a text whose JSON takes at most so many bytes."""
    if room <= 0:
        return ""
    short = text
    while short and len(_json(short)) - 2 > room:
        over = len(_json(short)) - 2 - room
        short = _cut(short, max(len(short) - max(1, over // 4), 1)) if len(short) > 1 else ""
    return short
