"""One article, its blocks and its sources, as their files must have them."""

import re
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Literal

from markupsafe import Markup
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

Stage = Literal["waiting", "about_to_start", "on_treatment", "paused"]
Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")]
Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=400)]
Doi = Annotated[str, StringConstraints(pattern=r"^10\.\d{4,}/\S+$")]
Pmid = Annotated[str, StringConstraints(pattern=r"^\d{1,9}$")]
Address = Annotated[str, StringConstraints(pattern=r"^https://\S+$")]


class Source(BaseModel):
    """A work that articles cite. It can be found by DOI, PMID or address; a web page may have no year."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: Annotated[str, StringConstraints(pattern=r"^[A-Z][A-Z0-9]+$")]
    authors: Words
    year: int | None = Field(default=None, ge=1900, le=2100)
    title: Words
    journal: Words
    doi: Doi | None = None
    pmid: Pmid | None = None
    url: Address | None = None
    checked_on: date

    @model_validator(mode="after")
    def can_be_found(self) -> "Source":
        """Refuse a source without any way to it."""
        if not (self.doi or self.pmid or self.url):
            raise ValueError("needs at least one of doi, pmid and url")
        return self

    @property
    def link(self) -> str:
        """Where the work is: the DOI before PubMed before an address."""
        if self.doi:
            return f"https://doi.org/{self.doi}"
        return f"https://pubmed.ncbi.nlm.nih.gov/{self.pmid}/" if self.pmid else str(self.url)

    @property
    def host(self) -> str:
        """The site, for a source that has an address only."""
        return self.link.split("/")[2].removeprefix("www.")

    @property
    def lang(self) -> str:
        """The language of the title, for screen readers."""
        return "zh-Hans" if re.search("[一-鿿]", self.title) else "en"


class FrontMatter(BaseModel):
    """What stands above the text of an article."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    title: Words
    slug: Slug
    summary: Words
    order: int = Field(ge=1)
    stages: list[Stage] = Field(min_length=1)
    sources: list[str] = Field(min_length=1)
    checked_on: date
    reviewed_by: Words | None = None


@dataclass(frozen=True, slots=True)
class Block:
    """A stretch of an article: plain text, or a card with a title. `html` is clean."""

    kind: str
    title: str
    html: Markup


@dataclass(frozen=True, slots=True)
class Article:
    """One article in one language. `reviewed_by` stays empty until a clinician has read it."""

    language: str
    slug: str
    title: str
    summary: str
    order: int
    stages: frozenset[str]
    sources: tuple[Source, ...]
    checked_on: date
    reviewed_by: str
    blocks: tuple[Block, ...]

    @property
    def shape(self) -> tuple[object, ...]:
        """What both languages of an article have in common."""
        kinds = tuple((block.kind, block.html.count("<h2"), block.html.count("<li")) for block in self.blocks)
        return (self.order, self.stages, tuple(source.id for source in self.sources), self.checked_on, kinds)
