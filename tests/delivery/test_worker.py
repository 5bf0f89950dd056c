"""The list of recurring jobs, and one round of it."""

import threading

import pytest

from companion import worker
from companion.delivery.queries import last_tick_at


def test_every_job_is_in_the_list_once():
    names = [job.name for job in worker.jobs(10)]
    hourly = ["extend_plans", "keep_wall_times", "extend_visits", "purge_photos", "forget_stale"]
    hourly += ["forget_old_invitations", "forget_old_links"]
    assert names == [
        "plan_deliveries",
        "dispatch_due",
        "write_ahead",
        "tell_outside",
        "audit_deliveries",
        *hourly,
        "erase_due",
    ]
    assert [job.every_seconds for job in worker.jobs(0.5)] == [
        0.5,
        0.5,
        0.5,
        0.5,
        300,
        *(3600 for _job in hourly),
        600,
    ]


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


def test_sending_waits_for_the_first_plan_and_only_for_that():
    order, may_plan = [], threading.Event()

    def plan(stopping, *, to_the_end):
        assert may_plan.wait(10)
        order.append("plan to the end" if to_the_end else "plan")

    first = worker.FirstPlan(plan, lambda stopping: order.append("send"))
    sending = threading.Thread(target=first.send, args=[lambda: False])
    sending.start()
    assert order == []
    may_plan.set()
    first.plan(lambda: False)
    sending.join(10)
    first.send(lambda: False)
    first.plan(lambda: False)
    assert order == ["plan to the end", "send", "send", "plan"]


@pytest.mark.parametrize("seconds", [19, 21])
def test_a_planner_that_fails_stops_no_message_for_long(tmp_path, monkeypatch, seconds):
    file, sent = tmp_path / "clock", []
    monkeypatch.setenv("COMPANION_TESTING", "1")
    monkeypatch.setenv("COMPANION_TEST_CLOCK", str(file))
    first = worker.FirstPlan(lambda stopping, **_: 1 / 0, sent.append)
    with pytest.raises(ZeroDivisionError):
        first.plan(lambda: False)
    file.write_text(str(seconds))
    looks = iter([False, False, True])
    first.send(lambda: next(looks, True))
    assert len(sent) == 1
    assert (next(looks, "asked") == "asked") == (seconds == 19)
