"""Who may ask for what: each route carries exactly one of `public`, `signed_in` or `needs(right)`."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from http import HTTPStatus
from typing import Any, TypeVar, cast
from urllib.parse import urlencode

from flask import Flask, Response, abort, current_app, g, make_response, redirect, render_template, request, url_for
from flask_login import current_user
from werkzeug.exceptions import Conflict, Unauthorized

from companion.accounts.models import Account
from companion.accounts.queries import local_path
from companion.circles import queries as circles
from companion.circles.models import Circle, Membership

View = TypeVar("View", bound=Callable[..., Any])
PUBLIC_ENDPOINTS = frozenset({"static"})
OPEN_IN_A_CIRCLE = frozenset({"today.show", "learn.guide"})
"""Tabs that are open to everyone; for a member of several circles their links keep `?circle=` too."""
PERSONAL_THOUGH_PUBLIC = frozenset({"today.show"})
"""Open to everyone, and for whoever is signed in a page of their own: closed to them like any other."""
STEP_UP = "step_up"
"""Why a page asks: what follows is for the person alone, who has to show that it is them."""
SAFE = ("GET", "HEAD")
ALL_CIRCLES = "all"
"""What `?circle=` says on a page over all circles of the viewer."""


class OtherAccount(Conflict):
    """A device sends what somebody else wrote on it: it waits until that person signs in."""

    reason = "other_account"


class NotConfirmed(Unauthorized):
    """A program is told why: `step_up`, `locked` or `limited`. A touch or a code on the page /confirm helps."""

    def __init__(self, reason: str) -> None:
        super().__init__()
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Kept:
    """A request that waits until its person has shown that it is them: where it goes, and what was typed."""

    url: str
    fields: tuple[tuple[str, str], ...] = ()
    is_form: bool = False


@dataclass(frozen=True, slots=True)
class Access:
    """What a route asks of the one who calls it. `right` is None where signing in is enough, `decides` where it
    changes who sees what."""

    public: bool = False
    right: str | None = None
    row: type[Any] | None = None
    decides: bool = False


@dataclass(frozen=True, slots=True)
class Standing:
    """The viewer's place in the circle that this request is about."""

    account: Account
    membership: Membership

    @property
    def circle(self) -> Circle:
        """The circle of this request."""
        return self.membership.circle

    @property
    def rights(self) -> frozenset[str]:
        """The rights of the viewer here."""
        return self.membership.rights

    @property
    def is_patient(self) -> bool:
        """Whether the viewer is the patient."""
        return self.circle.patient_account_id == self.account.id

    @property
    def tz(self) -> str:
        """The zone check-ins are made in: the patient's own, where they are now; for all others the circle's."""
        return self.account.tz if self.is_patient else self.circle.tz

    def can(self, right: str) -> bool:
        """Whether the viewer has a right here."""
        return right in self.rights


def public(view: View) -> View:
    """Open to everyone, signed in or not."""
    return cast(View, _marked(view, Access(public=True)))


def signed_in(view: View) -> View:
    """Open to every account."""

    @wraps(view)
    def checked(*args: Any, **kwargs: Any) -> Any:
        return ask_to_sign_in() if viewer() is None else view(*args, **kwargs)

    return cast(View, _marked(checked, Access()))


