"""Headers, hosts and the check that an unsafe request comes from our own pages."""

from datetime import timedelta
from typing import Any

from flask import Blueprint, Flask, Response, current_app, g, request
from flask.json.provider import DefaultJSONProvider
from flask.sessions import SecureCookieSessionInterface, SessionMixin
from werkzeug.exceptions import BadRequest, Forbidden, HTTPException

from companion.config import Config

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "font-src 'self'",
        "connect-src 'self'",
        "manifest-src 'self'",
        "worker-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "object-src 'none'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",
        "trusted-types companion",
    )
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Referrer-Policy": "same-origin",
    "X-Frame-Options": "DENY",
}
ABOUT_PAGES = frozenset({"Permissions-Policy", "Cross-Origin-Opener-Policy", "X-Frame-Options"})
HEADERS_OF_FILES = {name: value for name, value in HEADERS.items() if name not in ABOUT_PAGES} | {
    "Content-Security-Policy": "default-src 'none'; base-uri 'none'; object-src 'none'; form-action 'none'; "
    "frame-ancestors 'none'; require-trusted-types-for 'script'"
}
"""A static file, or what only a script reads, loads nothing, runs nothing by itself and is no page: stricter, and
shorter on each of them."""
HEADERS_OF_HTTPS = {"Strict-Transport-Security": "max-age=31536000; includeSubDomains"}
MAX_BODY_BYTES = 256 * 1024
MAX_JSON_DEPTH = 20
PERSONAL_TYPES = ("text/html", "application/json")
FORM_TYPES = ("application/x-www-form-urlencoded", "multipart/form-data")


def allow_camera(response: Response) -> Response:
    """Let this one page ask for the camera, for scanning labels; no other page may."""
    response.headers["Permissions-Policy"] = HEADERS["Permissions-Policy"].replace("camera=()", "camera=(self)")
    return response


class PageSessions(SecureCookieSessionInterface):
    """The session in a cookie, for pages. A file is the same for everyone: no cookie may part the copies of it."""

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        """Write the cookie, and say that the answer depends on it, except for a static file."""
        if request.endpoint != "static":
            super().save_session(app, session, response)


class UnknownHost(BadRequest):
    """The request names a host that is not ours: `COMPANION_BASE_URL` is another one."""


class ForeignForm(Forbidden):
    """An unsafe request did not come from our own pages."""


class StrictJSON(DefaultJSONProvider):
    """JSON that people's programs send: no endless nesting, no `NaN`, nothing that is not text."""

    def loads(self, s: str | bytes, **kwargs: Any) -> Any:
        """The value. Raises ValueError, which a request answers with 400."""
        try:
            value = super().loads(s, parse_constant=_refuse_constant, **kwargs)
        except RecursionError:
            raise ValueError("nested too deep") from None
        if _depth(value) > MAX_JSON_DEPTH:
            raise ValueError("nested too deep")
        return value


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is no number")


def _depth(value: Any) -> int:
    """How deep lists and objects are nested, 0 for a plain value; stops counting above the limit."""
    level, depth = [value], 0
    while depth <= MAX_JSON_DEPTH and (inner := [one for one in level if isinstance(one, (dict, list))]):
        level = [one for part in inner for one in (part.values() if isinstance(part, dict) else part)]
        depth += 1
    return depth


COMPRESSED = ["text/html", "text/javascript"]
"""Pages and the service worker; static files come packed. What carries an ETag of its own, as feeds and the phone's
copy, is sent as it is. Lengths tell nothing of value (BREACH): no page holds a key, and cookies do not come from
other sites."""


def flask_settings(config: Config) -> dict[str, Any]:
    """Flask's settings from ours. Cookies get the `__Host-` prefix where https makes it possible."""
    prefix = "__Host-" if config.secure else ""
    return {
        "COMPANION": config,
        "KEYRING": config.keyring,
        "SECRET_KEY": config.secret_key,
        "TESTING": config.testing,
        "SQLALCHEMY_ENGINES": {"default": engine_options(config.database_url)},
        "SESSION_COOKIE_NAME": f"{prefix}page",
        "SESSION_COOKIE_SECURE": config.secure,
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "PERMANENT_SESSION_LIFETIME": timedelta(days=30),
        "COOKIE_PREFIX": prefix,
        "MAX_CONTENT_LENGTH": MAX_BODY_BYTES,
        "MAX_FORM_MEMORY_SIZE": MAX_BODY_BYTES,
        "MAX_FORM_PARTS": 200,
        "RATELIMIT_ENABLED": True,
        "COMPRESS_ALGORITHM": ["br", "gzip"],
        "COMPRESS_BR_LEVEL": 5,
        "COMPRESS_MIMETYPES": COMPRESSED,
    }


