"""Preferences: shown, saved, refused, taken back."""

import re

import pytest

from companion.accounts.models import Account
from companion.extensions import db

GROUPS = ["language", "theme", "touch", "name", "time-zone", "quiet-hours"]


@pytest.fixture
def ana(people, client_of):
    return client_of(people.ana)


def account(people):
    return db.session.get(Account, people.ana.id, populate_existing=True)


def test_the_list_shows_what_is_set(ana):
    page = ana.get("/settings").text
    for words in ("Ana", "ana@example.org", "United Kingdom, London", "21:30 to 8:00", "As this device has it"):
        assert words in page


@pytest.mark.parametrize("group", GROUPS)
def test_each_setting_has_a_page(ana, group):
    page = ana.get(f"/settings/{group}")
    assert page.status_code == 200
    assert page.text.count("<h1>") == 1


@pytest.mark.parametrize("path", ["/settings", *(f"/settings/{group}" for group in GROUPS)])
def test_settings_are_for_the_signed_in(client_of, path):
    assert client_of(None).get(path).location.startswith("/sign-in?next=")


@pytest.mark.parametrize(
    ("group", "typed", "column", "kept"),
    [
        ("language", {"language": "zh"}, "language", "zh"),
        ("theme", {"theme": "dark"}, "theme", "dark"),
        ("touch", {"thumb": "left", "extra_large": "y"}, "thumb", "left"),
        ("touch", {"thumb": "both", "extra_large": "y"}, "extra_large", True),
        ("name", {"name": "  安娜 😀 مرحبا "}, "name", "安娜 😀 مرحبا"),
        ("name", {"name": ""}, "name", None),
        ("time-zone", {"tz": "Asia/Shanghai"}, "tz", "Asia/Shanghai"),
        ("quiet-hours", {"quiet_from": "22:00", "quiet_to": "7:05"}, "quiet_to", "07:05"),
        ("quiet-hours", {"quiet_from": "22:00", "quiet_to": "07:05"}, "quiet_to", "07:05"),
        (
            "quiet-hours",
            {"quiet_from": "22:00", "quiet_to": "07:05", "wakes_for_infusion": "y"},
            "wakes_for_infusion",
            True,
        ),
    ],
)  # fmt: skip
def test_a_setting_is_saved(people, ana, group, typed, column, kept):
    assert ana.post(f"/settings/{group}", data=typed).status_code == 303
    assert getattr(account(people), column) == kept


@pytest.mark.parametrize(
    ("group", "typed"),
    [
        ("language", {"language": "xx"}),
        ("language", {}),
        ("theme", {"theme": "pink"}),
        ("touch", {"thumb": "third"}),
        ("name", {"name": "x" * 500}),
        ("time-zone", {"tz": "Mars/Base"}),
        ("time-zone", {"tz": "../etc/passwd"}),
        ("quiet-hours", {"quiet_from": "25:00", "quiet_to": "07:00"}),
        ("quiet-hours", {"quiet_from": "", "quiet_to": "07:00"}),
        ("quiet-hours", {"quiet_from": "22:00"}),
        ("quiet-hours", {"quiet_from": "22:00", "quiet_to": "22:00"}),
    ],
)
def test_a_setting_that_cannot_be_is_explained_and_kept(people, ana, group, typed):
    answer = ana.post(f"/settings/{group}", data=typed)
    assert answer.status_code == 422
    assert "error-summary" in answer.text
    for value in typed.values():
        assert len(value) < 20 or value in answer.text
    assert account(people).tz == "Europe/London"


def test_saving_says_so_in_the_new_language(ana):
    answer = ana.post("/settings/language", data={"language": "zh"})
    page = ana.get(answer.location)
    assert "已保存。" in page.text
    assert 'lang="zh-Hans"' in page.text
    assert "设置" in ana.get("/settings").text


@pytest.mark.parametrize(
    ("group", "typed"),
    [
        ("name", {"name": "Anna"}),
        ("theme", {"theme": "dark"}),
        ("touch", {"thumb": "right", "extra_large": "y"}),
        ("quiet-hours", {"quiet_from": "20:00", "quiet_to": "09:00", "wakes_for_infusion": "y"}),
    ],
)
def test_undo_brings_the_old_value_back(people, ana, group, typed):
    columns = list(typed)
    before = [getattr(account(people), name) for name in columns]
    page = ana.get(ana.post(f"/settings/{group}", data=typed).location).text
    bar = page.partition('class="undo__form"')[2].partition("</form>")[0]
    fields = dict(re.findall(r'name="(\w+)" value="([^"]*)"', bar))
    assert ana.post(f"/settings/{group}", data=fields).status_code == 303
    assert [getattr(account(people), name) for name in columns] == before


def test_an_unknown_setting_is_not_here(ana):
    assert ana.get("/settings/rights").status_code == 404
    assert ana.post("/settings/rights", data={"rights": "all"}).status_code == 404


def test_other_columns_cannot_be_set(people, ana):
    ana.post("/settings/name", data={"name": "Ana", "public_id": "x", "theme": "dark"})
    assert account(people).theme == "auto"
    assert account(people).public_id != "x"
