"""What a phone asks for to keep, while there is a connection."""

import base64
import hashlib
import hmac
import json
import zlib
from typing import Any

from flask import Blueprint, Response, current_app, g, make_response, request

from companion import clock
from companion.access import signed_in
from companion.accounts.models import Account
from companion.circles.queries import memberships_of
from companion.formatting import local_date
from companion.language import HTML_LANG, chosen_language
from companion.offline import queries
from companion.submissions import forgotten_keys

blueprint = Blueprint("offline", __name__, url_prefix="/offline")

FORMAT = 1
MOST_SENT = 100
MOST_BYTES = 64 * 1024


@blueprint.get("/snapshot")
@signed_in
def snapshot() -> Response:
    """A small copy of what the reader may see; unchanged it is answered 304. A shared device gets nothing to keep.

    `?sent=` names what the phone was told is saved here; what a database of an older day does not know is named back.
    """
    copy = _snapshot(g.account)
    body = _written(copy)
    if len(body.encode()) > MOST_BYTES:
        body = _written(_snapshot(g.account, only_dates=True))
    response = make_response(body)
    response.mimetype = "application/json"
    if request.accept_encodings.quality("gzip") > 0:
        response.set_data(_packed(body, copy["seal"] or ""))
        response.headers["Content-Encoding"] = "gzip"
    response.headers["Cache-Control"] = "no-store"
    response.set_etag(hashlib.sha256(body.encode()).hexdigest()[:32])
    return response.make_conditional(request)  # type: ignore[return-value]


def _written(copy: dict[str, Any]) -> str:
    return json.dumps(copy, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def _packed(body: str, key: str) -> bytes:
    """As gzip, with the key cut off from what stands beside it: no length tells anything of it (BREACH)."""
    packer = zlib.compressobj(wbits=zlib.MAX_WBITS + 16)
    before, _key, after = body.partition(key) if key else (body, "", "")
    parts = [packer.compress(part.encode()) + packer.flush(zlib.Z_FULL_FLUSH) for part in (before, key)]
    return b"".join((*parts, packer.compress(after.encode()), packer.flush()))


def _snapshot(account: Account, only_dates: bool = False) -> dict[str, Any]:
    keeps_nothing = g.account_session.shared_device
    standings = [] if keeps_nothing else queries.standings_of(account, memberships_of(account))
    g.standings = standings  # whose data this answer shows
    circles = [queries.circle_copy(one, _days(one)) for one in standings]
    for circle in circles if only_dates else ():
        circle.pop("check_ins", None)
    return {
        "format": FORMAT,
        "account": account.public_id,
        "lang": HTML_LANG[chosen_language()],
        "keeps": not keeps_nothing,
        "lock_minutes": account.lock_minutes if account.has_passkey else None,
        "seal": None if keeps_nothing else _seal_of(account),
        "forgotten": forgotten_keys(account, request.args.get("sent", "").split(",")[:MOST_SENT]),
        "circles": circles,
        "writes": [] if keeps_nothing else queries.circles_to_write_in(memberships_of(account)),
    }


def _days(standing: Any) -> queries.Days:
    now = clock.now()
    return queries.Days(local_date(now, standing.tz), local_date(now, standing.circle.tz))


def _seal_of(account: Account) -> str:
    """The key that closes unsent check-ins at sign-out. Only signing in as the same person gives it back."""
    key: str = current_app.config["COMPANION"].secret_key
    sealed = hmac.new(key.encode(), f"offline seal:{account.public_id}".encode(), hashlib.sha256).digest()
    return base64.urlsafe_b64encode(sealed).decode().rstrip("=")
