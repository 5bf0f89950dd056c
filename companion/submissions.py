"""Creating forms are safe to send again: the same `client_id` makes one row and gets the same answer."""

import hashlib
import json
import re
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import wraps
from http import HTTPStatus
from typing import Any, TypeVar

import sqlalchemy as sa
from flask import g, jsonify, make_response, redirect, request, session
from sqlalchemy.exc import IntegrityError

from companion import clock
from companion.access import wants_json
from companion.accounts.models import Account, Submission
from companion.answers import CLIENT_ID, SavedOtherwise, given_client_id, opens_page, refused_form
from companion.database import keyring, transaction
from companion.domain.device_time import Entered, entered_at
from companion.extensions import db

View = TypeVar("View", bound=Callable[..., Any])
Words = list[tuple[str, Any]]
CLOCK_FIELDS = frozenset({"recorded_at", "clock_skew_ms"})
"""What the clock of a device says is no part of what its person says."""
MILLISECONDS = re.compile(r"-?[0-9]{1,16}", re.ASCII)


class _Refused(Exception):
    """The form was not accepted: roll back and show its page."""

    def __init__(self, response: Any) -> None:
        super().__init__()
        self.response = response


def once(view: View) -> View:
    """Run a creating view in one transaction and remember its answer under the form's `client_id`.

    The view returns a response below 400 when a row was made; anything else rolls back and is forgotten.
    The same key with another body is answered 422. A form without a `client_id` is accepted and not remembered.
    """

    @wraps(view)
    def idempotent(*args: Any, **kwargs: Any) -> Any:
        account: Account = g.account
        client_id = given_client_id()
        if client_id is None:
            return _run(lambda: make_response(view(*args, **kwargs)))
        words = _waiting_words()
        try:
            response = _run(lambda: _first_or_again(view, args, kwargs, account, client_id))
        except IntegrityError:  # the same form, sent twice at once, was faster
            known = _known(account, client_id)
            if known is None:
                raise
        else:
            known = _known(account, client_id) if response.status_code >= HTTPStatus.BAD_REQUEST else None
        if known is None:
            return response
        session["_flashes"] = words  # what this try has to say is about a row that was rolled back
        return _again(known)

    return idempotent  # type: ignore[return-value]


def _run(make: Callable[[], Any]) -> Any:
    try:
        with transaction():
            response = make()
            if response.status_code >= HTTPStatus.BAD_REQUEST:
                raise _Refused(response)
            return response
    except _Refused as refused:
        return _as_asked(refused.response)


def _as_asked(response: Any) -> Any:
    """The page of a form that needs fixing; a program gets the errors that the page would show."""
    form = g.get("form")
    if form is None or response.is_json or not wants_json():
        return response
    return make_response(refused_form(response.status_code, form.error_list()))


def entered_now() -> datetime:
    """When this form was filled in: now, unless a device without a connection kept it until now (`recorded_at`)."""
    return _entered(clock.now()).at


def told_by_device() -> datetime | None:
    """What the clock of the device said when this form was filled in, where it was far off."""
    entered = _entered(clock.now())
    return None if entered.off_by is None else entered.at - entered.off_by


def _entered(now: datetime) -> Entered:
    recorded = _whole(request.form.get("recorded_at"))
    if recorded is None:
        return Entered(now)
    sent, skew = _whole(request.headers.get("X-Sent-At")), _whole(request.form.get("clock_skew_ms"))
    return entered_at(now, recorded, sent_ms=sent, skew_ms=skew)


def _whole(text: str | None) -> int | None:
    """Milliseconds as a device writes them, or nothing."""
    return int(text) if text and MILLISECONDS.fullmatch(text) else None


def _first_or_again(view: Any, args: Any, kwargs: Any, account: Account, client_id: str) -> Any:
    known = _known(account, client_id)
    if known is not None:
        return _again(known)
    words = _waiting_words()
    response = make_response(view(*args, **kwargs))
    if response.status_code < HTTPStatus.BAD_REQUEST:
        _remember(account, client_id, response, _waiting_words()[len(words) :])
    return response


def _waiting_words() -> Words:
    """What the next page will tell."""
    return [(category, words) for category, words in session.get("_flashes", [])]


def _known(account: Account, client_id: str) -> Submission | None:
    query = sa.select(Submission).where(Submission.account_id == account.id, Submission.client_id == client_id)
    return db.session.scalars(query).first()


def forgotten_keys(account: Account, keys: Sequence[str]) -> list[str]:
    """Which of these keys, all taken before, are not known here: the database was put back to an older day."""
    asked = [key for key in dict.fromkeys(keys) if CLIENT_ID.fullmatch(key)]
    if not asked:
        return []
    query = sa.select(Submission.client_id).where(
        Submission.account_id == account.id, Submission.client_id.in_(asked)
    )
    known = set(db.session.scalars(query))
    return [key for key in asked if key not in known]


def _remember(account: Account, client_id: str, response: Any, words: Words) -> None:
    saved = g.get("saved")
    location = response.headers.get("Location") or (saved and saved["url"])
    body = {"location": location, "json": saved or response.get_json(silent=True), "words": words, **_clock_of()}
    db.session.add(
        Submission(
            account_id=account.id,
            client_id=client_id,
            route=request.path,
            body_hash=_body_hash(),
            status=response.status_code,
            body=keyring().lock(json.dumps(body, ensure_ascii=False), place_of_answer(account.id, client_id)),
            at=clock.now(),
        )
    )
    db.session.flush()


def _clock_of() -> dict[str, Any]:
    """What a device with a wrong clock said, beside the corrected time of the row."""
    entered = _entered(clock.now())
    if entered.off_by is None:
        return {}
    return {"device_clock": {"recorded_ms": request.form["recorded_at"], "off_by_s": entered.off_by.total_seconds()}}


def place_of_answer(account_id: int, client_id: str) -> str:
    """What the kept answer is bound to: its words may hold a name."""
    return f"submissions.body:{account_id}.{client_id}"


def _again(known: Submission) -> Any:
    if known.route != request.path or known.body_hash != _body_hash():
        raise SavedOtherwise
    body = json.loads(keyring().unlock(known.body, place_of_answer(known.account_id, known.client_id)))
    as_json = body["json"] is not None and wants_json()
    if not as_json or opens_page():
        waiting = _waiting_words()
        session["_flashes"] = waiting + [(c, w) for c, w in body["words"] if (c, w) not in waiting]
    if as_json:
        return make_response(jsonify(body["json"]), HTTPStatus.CREATED)
    return redirect(body["location"] or "/", HTTPStatus.SEE_OTHER)


def _body_hash() -> str:
    if request.is_json:
        body: Any = request.get_json(silent=True)
    else:
        body = sorted((name, text) for name, text in request.form.items(multi=True) if name not in CLOCK_FIELDS)
    content = json.dumps([body, sorted(request.args.items(multi=True))], sort_keys=True)
    return hashlib.sha256(content.encode()).hexdigest()
