"""HTTP of devices: the list, switching on, test, name, removal; and what a device says without a page."""

from datetime import datetime
from http import HTTPStatus
from typing import Any

from flask import Blueprint, Response, abort, g, jsonify, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response as AnyResponse

from companion import answers, clock
from companion.access import public, signed_in
from companion.accounts.operations import device_name
from companion.accounts.queries import cookie_settings, device_cookie_name
from companion.consents.models import PUSH
from companion.consents.operations import agree
from companion.database import transaction
from companion.delivery.jobs import send_now
from companion.delivery.models import PushSubscription
from companion.delivery.operations import acked_delivery_id, confirm_delivery
from companion.devices import operations, queries, words
from companion.devices.forms import NameForm, SubscriptionForm
from companion.devices.operations import CannotReopen, TestedTooOften
from companion.devices.queries import vapid_public
from companion.extensions import limiter
from companion.language import chosen_language

blueprint = Blueprint("devices", __name__)

COOKIE_LIFE = 400 * 24 * 3600
"""The longest that browsers keep a cookie. It says which device this browser is and lets nobody in."""
# A browser says this when its address has changed, which is rare. Behind a proxy all may come from one address.
RENEWALS_LIMIT = "240 per minute"


@blueprint.app_context_processor
def device_words() -> dict[str, Any]:
    """Words of devices for every template."""
    return {"device_words": words, "device_mark": queries.mark_of}


def here() -> PushSubscription | None:
    """The device of the viewer that this browser is."""
    return queries.device_named(g.account, request.cookies.get(device_cookie_name()))


@blueprint.get("/settings/devices")
@signed_in
def index() -> str:
    """Every device that gets messages, and when it last showed one."""
    return _list_page()


def _list_page(problem: str = "") -> str:
    devices = queries.devices_of(g.account)
    return render_template(
        "devices/device_list.html",
        devices=devices,
        tests=queries.last_tests(devices),
        here=here(),
        vapid_public=vapid_public(),
        problem=problem,
        now=clock.now(),
    )


@blueprint.get("/settings/devices/new")
@signed_in
def new() -> str:
    """What will come, what others see of it, how to stop; then one button."""
    return _new_page(SubscriptionForm())


def _new_page(form: SubscriptionForm) -> str:
    shared = g.account_session.shared_device
    return render_template("devices/device_new.html", form=form, vapid_public=vapid_public(), shared=shared)


@blueprint.post("/settings/devices")
@signed_in
def create() -> Any:
    """Switch this browser on and send it a test. The address of the browser makes it safe to send this again."""
    form = SubscriptionForm(request.form)
    if g.account_session.shared_device or not form.validate():
        return _new_page(form), HTTPStatus.UNPROCESSABLE_ENTITY
    now, test_id = clock.now(), None
    name = device_name(request.headers.get("User-Agent", "")) or _("This device")
    with transaction():
        device = operations.switch_on(
            g.account, form.given, name=name, here=here(), session_id=g.account_session.id, now=now
        )
        agree(g.account, request.form.getlist("consent"), asked=(PUSH,), language=chosen_language(), now=now)
        if device.confirmed_at is None:
            test_id = _plan_test(device, now)
    if test_id is not None:
        send_now(test_id)
    response = answers.done(url_for(".index"), _("This device gets messages now."))
    return _known_as(response, device)


def _plan_test(device: PushSubscription, now: datetime) -> int | None:
    try:
        return operations.plan_test(device, now).id
    except TestedTooOften:
        return None


def _known_as(response: AnyResponse, device: PushSubscription) -> AnyResponse:
    response.set_cookie(device_cookie_name(), device.public_id, max_age=COOKIE_LIFE, **cookie_settings())
    return response


@blueprint.get("/settings/devices/<device_id>/name")
@signed_in
def name(device_id: str) -> str:
    """What to call a device."""
    device = _mine(device_id)
    return _name_page(device, NameForm(data={"device_name": device.device_name}))


@blueprint.post("/settings/devices/<device_id>/name")
@signed_in
def save_name(device_id: str) -> Any:
    """Keep the name, with Undo."""
    device, form = _mine(device_id), NameForm(request.form)
    if not form.validate():
        return _name_page(device, form), HTTPStatus.UNPROCESSABLE_ENTITY
    before = device.device_name
    with transaction():
        operations.rename(device, str(form.device_name.data))
    undo = answers.undo(url_for(".save_name", device_id=device_id), device_name=before)
    return answers.done(url_for(".index"), _("Saved."), undo)


def _name_page(device: PushSubscription, form: NameForm) -> str:
    return render_template("devices/device_name_edit.html", device=device, form=form)


