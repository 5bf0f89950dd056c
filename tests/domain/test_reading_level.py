"""Grade and sentence lengths of the texts we write."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from companion.domain import reading_level

SYLLABLES = {
    1: "the be hand hands like made weak strength weeks tired through eyes whole blue due are used helped "
    "times nerves grips gloves guide arm worse makes one some give leave two clothes eye",
    2: "table tables little muscle better doctor patient weakness signals fingers wanted needed "
    "changes noses doses being diet lion quiet people trial science client clinic started fluid going",
    3: "infusion condition medicine video radio serious reaction caregiver area idea disorder Saturday",
    4: "neurologist neuropathy antibody multifocal information",
}


@pytest.mark.parametrize(
    ("word", "count"), [(word, count) for count, text in SYLLABLES.items() for word in text.split()]
)
def test_syllables(word: str, count: int) -> None:
    assert reading_level.syllables(word) == count


@pytest.mark.parametrize(
    ("word", "count"), [("doctor's", 2), ("don’t", 1), ("one-hand", 2), ("12", 1), ("MMN", 1), ("hmm", 1)]
)
def test_syllables_of_odd_words(word: str, count: int) -> None:
    assert reading_level.syllables(word) == count


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        ("One. Two! Three?", ["One.", "Two!", "Three?"]),
        ("Ask Dr. Lee, e.g. today. Then rest.", ["Ask Dr Lee, eg today.", "Then rest."]),
        ("It took 2.5 hours. Good.", ["It took 2.5 hours.", "Good."]),
        ("A heading\n\n- first point\n- second point", ["A heading", "- first point", "- second point"]),
        ('"Stop." She said so.', ['"Stop.', "She said so."]),
        ("...\n***\n", []),
    ],
)
def test_sentences(text: str, expected: list[str]) -> None:
    assert reading_level.sentences(text) == expected


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [
        ("The cat sat on the mat.", -2, 0),
        ("MMN makes some muscles weak. It comes on slowly. Many people get stronger with treatment.", 2, 6),
        (
            "Multifocal motor neuropathy is an immunologically mediated disorder marked by progressive, "
            "mostly distal, asymmetric weakness attributable to conduction abnormalities.",
            18,
            40,
        ),
    ],
)
def test_grade(text: str, low: float, high: float) -> None:
    assert low <= reading_level.grade(text) <= high


def test_grade_by_hand() -> None:
    # 10 words, 2 sentences, 11 syllables: 0.39 * 5 + 11.8 * 1.1 - 15.59
    assert reading_level.grade("Your hands feel weak today. Rest them and keep warm.") == -0.66


def test_grade_of_nothing() -> None:
    assert reading_level.grade(" \n ... ") == 0.0


@pytest.mark.parametrize(
    ("text", "longest"), [("", 0), ("One two. One two three.", 3), ("One\ntwo three four\nfive", 3)]
)
def test_longest_sentence_words(text: str, longest: int) -> None:
    assert reading_level.longest_sentence_words(text) == longest


@pytest.mark.parametrize(
    ("text", "longest"),
    [
        ("", 0),
        ("。！", 0),
        ("双手没力气。请告诉医生！", 5),
        ("多灶性运动神经病（MMN）很少见；它发展得慢。", 12),
        ("每 4 周一次，共 12.5 克？", 8),
        ("标题\n第一点，要喝水", 6),
    ],
)
def test_longest_sentence_chars_zh(text: str, longest: int) -> None:
    assert reading_level.longest_sentence_chars_zh(text) == longest


@given(st.text())
def test_any_text_can_be_measured(text: str) -> None:
    assert reading_level.longest_sentence_words(text) <= len(reading_level.words(text))
    assert isinstance(reading_level.grade(text), float)
    assert reading_level.longest_sentence_chars_zh(text) >= 0


@given(st.from_regex(r"[A-Za-z]{1,20}", fullmatch=True))
def test_a_word_has_a_syllable(word: str) -> None:
    assert reading_level.syllables(word) >= 1
