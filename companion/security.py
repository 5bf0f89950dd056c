"""Headers, hosts and the check that an unsafe request comes from our own pages."""

from datetime import timedelta
from http import HTTPStatus
from typing import Any

from flask import Flask, Response, abort, current_app, g, request
from werkzeug.exceptions import HTTPException

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
    "Permissions-Policy": "camera=(self), geolocation=(), microphone=(), payment=(), usb=()",
    "X-Frame-Options": "DENY",
}
MAX_BODY_BYTES = 256 * 1024


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
    }


def engine_options(url: str) -> dict[str, Any]:
    """Options for one database address."""
    if url.startswith("sqlite"):
        return {"url": url}
    return {"url": url, "pool_pre_ping": True}


def same_origin(headers: Any, allowed: frozenset[str]) -> bool:
    """Whether an unsafe request comes from our own pages: Sec-Fetch-Site, else the exact Origin, else no."""
    site = headers.get("Sec-Fetch-Site")
    if site is not None:
        return bool(site == "same-origin")
    return headers.get("Origin") in allowed


def init_app(app: Flask) -> None:
    """Install the checks before and the headers after every request."""
    config: Config = app.config["COMPANION"]
    if config.secure:
        HEADERS_OF_APP = HEADERS | {"Strict-Transport-Security": "max-age=31536000; includeSubDomains"}
    else:
        HEADERS_OF_APP = HEADERS

    @app.before_request
    def refuse_foreign() -> None:
        if request.host not in config.allowed_hosts and request.endpoint != "health.alive":
            abort(HTTPStatus.BAD_REQUEST, "This address is not known here.")
        if request.method in SAFE_METHODS or g.get("takes_no_cookies"):
            return
        if not same_origin(request.headers, config.allowed_origins):
            abort(HTTPStatus.FORBIDDEN, "This form came from another site, so nothing was saved.")

    @app.after_request
    def add_headers(response: Response) -> Response:
        for name, value in HEADERS_OF_APP.items():
            response.headers.setdefault(name, value)
        response.headers.setdefault("Referrer-Policy", "same-origin")
        if response.mimetype in ("text/html", "application/json"):
            response.headers.setdefault("Cache-Control", "no-store")
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
