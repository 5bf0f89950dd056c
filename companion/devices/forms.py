"""What a browser tells when it wants messages, what its owner calls it, and the words when it does not fit."""

import wtforms
from flask_babel import gettext as _
from wtforms.validators import StopValidation

from companion.delivery.channels.web_push import BadKeys, device_keys
from companion.delivery.operations import config
from companion.devices.operations import Given
from companion.devices.queries import vapid_public
from companion.domain.push_hosts import EndpointRefused, provider_of
from companion.forms import Form, TextField

LONGEST_NAME = 60


class SubscriptionForm(Form):
    """One browser's address for messages and its two keys."""

    endpoint = wtforms.StringField()
    p256dh = wtforms.StringField()
    auth = wtforms.StringField()
    vapid_public = wtforms.StringField()
    provider = ""

    def validate_endpoint(self, field: wtforms.Field) -> None:
        """A push service that we know, and never an address inside this network."""
        if not field.data:
            raise StopValidation(_("This device gave no address for messages. Press the button again."))
        try:
            self.provider = provider_of(field.data, config().push_hosts)
        except EndpointRefused:
            raise StopValidation(
                _("We do not know this browser's message service, so nothing is sent to it. Try another browser.")
            ) from None

    def validate_p256dh(self, field: wtforms.Field) -> None:
        """With both keys a message can be locked so that only this browser reads it."""
        try:
            device_keys(field.data or "", self.auth.data or "")
        except BadKeys:
            raise StopValidation(_("This device gave an incomplete key. Press the button again.")) from None

    def validate_vapid_public(self, field: wtforms.Field) -> None:
        """Another key than ours cannot be signed for."""
        if field.data != vapid_public():
            raise StopValidation(_("This page was open for too long. Press the button again."))

    def error_list(self) -> list[tuple[str, str]]:
        """The fields are not shown, so no message leads to one; the first says enough."""
        return [("", message) for _id, message in super().error_list()[:1]]

    @property
    def given(self) -> Given:
        """What was told, checked."""
        return Given(
            endpoint=str(self.endpoint.data),
            p256dh=str(self.p256dh.data),
            auth=str(self.auth.data),
            vapid_public=str(self.vapid_public.data),
            provider=self.provider,
        )


class NameForm(Form):
    """What its owner calls a device."""

    device_name = TextField(most_bytes=LONGEST_NAME)

    def validate_device_name(self, field: wtforms.Field) -> None:
        """An empty name could not be told from another."""
        if not field.data and not field.errors:
            raise StopValidation(_("Type a name, such as “My phone”."))
