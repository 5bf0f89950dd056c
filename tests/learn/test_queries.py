"""The article pipeline: what it reads, and that each mistake is refused with file and line."""

from datetime import date
from pathlib import Path

import pytest

from companion.learn import queries
from companion.learn.queries import ContentError, library, read_article, read_sources

SOURCES = """
[LOE18]
authors = "Löscher WN"
year = 2018
title = "MMN in Austria"
journal = "J Neurol 265:2834"
pmid = "30259176"
checked_on = 2026-11-23

[CN19]
authors = "中华医学会神经病学分会"
title = "诊治指南"
journal = "中华神经科杂志"
url = "https://example.org/guide"
checked_on = 2026-11-23
"""
ARTICLE = """---
title: Cold hands
slug: cold
summary: Keep warm.
order: 1
stages: [waiting]
sources: [LOE18, CN19]
checked_on: 2026-11-23
reviewed_by:
---
Cold makes hands weak. [^LOE18]

::: key-fact
**4 times**

As one study says. [^CN19 LOE18]
:::

## Tips

- Wear gloves.

::: care-card ask Ask if
It lasts.
:::
"""

# What to replace, by what, the line that the error must name, and its words.
MISTAKES = [
    ("[^LOE18]\n", "[^NOBODY]\n", 11, "unknown source NOBODY"),
    ("[^CN19 LOE18]", "[^CN19 LOE81]", 16, "unknown source LOE81"),
    ("sources: [LOE18, CN19]", "sources: [LOE18, CN19, XX99]", 7, "unknown source XX99"),
    ("[^CN19 LOE18]", "[^LOE18]", 1, "source CN19 is in the header and never cited"),
    ("2026-11-23", "2026-13-40", 8, "checked_on: month must be in 1..12"),
    ("2026-11-23", "soon", 8, "checked_on"),
    ("checked_on: 2026-11-23\n", "", 1, "checked_on: Field required"),
    ("title: Cold hands", "title: ", 2, "title"),
    ("slug: cold", "slug: warm", 3, "not the name of the file"),
    ("slug: cold", "slug: Cold hands", 3, "slug"),
    ("order: 1", "order: first", 5, "order"),
    ("[waiting]", "[cured]", 6, "stages"),
    ("reviewed_by:", "reviewer: Dr X", 9, "reviewer"),
    ("order: 1", "order: : 1", 5, "not YAML"),
    ("::: key-fact", "::: keyfact", 13, "unknown block 'keyfact'"),
    ("::: key-fact", "::: key-fact Four", 13, "key-fact has no title"),
    ("ask Ask if", "ask", 23, "care-card ask needs a title"),
    ("It lasts.\n:::\n", "It lasts.\n", 23, "not closed"),
    ("\n:::\n\n## Tips", "\n\n## Tips", 13, "opened or closed twice"),
]


def write(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


@pytest.fixture
def content(tmp_path: Path) -> Path:
    write(tmp_path, "sources.toml", SOURCES)
    write(tmp_path, "en/cold.md", ARTICLE)
    write(tmp_path, "zh/cold.md", ARTICLE.replace("Cold hands", "手冷"))
    return tmp_path


def test_reads_an_article(content: Path) -> None:
    article = library(content).articles["en", "cold"]
    assert (article.title, article.order, article.checked_on) == ("Cold hands", 1, date(2026, 11, 23))
    assert article.stages == {"waiting"}
    assert article.reviewed_by == ""
    assert [source.id for source in article.sources] == ["LOE18", "CN19"]
    assert [block.kind for block in article.blocks] == ["text", "key-fact", "text", "care-card ask"]
    assert article.blocks[3].title == "Ask if"


def test_citations_are_numbers_of_the_list(content: Path) -> None:
    blocks = library(content).articles["en", "cold"].blocks
    assert blocks[0].html.strip() == "<p>Cold makes hands weak.\u2060<sup>1</sup></p>"
    assert "says.\u2060<sup>1, 2</sup>" in blocks[1].html


def test_markup_of_others_is_text(content: Path) -> None:
    odd = ARTICLE.replace("Wear gloves.", '<script>alert(1)</script><b onclick="x">b</b> [x](javascript:alert(1))')
    html = (
        read_article(write(content, "en/cold.md", odd), "en", read_sources(content / "sources.toml")).blocks[2].html
    )
    assert "<script" not in html
    assert "<b" not in html
    assert "<a" not in html
    assert "&lt;script&gt;" in html


@pytest.mark.parametrize(("old", "new", "line", "words"), MISTAKES)
def test_a_mistake_is_named(content: Path, old: str, new: str, line: int, words: str) -> None:
    assert old in ARTICLE
    path = write(content, "en/cold.md", ARTICLE.replace(old, new, 1))
    with pytest.raises(ContentError) as caught:
        library(content)
    assert str(caught.value).startswith(f"{path}:{line}: ")
    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("old", "new", "line", "words"),
    [
        ('pmid = "30259176"\n', "", 2, "LOE18: Value error, needs at least one of doi, pmid and url"),
        ("2026-11-23", '"soon"', 2, "checked_on"),
        ("[CN19]", "[cn19]", 10, "id"),
        ("https://example.org", "javascript:x", 10, "url"),
        ("[CN19]", "[CN19", 10, "not TOML"),
    ],
)
def test_a_bad_source_is_named(content: Path, old: str, new: str, line: int, words: str) -> None:
    path = write(content, "sources.toml", SOURCES.replace(old, new, 1))
    with pytest.raises(ContentError) as caught:
        library(content)
    assert str(caught.value).startswith(f"{path}:{line}: ")
    assert words in str(caught.value)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_each_article_has_a_twin(content: Path, language: str) -> None:
    missing = content / language / "cold.md"
    missing.unlink()
    with pytest.raises(ContentError, match="missing") as caught:
        library(content)
    assert str(missing) in str(caught.value)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("2026-11-23", "2026-11-22"),
        ("order: 1", "order: 2"),
        ("[waiting]", "[paused]"),
        ("[LOE18, CN19]", "[CN19, LOE18]"),
        ("## Tips\n", ""),
        ("- Wear gloves.", "- Wear gloves.\n- And socks."),
        ("care-card ask Ask if", "care-card emergency Call if"),
    ],
)
def test_twins_have_the_same_shape(content: Path, old: str, new: str) -> None:
    write(content, "zh/cold.md", ARTICLE.replace(old, new, 1))
    with pytest.raises(ContentError, match="differs") as caught:
        library(content)
    assert "cold.md" in str(caught.value)


def test_where_a_source_is(content: Path) -> None:
    sources = read_sources(content / "sources.toml")
    assert sources["LOE18"].link == "https://pubmed.ncbi.nlm.nih.gov/30259176/"
    assert sources["CN19"].link == "https://example.org/guide"
    assert (sources["CN19"].host, sources["CN19"].lang, sources["LOE18"].lang) == ("example.org", "zh-Hans", "en")
    assert queries.source("COLD11").link == "https://doi.org/10.1007/s00415-010-5712-3"


def test_what_to_read_next() -> None:
    first, *_, last = queries.articles("en")
    after = queries.article_after(first)
    assert after is not None
    assert after.order == first.order + 1
    assert queries.article_after(last) is None
    assert queries.article("en", "no-such-article") is None
