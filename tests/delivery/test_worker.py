"""The list of recurring jobs, and one round of it."""

from companion import worker
from companion.delivery.queries import last_tick_at


def test_every_job_is_in_the_list_once():
    names = [job.name for job in worker.jobs(10)]
    hourly = ["extend_plans", "keep_wall_times", "extend_visits", "purge_photos", "forget_stale"]
    assert names == ["plan_deliveries", "dispatch_due", "tell_outside", "audit_deliveries", *hourly]
    assert [job.every_seconds for job in worker.jobs(0.5)] == [0.5, 0.5, 0.5, 300, *(3600 for _job in hourly)]


def test_one_round_runs_them_all(app):
    assert worker.run_once(app)
    assert last_tick_at() is not None


def test_a_job_that_fails_stops_no_other(app, monkeypatch):
    def fail(stopping):
        raise ZeroDivisionError

    ran = []
    work = (worker.Job("bad", fail, 1), worker.Job("good", ran.append, 1))
    monkeypatch.setattr(worker, "jobs", lambda tick: work)
    assert not worker.run_once(app)
    assert len(ran) == 1


def test_the_command_runs_once_and_ends(app):
    result = app.test_cli_runner().invoke(args=["worker", "--once"])
    assert result.exit_code == 0
    assert "Example" in app.test_cli_runner().invoke(args=["worker", "--help"]).output
