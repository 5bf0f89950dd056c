"""JSON logs of what the program did; never what a person wrote or measured."""

import logging
import re
import sys
import time
import traceback
from collections.abc import MutableMapping
from contextlib import suppress
from types import TracebackType
from typing import Any, TextIO, cast

import structlog
from flask import Flask, Response, g, request

log = structlog.get_logger("companion")
SECRET_PATHS = re.compile(
    r"(/answers/|/add-vials/|/sign-in/link/|/calendar/feeds/|/clinician/|/invitations/|/mail-stops/).+"
)


def scrubbed(path: str) -> str:
    """A path without the tokens that some addresses carry, and without its query."""
    return SECRET_PATHS.sub(r"\1…", path)


def _shown_path() -> str:
    """The path of this request; of one that fits no route nothing, for it can hold anything."""
    return scrubbed(request.path) if request.url_rule is not None else "unknown"


def _safe_exception(_logger: Any, _name: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Keep where an error came from, and drop its message: it may quote what a person typed."""
    given = event.pop("exc_info", None)
    if isinstance(given, BaseException):
        event.update(_origin(type(given), given.__traceback__))
    elif given:
        event.update(_origin(sys.exc_info()[0], sys.exc_info()[2]))
    return event


def _origin(kind: type[BaseException] | None, trace: TracebackType | None) -> dict[str, Any]:
    """The kind of an error and the last places it passed, without a word of what it says."""
    places = [f"{'/'.join(f.filename.rsplit('/', 2)[-2:])}:{f.lineno}" for f in traceback.extract_tb(trace)]
    return {"error": kind.__name__ if kind else None, "trace": places[-6:]}


class _QuietRecords(logging.Filter):
    """Flask's own last word on an error that nothing caught: the same JSON line, not its message and path."""

    def filter(self, record: logging.LogRecord) -> bool:
        if not record.exc_info:
            return True
        kind, _error, trace = record.exc_info
        log.error("uncaught", logger=record.name, **_origin(kind, trace))
        return False


_QUIET = _QuietRecords()


class _Steadfast:
    """A text file that swallows what it cannot write: a full disk of the log must stop no reminder."""

    def __init__(self, file: TextIO) -> None:
        self._file = file

    def write(self, text: str) -> int:
        """Write, or lose the line."""
        with suppress(OSError, ValueError):
            return self._file.write(text)
        return 0

    def flush(self) -> None:
        """Flush, or lose what was not flushed."""
        with suppress(OSError, ValueError):
            self._file.flush()


def init_app(app: Flask) -> None:
    """Configure the log and write one line a request."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _safe_exception,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        logger_factory=structlog.WriteLoggerFactory(file=cast("TextIO", _Steadfast(sys.stderr))),
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
    )

    app.logger.addFilter(_QUIET)

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
                path=_shown_path(),
                status=response.status_code,
                ms=took,
            )
        return response
