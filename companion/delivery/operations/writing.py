"""Messages written: mails from templates, and the addresses that they hold."""

from typing import Any

from flask import current_app, render_template
from flask_babel import force_locale

from companion.delivery.channels.base import Message
from companion.delivery.models import Delivery
from companion.delivery.operations.rows import config
from companion.delivery.queries import mailbox_of
from companion.language import HTML_LANG


def mail(delivery: Delivery, template: str, *, language: str, **values: Any) -> Message | None:
    """A mail from `templates/<template>.{subject.txt,txt,html}`; None when its address is gone or bad."""
    address = mailbox_of(delivery)
    if address is None or not address.email:
        return None
    values |= {"language": language, "html_lang": HTML_LANG[language]}
    with force_locale(language):
        return Message(
            to=address.email,
            subject=" ".join(render_template(f"{template}.subject.txt", **values).split()),
            text=render_template(f"{template}.txt", **values).strip() + "\n",
            html=render_template(f"{template}.html", **values),
            message_id=delivery.message_id,
            language=language,
        )


def page_url(endpoint: str, **values: Any) -> str:
    """The full address of one of our pages, for messages; works outside a request."""
    path = current_app.url_map.bind("localhost").build(endpoint, values)
    return f"{config().base_url}{path}"
