"""JSON logs of what the program did; never what a person wrote or measured."""

import logging
import re
import sys
import time
import traceback
from typing import Any

import structlog
from flask import Flask, Response, g, request

log = structlog.get_logger("companion")
SECRET_PATHS = re.compile(r"(/answers/|/sign-in/link/|/calendar/feeds/)[^/?]+")


def scrubbed(path: str) -> str:
    """A path without the tokens that some addresses carry, and without its query."""
    return SECRET_PATHS.sub(r"\1…", path)


def _safe_exception(_logger: Any, _name: str, event: dict[str, Any]) -> dict[str, Any]:
    """Keep where an error came from, and drop its message: it may quote what a person typed."""
    if event.pop("exc_info", None):
        kind, _error, trace = sys.exc_info()
        event["error"] = kind.__name__ if kind else None
        event["trace"] = [
            f"{f.filename.rsplit('/', 2)[-2:]}:{f.lineno}" for f in traceback.extract_tb(trace)
        ][-6:]
    return event


def init_app(app: Flask) -> None:
    """Configure the log and write one line a request."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _safe_exception,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
    )

    @app.before_request
    def start_timer() -> None:
        g.started = time.perf_counter()

    @app.after_request
    def write_line(response: Response) -> Response:
        if request.endpoint != "static":
            took = round((time.perf_counter() - g.get("started", time.perf_counter())) * 1000, 1)
            log.info(
                "request",
                method=request.method,
                path=scrubbed(request.path),
                status=response.status_code,
                ms=took,
            )
        return response
