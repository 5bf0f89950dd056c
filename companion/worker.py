"""The scheduler in its own process: every recurring job, one line each."""

import os
import signal
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler
from flask import Flask

from companion import clock
from companion.accounts.jobs import forget_stale
from companion.circles.jobs import forget_old_invitations
from companion.clinician_links.jobs import forget_old_links
from companion.delivery.jobs import audit_deliveries, dispatch_due, tell_outside, write_ahead
from companion.exchange.jobs import erase_due
from companion.infusions.jobs import extend_plans, keep_wall_times, purge_photos
from companion.logs import log
from companion.reminders.jobs import plan_deliveries
from companion.visits.jobs import extend_visits

HOUR, AUDIT_SECONDS, ERASE_SECONDS = 3600.0, 300.0, 600.0
PATIENCE_SECONDS = 6.0
"""How long a job may take to end after SIGTERM; its leases run out by themselves after that."""
JUMP_SECONDS = 2.0
FIRST_PLAN_SECONDS = 20.0
"""How long sending waits for the first plan of a worker."""
WRONG_CLOCK_SECONDS = 300.0
"""A wall clock that jumped by more than this against the one that only runs forward may be wrong."""


@dataclass(frozen=True, slots=True)
class Job:
    """One piece of recurring work; `run` is told how to ask whether the worker is stopping."""

    name: str
    run: Callable[[Callable[[], bool]], object]
    every_seconds: float


class ClockGuard:
    """Holds all work for a while after the wall clock has jumped: a message sent by a wrong clock cannot be taken
    back."""

    def __init__(self, hold_seconds: float) -> None:
        self._hold_seconds, self._apart = hold_seconds, clock.apart()
        self._held_until: float | None = None
        self._lock = threading.Lock()

    def holds(self) -> bool:
        """Whether to wait; looks at both clocks."""
        with self._lock:
            fresh = clock.apart()
            if abs(fresh - self._apart) > WRONG_CLOCK_SECONDS:
                self._held_until = clock.monotonic() + self._hold_seconds
                log.warning("the clock has jumped, sending waits", seconds=round(fresh - self._apart))
            self._apart = fresh
            return self._held_until is not None and clock.monotonic() < self._held_until


class FirstPlan:
    """Sending waits until this worker has planned once: after a time without one, what is stored may be out of date.

    It does not wait for long: a planner that fails stops no message.
    """

    def __init__(self, plan: Callable[..., object], send: Callable[[Callable[[], bool]], object]) -> None:
        self._plan, self._send = plan, send
        self._done, self._until = threading.Event(), clock.monotonic() + FIRST_PLAN_SECONDS

    def plan(self, stopping: Callable[[], bool]) -> None:
        """Plan, the first time to the end, however much waits to be sent."""
        self._plan(stopping, to_the_end=not self._is_over())
        if not stopping():
            self._done.set()

    def send(self, stopping: Callable[[], bool]) -> None:
        """Send what is due, once it is up to date."""
        while not (self._is_over() or stopping()):
            self._done.wait(0.05)
        self._send(stopping)

    def _is_over(self) -> bool:
        return self._done.is_set() or clock.monotonic() >= self._until


def jobs(tick_seconds: float) -> tuple[Job, ...]:
    """All recurring work there is."""
    first = FirstPlan(plan_deliveries, dispatch_due)
    return (
        Job("plan_deliveries", first.plan, tick_seconds),
        Job("dispatch_due", first.send, tick_seconds),
        Job("write_ahead", write_ahead, tick_seconds),
        Job("tell_outside", lambda stopping: tell_outside(), tick_seconds),
        Job("audit_deliveries", lambda stopping: audit_deliveries(), AUDIT_SECONDS),
        Job("extend_plans", lambda stopping: extend_plans(), HOUR),
        Job("keep_wall_times", lambda stopping: keep_wall_times(), HOUR),
        Job("extend_visits", lambda stopping: extend_visits(), HOUR),
        Job("purge_photos", lambda stopping: purge_photos(), HOUR),
        Job("forget_stale", lambda stopping: forget_stale(), HOUR),
        Job("forget_old_invitations", lambda stopping: forget_old_invitations(), HOUR),
        Job("forget_old_links", lambda stopping: forget_old_links(), HOUR),
        Job("erase_due", lambda stopping: erase_due(), ERASE_SECONDS),
    )


def run_once(app: Flask) -> bool:
    """Run each job once, one after the other; False when one failed."""
    results = [_run(app, job, lambda: False) for job in _jobs_of(app)]
    return all(results)


def run(app: Flask) -> None:
    """Run all jobs again and again until SIGTERM or SIGINT, then end within ten seconds."""
    stopping, running = threading.Event(), set[str]()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    scheduler = _scheduler(app, stopping, running)
    scheduler.start()
    log.info("worker started", jobs=[job.name for job in _jobs_of(app)])
    _wait_and_watch_the_clock(app, scheduler, stopping)
    scheduler.shutdown(wait=False)
    clean = _end_of(running)
    log.info("worker stopped", clean=clean)
    if not clean:
        os._exit(0)  # a thread that hangs in a server's silence must not keep the process


def _scheduler(app: Flask, stopping: threading.Event, running: set[str]) -> BackgroundScheduler:
    """A ticker in UTC that never drops a late run and never runs one job twice at once."""
    work, guard = _jobs_of(app), ClockGuard(app.config["COMPANION"].hold_seconds)
    scheduler = BackgroundScheduler(
        timezone=UTC,
        executors={"default": ThreadPoolExecutor(2 * len(work))},
        job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
    )

    def one(job: Job) -> None:
        if job.name in running or stopping.is_set() or guard.holds():
            return
        running.add(job.name)
        try:
            _run(app, job, lambda: stopping.is_set() or guard.holds())
        finally:
            running.discard(job.name)

    for job in work:
        scheduler.add_job(one, "interval", args=[job], id=job.name, seconds=job.every_seconds)
        # The first run is no job of the scheduler: it stumbles over a job that ends while it is being shut down.
        threading.Thread(target=one, args=[job], name=f"{job.name} at start", daemon=True).start()
    return scheduler


def _wait_and_watch_the_clock(app: Flask, scheduler: BackgroundScheduler, stopping: threading.Event) -> None:
    """Wait for the end. When the wall clock was set back, intervals begin anew, or they would wait that long."""
    apart = clock.apart()
    while not stopping.wait(1.0):
        fresh = clock.apart()
        if abs(fresh - apart) > JUMP_SECONDS:
            log.warning("the clock was set", seconds=round(fresh - apart))
            for job in _jobs_of(app):
                scheduler.reschedule_job(job.name, trigger="interval", seconds=job.every_seconds)
        apart = fresh


def _end_of(running: set[str]) -> bool:
    """Whether every job has ended, within PATIENCE_SECONDS."""
    deadline = clock.monotonic() + PATIENCE_SECONDS
    while running and clock.monotonic() < deadline:
        time.sleep(0.02)
    return not running


def _jobs_of(app: Flask) -> tuple[Job, ...]:
    return jobs(app.config["COMPANION"].tick_seconds)


def _run(app: Flask, job: Job, stopping: Callable[[], bool]) -> bool:
    """One run of a job; an error is logged, and the next run comes all the same."""
    try:
        with app.app_context():
            job.run(stopping)
    except Exception as error:
        log.exception("job failed", job=job.name, kind=type(error).__name__)
        return False
    return True