def needs(right: str, row: type[Any] | None = None) -> Callable[[View], View]:
    """Open to members of the circle with a right; with `row`, the view gets the row named by `<public_id>`.

    A stranger's circle or row looks like one that does not exist (404); a member without the right gets 403.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def checked(*args: Any, **kwargs: Any) -> Any:
            account = viewer()
            if account is None:
                return ask_to_sign_in()
            if row is not None:
                found = circles.visible_row(account, row, kwargs.pop("public_id"))
                if found is None:
                    abort(HTTPStatus.NOT_FOUND)
                args = (found[0], *args)
                g.standing = Standing(account, found[1])
                _refuse_other_circle(found[1].circle)
            else:
                answer = stand_in_circle(account)
                if answer is not None:
                    return answer
            if not g.standing.can(right):
                abort(HTTPStatus.FORBIDDEN)
            return view(*args, **kwargs)

        return cast(View, _marked(checked, Access(right=right, row=row)))

    return decorate


def decides_who_sees(row: type[Any] | None = None) -> Callable[[View], View]:
    """For a route that changes who sees what: `needs("keep_circle")`, and a change asks to confirm that it is you."""

    def decorate(view: View) -> View:
        checked = needs("keep_circle", row=row)(_confirmed(view, safe_methods_too=False))
        return cast(View, _marked(checked, Access(right="keep_circle", row=row, decides=True)))

    return decorate


def fresh(view: View) -> View:
    """Below `signed_in` or `needs`: ask first to confirm that it is you, unless that was within five minutes.

    For export, deletion, ways to sign in, secret addresses. A form that meets the question is sent on afterwards.
    """
    return _confirmed(view, safe_methods_too=True)


def _confirmed(view: View, *, safe_methods_too: bool) -> View:
    @wraps(view)
    def checked(*args: Any, **kwargs: Any) -> Any:
        if g.is_fresh or (request.method in SAFE and not safe_methods_too):
            return view(*args, **kwargs)
        return ask_to_confirm(STEP_UP)

    return cast(View, checked)


def stays_open(*states: str) -> Callable[[View], View]:
    """A page that is open also while the session is locked or limited; all others then ask for a touch."""

    def decorate(view: View) -> View:
        view.stays_open = frozenset(states)  # type: ignore[attr-defined]
        return view

    return decorate


def ask_to_confirm(reason: str) -> Any:
    """The page that asks for a touch or a code in place of the one that was wanted; a program is told 401."""
    if wants_json():
        raise NotConfirmed(reason)
    return confirm_page(reason, kept_request()), HTTPStatus.UNAUTHORIZED


def kept_request() -> Kept:
    """What was wanted, so that it can go on afterwards. What was typed is kept in the page, never in an address."""
    url = local_path(request.full_path.rstrip("?"))
    if request.method in SAFE:
        return Kept(url)
    return Kept(url, tuple(request.form.items(multi=True)), is_form=True)


def carried_request() -> Kept:
    """What waits, as a form of the page that asked carried it along."""
    url = local_path(request.form.get("kept-url"))
    if "kept-form" not in request.form:
        return Kept(url)
    named = ((name.partition(".")[2], text) for name, text in request.form.items(multi=True) if name[:5] == "kept.")
    return Kept(url, tuple(named), is_form=True)


def go_on(kept: Kept) -> Response:
    """To the page that was wanted; a form that waited is sent on by a script, or by one more press."""
    if kept.is_form:
        return make_response(render_template("accounts/confirmed.html", kept=kept))
    return make_response(redirect(kept.url, HTTPStatus.SEE_OTHER))


def confirm_page(reason: str, kept: Kept, **more: Any) -> str:
    """The page that asks whether it is you, and why."""
    demo = current_app.config["COMPANION"].demo
    writes = _writes_somewhere(g.account)
    return render_template("accounts/confirm.html", reason=reason, kept=kept, demo=demo, writes=writes, **more)


def needs_somewhere(right: str) -> Callable[[View], View]:
    """Open to members of any circle with a right, for a page over all those circles: `g.standings` holds them.

    `?circle=` names one of them, as for `needs`; `all`, or nothing, means each one where the viewer has the
    right. `g.standing` is set where only one is left, so that such a page and its links are those of one circle.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def checked(*args: Any, **kwargs: Any) -> Any:
            account = viewer()
            if account is None:
                return ask_to_sign_in()
            answer = _stand_in_circles(account, right)
            return view(*args, **kwargs) if answer is None else answer

        return cast(View, _marked(checked, Access(right=right)))

    return decorate


def viewer() -> Account | None:
    """The account of this request."""
    return current_user._get_current_object() if current_user.is_authenticated else None


def ask_to_sign_in() -> Any:
    """A page leads to sign-in and back; a program is told 401."""
    if wants_json():
        abort(HTTPStatus.UNAUTHORIZED)
    back = request.full_path.rstrip("?") if request.method == "GET" else "/"
    return redirect(f"{url_for('accounts.sign_in')}?{urlencode({'next': back})}", HTTPStatus.SEE_OTHER)


def wants_json() -> bool:
    """Whether the answer goes to a program."""
    if request.path.startswith("/api/"):
        return True
    best = request.accept_mimetypes.best_match(["text/html", "application/json"])
    return best == "application/json"


def asked_circle() -> str | None:
    """The public id of the circle that the request names."""
    if request.method in ("GET", "HEAD"):
        return request.args.get("circle") or None
    named: str | None = request.form.get("circle") or request.args.get("circle") or None
    if named is None and request.is_json:
        body = request.get_json(silent=True)
        named = body.get("circle") if isinstance(body, dict) and isinstance(body.get("circle"), str) else None
    return named


def stand_in_circle(account: Account) -> Any:
    """Set `g.standing` from the named circle, or answer with a page that asks which one."""
    named = asked_circle()
    memberships = circles.memberships_of(account)
    if named is None and len(memberships) != 1:
        if wants_json() or request.method not in ("GET", "HEAD"):
            abort(HTTPStatus.BAD_REQUEST, "Say which circle this is about.")
        if not memberships:
            return redirect(url_for("circles.new"), HTTPStatus.SEE_OTHER)
        return render_template("circles/circle_choose.html", memberships=memberships, path=request.path)
    fitting = [m for m in memberships if named in (None, m.circle.public_id)]
    if not fitting:
        abort(HTTPStatus.NOT_FOUND)
    g.standing = Standing(account, fitting[0])
    return None


