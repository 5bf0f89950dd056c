"""How often one account may write, and when whoever is slowed down may come back.

Routes that are open to everybody carry limits of their own, by network address (`limiter.limit`). What one account
sends is counted here whatever the route: far above what hands or an outbox do, far below what a program could.
"""

from http import HTTPStatus

from flask import Flask, Response, g, request
from limits import RateLimitItem, parse_many
from werkzeug.exceptions import TooManyRequests

from companion.extensions import limiter
from companion.security import SAFE_METHODS

WRITES_OF_ACCOUNT = parse_many("600 per minute; 6000 per hour")


def init_app(app: Flask) -> None:
    """Count what accounts write, and say in every refusal when to come back."""

    @app.before_request
    def slow_down() -> None:
        account = g.get("account")
        if account is None or request.method in SAFE_METHODS:
            return
        for limit in WRITES_OF_ACCOUNT:
            if not limiter.limiter.hit(limit, "writes", account.public_id):
                raise TooManyRequests(retry_after=_wait(limit))

    @app.after_request
    def say_when_to_come_back(response: Response) -> Response:
        if response.status_code == HTTPStatus.TOO_MANY_REQUESTS and "Retry-After" not in response.headers:
            reached = limiter.current_limit
            response.headers["Retry-After"] = str(_wait(reached.limit if reached else WRITES_OF_ACCOUNT[0]))
        return response


def _wait(limit: RateLimitItem) -> int:
    """Seconds after which a limit has surely ended: its whole window."""
    return limit.get_expiry()