def engine_options(url: str) -> dict[str, Any]:
    """Options for one database address. Errors never quote the values of a statement."""
    options = {"url": url, "hide_parameters": True}
    return options if url.startswith("sqlite") else {**options, "pool_pre_ping": True}


def same_origin(headers: Any, allowed: frozenset[str]) -> bool:
    """Whether an unsafe request comes from our own pages: Sec-Fetch-Site, else the exact Origin, else no.

    `none` means that the person did it in the browser itself, such as sending a form again by reloading.
    """
    site, origin = headers.get("Sec-Fetch-Site"), headers.get("Origin")
    if site == "none":
        is_form = (headers.get("Content-Type") or "").partition(";")[0].strip().lower() in FORM_TYPES
        return is_form and (origin is None or origin in allowed)
    if site is not None:
        return bool(site == "same-origin")
    return origin in allowed


def is_form_only() -> bool:
    """Whether a script of ours reads the form of a page, to keep it, and nothing is shown (`offline/copy.js`)."""
    return request.headers.get("X-Form-Only") == "1"


def is_no_page(response: Response) -> bool:
    """Whether only a program reads the answer."""
    return response.mimetype == "application/json" or is_form_only()


def keyed(blueprint: Blueprint, *, by_programs: bool = False) -> None:
    """Pages whose address is the key: no cookie counts, and nothing lets the address out.

    They send no referrer, so a browser without Sec-Fetch-Site posts them with the origin `null`; with `by_programs`
    also a program may post that has no page of ours, and so no origin (RFC 8058). A foreign origin is refused.
    """
    nameless = (None, "null") if by_programs else ("null",)

    @blueprint.url_value_preprocessor
    def trust_the_key(endpoint: str | None, values: dict[str, Any] | None) -> None:
        g.takes_no_cookies = "Sec-Fetch-Site" not in request.headers and request.headers.get("Origin") in nameless

    @blueprint.after_request
    def keep_to_ourselves(response: Response) -> Response:
        response.headers.update({"Referrer-Policy": "no-referrer", "Cache-Control": "no-store"})
        response.headers["X-Robots-Tag"] = "noindex"
        return response


def init_app(app: Flask) -> None:
    """Install the checks before and the headers after every request."""
    config: Config = app.config["COMPANION"]
    of_https = HEADERS_OF_HTTPS if config.secure else {}
    headers, headers_of_files = HEADERS | of_https, HEADERS_OF_FILES | of_https
    app.json = StrictJSON(app)
    app.session_interface = PageSessions()
    app.jinja_env.globals["is_form_only"] = is_form_only

    @app.before_request
    def refuse_foreign() -> None:
        if request.host.lower() not in config.allowed_hosts and request.endpoint != "health.alive":
            raise UnknownHost
        if request.method in SAFE_METHODS or g.get("takes_no_cookies"):
            return
        if not same_origin(request.headers, config.allowed_origins):
            raise ForeignForm

    @app.after_request
    def add_headers(response: Response) -> Response:
        is_file = request.endpoint == "static" and response.status_code < 400
        for name, value in (headers_of_files if is_file or is_no_page(response) else headers).items():
            response.headers.setdefault(name, value)
        if request.endpoint != "static":
            response.headers.setdefault("Cache-Control", "no-store")
        if g.get("account") is not None and response.mimetype in PERSONAL_TYPES:
            response.headers["Cache-Control"] = "no-store"
        return response

    @app.errorhandler(HTTPException)
    def explain(error: HTTPException) -> Any:
        from companion.answers import problem_page

        return problem_page(error)

    @app.errorhandler(Exception)
    def fail_closed(error: Exception) -> Any:
        if current_app.config["TESTING"] and current_app.config.get("RAISE_ERRORS"):
            raise error
        from companion.answers import problem_page
        from companion.logs import log

        log.exception("request failed", endpoint=request.endpoint, kind=type(error).__name__)
        return problem_page(None)
