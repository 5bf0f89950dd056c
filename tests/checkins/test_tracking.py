"""What is tracked: asked once, changeable, and a new meter starts a new line."""

import pytest

from companion.checkins import queries


@pytest.fixture
def ana(people, client_of):
    return client_of(people.ana)


FORM = {"has_grip_meter": "yes", "unit": "kg", "device_name": "Blue one", "tries": "1"}


def test_the_page_asks(ana):
    page = ana.get("/check-ins/tracking").text
    assert "Do you have a grip meter?" in page
    assert "Turn a key" in page


def test_a_meter_is_kept_and_another_one_starts_anew(ana, people):
    ana.post("/check-ins/tracking", data=FORM)
    first = queries.current_device(people.circle)
    ana.post("/check-ins/tracking", data=FORM)
    assert queries.current_device(people.circle).id == first.id
    ana.post("/check-ins/tracking", data=FORM | {"unit": "kPa"})
    second = queries.current_device(people.circle)
    assert second.id != first.id
    assert (second.unit, second.unit_kind, first.retired_on is not None) == ("kPa", "pressure", True)


def test_without_a_meter_tasks_are_watched(ana, people):
    ana.post(
        "/check-ins/tracking", data={"has_grip_meter": "no", "tasks": ["key", "jar"], "own_task": "Hold the dog"}
    )
    assert [t.key or t.words for t in queries.active_tasks(people.circle)] == ["key", "jar", "Hold the dog"]
    kept = queries.active_tasks(people.circle)[0].id
    ana.post("/check-ins/tracking", data={"has_grip_meter": "no", "tasks": ["key"]})
    assert [t.id for t in queries.active_tasks(people.circle)] == [kept]


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ({}, "Say whether you have a grip meter"),
        ({"has_grip_meter": "no", "tasks": ["key", "jar", "pen"], "own_task": "one more"}, "three at most"),
        ({"has_grip_meter": "maybe"}, "Choose one of the answers"),
        ({"has_grip_meter": "yes", "unit": "stone"}, "Choose one of the answers"),
    ],
)
def test_bad_answers_are_said(ana, people, form, words):
    answer = ana.post("/check-ins/tracking", data=form)
    assert answer.status_code == 422
    assert words in answer.text
    assert queries.active_tasks(people.circle) == []


def test_a_member_without_the_right_is_refused(people, client_of):
    assert client_of(people.vera).get("/check-ins/tracking").status_code == 403
    assert client_of(people.vera).post("/check-ins/tracking", data=FORM).status_code == 403
