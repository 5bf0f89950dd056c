"""The articles that ship: sources, reading level, words that are never used, promises that are never made."""

import re
from datetime import UTC, datetime

import pytest

from companion.domain import reading_level
from companion.language import CATALOGUES, merged_catalogue
from companion.learn import queries
from companion.learn.models import Article
from tests.learn.reading import lines, paragraphs_of, text_of

EN, ZH = queries.articles("en"), queries.articles("zh")
ALL = [*EN, *ZH]
SLUGS = [
    "what-mmn-is",
    "treatment-with-immunoglobulin",
    "infusion-day",
    "cold-and-hand-care",
    "questions-for-your-neurologist",
]

# 痉挛 may also mean spasticity, a sign that MMN does not have: only 痛性痉挛 (cramp) is said.
BANNED_ZH = re.compile(
    "移动网络|骨髓|脊髓损伤|虚弱|发病率|副作用|(?<!痛性)痉挛|大多数患者.{0,8}抗体|治愈了?\\d|GM1(含量|水平)?过高|(?<!运动)神经病"
)
PROMISES = re.compile(
    r"\bcured?\b(?<!not a cure)|will (get|be) (better|stronger|well)|normal life|life expectancy|life span"
    r"|\bguarantee|always works|no side effects|not serious|\bfatal\b|most (people|patients) have (the )?antibod",
    re.IGNORECASE,
)
PROMISES_ZH = re.compile("(?<!不能)根治|治愈|一定会|保证|完全恢复|正常寿命|没有副作用|不严重|致命")
DOSE_ADVICE = re.compile(
    r"\b(take|use|have|get|ask for) \d|your dose (should|must|needs)|you (should|must|need to) (take|get|have|use)"
    r"|\b(raise|lower|increase|reduce|double|halve|skip|stop|change) (your|the|an?) (dose|infusion|ig\b|rate)"
    r"|\bwe (recommend|advise|suggest)",
    re.IGNORECASE,
)
DOSE_ADVICE_ZH = re.compile(
    "(应该?|建议您?|可以|请)(加量|减量|停药|加快|减慢|改用|用\\d|增加剂量|减少剂量|延长间隔)|我们(建议|推荐)"
)


def named(articles: list[Article]) -> list[object]:
    return [pytest.param(article, id=f"{article.language}/{article.slug}") for article in articles]


def test_the_five_articles() -> None:
    assert [article.slug for article in EN] == SLUGS
    assert [article.slug for article in ZH] == SLUGS


@pytest.mark.parametrize("article", named(ALL))
def test_nobody_is_said_to_have_reviewed(article: Article) -> None:
    assert article.reviewed_by == ""
    assert article.checked_on <= datetime.now(UTC).date()


@pytest.mark.parametrize("article", named(ALL))
def test_answers_first_and_ends_with_the_emergency(article: Article) -> None:
    kinds = [block.kind for block in article.blocks]
    assert kinds[:2] == ["text", "key-fact"]
    assert article.blocks[0].html.startswith("<p>")
    assert kinds[-2:] == ["care-card ask", "care-card emergency"]
    assert "means-for-you" in kinds


@pytest.mark.parametrize("article", named(ALL))
def test_a_number_in_the_text_has_a_source(article: Article) -> None:
    for block in article.blocks:
        if block.kind != "text":
            continue
        for part in re.findall(r"<(?:p|li)>(.*?)</(?:p|li)>", block.html, re.S):
            if re.search(r"\d", " ".join(lines(part)).replace("GM1", "").replace("PMP22", "")):
                assert "<sup>" in part, part


@pytest.mark.parametrize("article", named(ALL))
def test_sudden_weakness_is_never_wear_off(article: Article) -> None:
    card = " ".join(lines(article.blocks[-1].html))
    if article.slug == "infusion-day":
        assert "all of a sudden" in card or "突然" in card
    else:
        assert re.search("minutes or hours.*stroke|几分钟或几小时内突然没力气.*中风", card)


@pytest.mark.parametrize("article", named(EN))
def test_english_is_easy(article: Article) -> None:
    assert reading_level.grade(text_of(article)) <= 6
    assert reading_level.grade(paragraphs_of(article)) <= 6
    assert reading_level.longest_sentence_words(text_of(article)) <= 20


@pytest.mark.parametrize("article", named(ZH))
def test_chinese_is_short(article: Article) -> None:
    assert reading_level.longest_sentence_chars_zh(text_of(article)) <= 30


@pytest.mark.parametrize("article", named(ZH))
def test_chinese_words(article: Article) -> None:
    text = text_of(article)
    assert not BANNED_ZH.findall(text)
    assert not PROMISES_ZH.findall(text)
    assert not DOSE_ADVICE_ZH.findall(text)
    assert not re.search(r"[一-鿿][,.;:?!]", text), "half-width punctuation after a Chinese word"


@pytest.mark.parametrize("article", named(EN))
def test_english_words(article: Article) -> None:
    text = text_of(article).replace("It is not a cure.", "")
    assert not PROMISES.findall(text)
    assert not DOSE_ADVICE.findall(text)


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        (BANNED_ZH, "移动网络患者虚弱"),
        (BANNED_ZH, "肌肉痉挛"),
        (PROMISES, "MMN can be cured."),
        (PROMISES, "You will get stronger."),
        (PROMISES, "Most patients have antibodies."),
        (PROMISES_ZH, "可以治愈"),
        (DOSE_ADVICE, "You should take more."),
        (DOSE_ADVICE, "Increase your dose."),
        (DOSE_ADVICE, "Use 2 grams."),
        (DOSE_ADVICE_ZH, "建议加量"),
    ],
)
def test_the_patterns_bite(pattern: re.Pattern[str], text: str) -> None:
    assert pattern.search(text)


def test_the_words_of_the_pages() -> None:
    catalogue = merged_catalogue(CATALOGUES / "zh")
    own = [text for text in catalogue if text.id and str(text.string)]
    assert own
    learn = (CATALOGUES / "zh" / "learn.po").read_text(encoding="utf-8")
    assert not BANNED_ZH.findall(learn)
    for message in re.findall(r'^msgstr(?:\[0\])? "(.+)"$', learn, re.MULTILINE)[1:]:
        assert reading_level.longest_sentence_chars_zh(message) <= 30, message
    for message in re.findall(r'^msgid "(.+)"$', learn, re.MULTILINE):
        assert reading_level.longest_sentence_words(message) <= 20, message