@blueprint.post("/settings/devices/<device_id>/test")
@signed_in
def test(device_id: str) -> Any:
    """Send a message that only says that it arrived."""
    device, now = _mine(device_id), clock.now()
    if device.closed_at is not None:
        abort(HTTPStatus.NOT_FOUND)
    try:
        with transaction():
            test_id = operations.plan_test(device, now).id
    except TestedTooOften as often:
        return _tested_too_often(often, now)
    send_now(test_id)
    return answers.done(url_for(".index"), _("The test is on its way. Look at the device."))


def _tested_too_often(often: TestedTooOften, now: datetime) -> Any:
    seconds = max(1, int((often.again_at - now).total_seconds()) + 1)
    minutes = -(-seconds // 60)
    problem = ngettext(
        "This device had %(most)s tests. Try again in %(num)s minute.",
        "This device had %(most)s tests. Try again in %(num)s minutes.",
        minutes,
        most=operations.TESTS_AT_MOST,
    )
    return _list_page(problem), HTTPStatus.TOO_MANY_REQUESTS, {"Retry-After": str(seconds)}


@blueprint.get("/settings/devices/<device_id>/test")
@signed_in
def test_state(device_id: str) -> Response:
    """What became of the last test, for a page that waits for it."""
    device = _mine(device_id)
    row = queries.last_tests([device]).get(device.id)
    said = words.test_words(row) if row is not None else ""
    return jsonify({"words": said, "is_open": row is not None and words.may_still_arrive(row, clock.now())})


@blueprint.post("/settings/devices/<device_id>/removal")
@signed_in
def remove(device_id: str) -> Any:
    """Send nothing to a device any more, with Undo."""
    device = _mine(device_id)
    was_open = device.closed_at is None
    with transaction():
        operations.take_off(device, clock.now())
    undo = answers.undo(url_for(".restore", device_id=device_id)) if was_open else None
    return answers.done(url_for(".index"), _("%(name)s gets no more messages.", name=device.device_name), undo)


@blueprint.post("/settings/devices/<device_id>/removal/undo")
@signed_in
def restore(device_id: str) -> Any:
    """Send messages to it again."""
    device = _mine(device_id)
    try:
        with transaction():
            operations.put_back(device)
    except CannotReopen:
        return answers.done(url_for(".index"), _("This device has changed. Switch messages on again on the device."))
    return answers.done(url_for(".index"), _("%(name)s gets messages again.", name=device.device_name))


def _mine(device_id: str) -> PushSubscription:
    device = queries.device_named(g.account, device_id)
    if device is None:
        abort(HTTPStatus.NOT_FOUND)
    return device


# --- said by a service worker or a script, without a page ---


@blueprint.get("/push/key")
@public
def key() -> Response:
    """The public key that messages are signed with."""
    return jsonify({"key": vapid_public()})


@blueprint.post("/push/renewals")
@limiter.limit(RENEWALS_LIMIT)
@public
def renew() -> Any:
    """A browser tells its address unasked. It shows who it is by its session, else by its old address and secret."""
    body = _json()
    form = SubscriptionForm(MultiDict(_texts(body)))
    if not form.validate():
        return jsonify({"errors": [message for _id, message in form.error_list()]}), HTTPStatus.UNPROCESSABLE_ENTITY
    old = body.get("old")
    told = _texts(old) if isinstance(old, dict) else {}
    proved = queries.device_proved(told.get("endpoint", ""), told.get("auth", ""))
    with transaction():
        state, device = operations.renew(
            g.account, form.given, here=here(), proved=proved, session_id=_session_id(), now=clock.now()
        )
    response = jsonify({"state": state})
    return _known_as(response, device) if device is not None and g.account is not None else response


@blueprint.post("/push/ack")
@public
def ack() -> tuple[str, int]:
    """A device showed a message. Nothing is told back, so that nothing can be tried out here.

    Without a limit: behind a proxy thousands of phones may come from one address in the same minute.
    """
    token = _texts(_json()).get("ack", "")
    ident = acked_delivery_id(token)
    if ident is not None:
        with transaction():
            confirm_delivery(ident, now=clock.now())
    return "", HTTPStatus.NO_CONTENT


def _session_id() -> int | None:
    found = g.get("account_session")
    return found.id if found is not None else None


def _json() -> dict[str, Any]:
    body = request.get_json(silent=True, force=True)
    return body if isinstance(body, dict) else {}


def _texts(body: dict[str, Any]) -> dict[str, str]:
    return {name: value for name, value in body.items() if isinstance(value, str)}