def _stand_in_circles(account: Account, right: str) -> Any:
    """Set `g.standings` and, where it is one, `g.standing`; or answer with a page that leads to a new circle."""
    named = asked_circle()
    everywhere = named in (None, ALL_CIRCLES)
    mine = [Standing(account, m) for m in circles.memberships_of(account)]
    fitting = [standing for standing in mine if everywhere or standing.circle.public_id == named]
    if not fitting and everywhere:
        return redirect(url_for("circles.new"), HTTPStatus.SEE_OTHER)
    if not fitting:
        abort(HTTPStatus.NOT_FOUND)
    g.standings = [standing for standing in fitting if standing.can(right)]
    open_to_viewer = g.standings or fitting
    g.standing = open_to_viewer[0] if len(open_to_viewer) == 1 else None
    if not g.standings:
        abort(HTTPStatus.FORBIDDEN)
    return None


def _stand_in_the_certain_circle(account: Account) -> None:
    """Other pages know the circle too where there is no doubt: for the tabs, the emergency number, the contacts."""
    memberships, named = circles.memberships_of(account), asked_circle()
    certain = [m for m in memberships if m.circle.public_id == named] if len(memberships) > 1 else memberships
    if certain:
        g.standing = Standing(account, certain[0])


def _refuse_other_circle(circle: Circle) -> None:
    """A form that names another circle than its row's is answered as if the row did not exist."""
    named = asked_circle()
    if named is not None and named != circle.public_id:
        abort(HTTPStatus.NOT_FOUND)


def _closed_answer(app: Flask) -> Any:
    """What a locked or limited session gets instead of a page that is not open to it; None where it is."""
    state = g.closed if g.account is not None else ""
    if not state or not request.endpoint:
        return None
    rule = access_of(app, request.endpoint)
    is_for_all = rule is None or (rule.public and request.endpoint not in PERSONAL_THOUGH_PUBLIC)
    if is_for_all or state in getattr(app.view_functions[request.endpoint], "stays_open", ()):
        return None
    return ask_to_confirm(state)


def _lock_of(app: Flask, account: Account | None) -> dict[str, bool] | None:
    """What the cover of a page that can lock offers; None for a page that stays open, or that shows nothing now."""
    if account is None or not account.has_passkey or g.closed:  # a mail is written outside of any request
        return None
    rule = access_of(app, request.endpoint) if request.endpoint else None
    if rule is None or (rule.public and request.endpoint not in PERSONAL_THOUGH_PUBLIC):
        return None
    return {"writes": _writes_somewhere(account)}


def _writes_somewhere(account: Account) -> bool:
    return any("write_check_ins" in membership.rights for membership in circles.memberships_of(account))


def _marked(view: Any, access: Access) -> Any:
    view.access = access
    return view


def access_of(app: Flask, endpoint: str) -> Access | None:
    """The rule of an endpoint, None when it carries none."""
    if endpoint in PUBLIC_ENDPOINTS:
        return Access(public=True)
    return getattr(app.view_functions[endpoint], "access", None)


def init_app(app: Flask) -> None:
    """Keep routes without a rule closed, and keep the circle in addresses where there are several."""

    @app.before_request
    def closed_unless_marked() -> None:
        if request.endpoint and access_of(app, request.endpoint) is None:
            abort(HTTPStatus.NOT_FOUND)

    @app.before_request
    def know_the_viewer() -> Any:
        g.standing = None
        g.account = viewer() if request.endpoint != "static" else None
        g.setdefault("closed", "")
        g.setdefault("is_fresh", False)
        g.passkey_domain = app.config["COMPANION"].passkey_domain
        if g.account is not None and request.headers.get("X-Account", g.account.public_id) != g.account.public_id:
            raise OtherAccount
        rule = access_of(app, request.endpoint) if request.endpoint else None
        if g.account is not None and rule is not None and rule.right is None:
            _stand_in_the_certain_circle(g.account)
        return _closed_answer(app)

    @app.url_defaults
    def keep_circle(endpoint: str, values: dict[str, Any]) -> None:
        standing = g.get("standing")
        rule = access_of(app, endpoint) if endpoint in app.view_functions else None
        is_of_circle = rule is not None and rule.right is not None and rule.row is None
        if standing is None or not (is_of_circle or endpoint in OPEN_IN_A_CIRCLE):
            return
        if len(circles.memberships_of(standing.account)) > 1:
            values.setdefault("circle", standing.circle.public_id)

    @app.context_processor
    def who() -> dict[str, object]:
        account = g.get("account")
        shown = {"viewer": account, "standing": g.get("standing"), "theme": getattr(account, "theme", "auto")}
        shown["lock"] = _lock_of(app, account)
        return shown | {
            "thumb": getattr(account, "thumb", "both"),
            "extra_large": getattr(account, "extra_large", False),
        }
