"""The file of programmes: what it may say, and how a mistake in it is named."""

import re
import tomllib
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from companion.assistance.queries import DIRECTORY, BadDirectory, programmes, read_directory
from companion.domain import eligibility

GOOD = """
[[programme]]
id = "one"
name = "One"
kind = "foundation"
countries = ["US"]
run_by = {en = "A charity.", zh = "慈善机构。"}
pays = {en = "A part.", zh = "一部分。"}
who_can = {en = "People.", zh = "大家。"}
ask_first = {en = "Is it open?", zh = "开放吗？"}
how_to_apply = {en = "Write.", zh = "写信。"}
website = "https://one.example"
certainty = "page"
source = {title = "one.example", url = "https://one.example/faq", age = {en = "No date.", zh = "没有日期。"}}
checked_on = 2026-11-23
stale_after_days = 90
"""
PHONE = 'phone = "1-800-1"\nphone_dial = "+18005550100"\nphone_seen = {en = "Seen.", zh = "见过。"}\n'

# What to replace, by what, and the programme, field and words that the error must name.
MISTAKES = [
    ('id = "one"\n', "", "programme 1", "id", "required"),
    ('id = "one"', 'id = "One!"', "One!", "id", "pattern"),
    ('name = "One"', 'name = ""', "one", "name", "at least 1"),
    ('kind = "foundation"', 'kind = "lottery"', "one", "kind", "'lottery' is not known"),
    ('countries = ["US"]', "countries = []", "one", "countries", "at least 1"),
    ('countries = ["US"]', 'countries = ["usa"]', "one", "countries", "'usa' is not known"),
    ('countries = ["US"]', 'countries = ["US"]\nproducts = ["water"]', "one", "products", "'water'"),
    (
        'countries = ["US"]',
        'countries = ["US"]\ninsurances_allowed = ["gold"]',
        "one",
        "insurances_allowed",
        "'gold'",
    ),
    ('countries = ["US"]', 'countries = ["US"]\nplaces = ["moon"]', "one", "places", "'moon'"),
    ('pays = {en = "A part.", zh = "一部分。"}', 'pays = {en = "A part."}', "one", "pays.zh", "required"),
    ('zh = "一部分。"', 'zh = "A part."', "one", "pays.zh", "no Chinese"),
    ('en = "A part."', 'en = "Up to $5,000."', "one", "pays.en", "no amounts"),
    ('en = "A part."', 'en = "You qualify for it."', "one", "pays.en", "no amounts of money and no promise"),
    ('"https://one.example"', '"javascript:alert(1)"', "one", "website", "pattern"),
    ('certainty = "page"', 'certainty = "sure"', "one", "certainty", "'terms', 'page' or 'name'"),
    ('url = "https://one.example/faq", ', "", "one", "source.url", "required"),
    ("2026-11-23", '"last week"', "one", "checked_on", "date"),
    ("checked_on = 2026-11-23\n", "", "one", "checked_on", "required"),
    ("= 90", "= 0", "one", "stale_after_days", "greater than or equal to 1"),
    ("= 90", "= 90\ncolour = 1", "one", "colour", "not permitted"),
    ("= 90", "= 90\n" + PHONE, "one", "phone", "phone_verified = true"),
    ("= 90", "= 90\nphone_verified = true", "one", "phone_verified", "there is no phone"),
    ("= 90", "= 90\nphone_verified = true\n" + PHONE.replace("+1", "call 1"), "one", "phone_dial", "pattern"),
]


def written(folder: Path, text: str) -> Path:
    path = folder / "programmes.toml"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(("old", "new", "programme", "field", "words"), MISTAKES)
def test_a_mistake_names_file_programme_and_field(
    tmp_path: Path, old: str, new: str, programme: str, field: str, words: str
) -> None:
    assert old in GOOD
    with pytest.raises(BadDirectory) as error:
        read_directory(written(tmp_path, GOOD.replace(old, new)))
    line = str(error.value)
    assert line.startswith(f"programmes.toml: {programme}: {field}: ")
    assert words in line


def test_the_good_file_is_read(tmp_path: Path) -> None:
    [entry] = read_directory(written(tmp_path, GOOD))
    assert (entry.id, entry.pays.in_language("en"), entry.pays.in_language("zh")) == ("one", "A part.", "一部分。")


def test_every_mistake_is_named_at_once(tmp_path: Path) -> None:
    second = GOOD.replace('"one"', '"two"').replace('name = "One"', "name = 1")
    with pytest.raises(BadDirectory) as error:
        read_directory(written(tmp_path, GOOD.replace("= 90", "= 0") + second))
    assert [line.split(": ")[1:3] for line in str(error.value).splitlines()] == [
        ["one", "stale_after_days"],
        ["two", "name"],
    ]


def test_an_id_is_used_once(tmp_path: Path) -> None:
    with pytest.raises(BadDirectory, match=r"^programmes\.toml: one: id: used twice$"):
        read_directory(written(tmp_path, GOOD + GOOD))


@pytest.mark.parametrize("text", ["", "programme = 3", "programme = [1]", "[[programme]", "title = 1"])
def test_a_file_without_programmes_is_named(tmp_path: Path, text: str) -> None:
    with pytest.raises(BadDirectory, match=r"^programmes\.toml: "):
        read_directory(written(tmp_path, text))


def test_a_file_that_is_not_text_is_named(tmp_path: Path) -> None:
    path = tmp_path / "programmes.toml"
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(BadDirectory, match="not TOML"):
        read_directory(path)


def test_an_entry_is_due_the_day_after_its_time(tmp_path: Path) -> None:
    [entry] = read_directory(written(tmp_path, GOOD))
    last_day = date(2026, 11, 23) + timedelta(days=90)
    assert not entry.is_stale(last_day)
    assert entry.is_stale(last_day + timedelta(days=1))


def test_only_numbers_read_on_their_owners_pages_are_shown() -> None:
    shown = {entry.id: entry.phone for entry in programmes() if entry.phone}
    assert shown == {
        "takeda-help-at-hand": "1-800-830-9159",
        "taf": "(855) 845-3663",
        "accessia": "1-800-366-7741",
        "gain-uk": "01529 469910",
    }


def test_a_phone_that_is_dialled_is_the_phone_that_is_shown() -> None:
    for entry in programmes():
        if entry.phone and entry.phone_dial:
            digits = re.sub(r"\D", "", entry.phone).lstrip("0")
            assert entry.phone_dial.endswith(digits.removeprefix("1") if "US" in entry.countries else digits)


def test_no_copay_card_takes_a_federal_plan() -> None:
    cards = [entry for entry in programmes() if entry.kind == "copay-card"]
    assert len(cards) >= 3
    for card in cards:
        assert not eligibility.FEDERAL_PLANS & set(card.insurances_allowed)


@pytest.mark.parametrize(
    "raw", tomllib.loads(DIRECTORY.read_text(encoding="utf-8"))["programme"], ids=lambda r: r["id"]
)
def test_sentences_are_short(raw: dict[str, Any]) -> None:
    words = [value for value in [*raw.values(), raw["source"]["age"]] if isinstance(value, dict) and "en" in value]
    for both in words:
        for sentence in re.split(r"(?<=[.?!])\s", both["en"]):
            assert len(sentence.split()) <= 20, sentence
        for sentence in re.split(r"[。？！：；]", both["zh"]):
            spoken = re.sub(r"[A-Za-z0-9|.\-]+", "词", sentence)
            assert len(spoken) <= 30, sentence
