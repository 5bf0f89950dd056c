"""Articles and sources read from `content/`: loaded once a process, refused with file and line when wrong."""

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import frontmatter
import nh3
import yaml  # type: ignore[import-untyped]
from markdown_it import MarkdownIt
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token
from markupsafe import Markup
from mdit_py_plugins.container import container_plugin
from pydantic import ValidationError

from companion.learn.models import Article, Block, FrontMatter, Source

CONTENT = Path(__file__).parent / "content"
LANGUAGES = ("en", "zh")
TITLED = ("means-for-you", "do", "dont", "care-card ask", "care-card emergency")
KINDS = ("key-fact", *TITLED)
CITATION = re.compile(r"\[\^([^\]]*)\]")
TAGS = {"p", "ul", "ol", "li", "strong", "em", "h2", "h3", "sup"}


class ContentError(Exception):
    """A file under `content/` is not as it must be; the message names the file and the line."""

    def __init__(self, path: Path, line: int, problem: str) -> None:
        super().__init__(f"{path}:{line}: {problem}")


@dataclass(frozen=True, slots=True)
class Library:
    """Everything under `content/`."""

    sources: Mapping[str, Source]
    articles: Mapping[tuple[str, str], Article]


@cache
def library(folder: Path = CONTENT) -> Library:
    """All articles in both languages. Raises ContentError."""
    sources = read_sources(folder / "sources.toml")
    read = {
        (language, path.stem): (path, read_article(path, language, sources))
        for language in LANGUAGES
        for path in sorted((folder / language).glob("*.md"))
    }
    _check_twins(folder, read)
    return Library(sources, {key: article for key, (_, article) in read.items()})


def articles(language: str) -> list[Article]:
    """The articles of a language in reading order."""
    found = [article for (spoken, _), article in library().articles.items() if spoken == language]
    return sorted(found, key=lambda article: (article.order, article.slug))


def article(language: str, slug: str) -> Article | None:
    """One article, None when there is none of that name."""
    return library().articles.get((language, slug))


def article_after(current: Article) -> Article | None:
    """The next one to read."""
    later = (other for other in articles(current.language) if other.order > current.order)
    return next(later, None)


def source(source_id: str) -> Source:
    """A source by its id. Raises KeyError."""
    return library().sources[source_id]


def read_sources(path: Path) -> dict[str, Source]:
    """The works that may be cited. Raises ContentError."""
    text = path.read_text(encoding="utf-8")
    try:
        entries = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        at = re.search(r"line (\d+)", str(error))
        raise ContentError(path, int(at[1]) if at else 1, f"not TOML: {error}") from error
    found = {}
    for key, entry in entries.items():
        try:
            found[key] = Source.model_validate({"id": key, **entry})
        except ValidationError as error:
            raise ContentError(path, _line_of(text, f"[{key}]"), f"{key}: {_first_problem(error)}") from error
    return found


def read_article(path: Path, language: str, sources: Mapping[str, Source]) -> Article:
    """One file. Raises ContentError for a bad header, an unknown source, or a block that is not ours."""
    text = path.read_text(encoding="utf-8")
    head, body = _split(path, text)
    for source_id in head.sources:
        if source_id not in sources:
            raise ContentError(path, _line_of(text, "sources:"), f"unknown source {source_id}")
    offset = text[: text.index(body)].count("\n") if body else 0
    blocks = tuple(_blocks(path, body, offset, head.sources))
    return Article(
        language=language,
        slug=head.slug,
        title=head.title,
        summary=head.summary,
        order=head.order,
        stages=frozenset(head.stages),
        sources=tuple(sources[source_id] for source_id in head.sources),
        checked_on=head.checked_on,
        reviewed_by=head.reviewed_by or "",
        blocks=blocks,
    )


def _split(path: Path, text: str) -> tuple[FrontMatter, str]:
    """Header and body."""
    try:
        fields, body = frontmatter.parse(text)
        head = FrontMatter.model_validate(fields)
    except ValidationError as error:
        name = str(error.errors()[0]["loc"][0])
        raise ContentError(path, _line_of(text, f"{name}:"), _first_problem(error)) from error
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise ContentError(path, line, f"not YAML: {error.problem}") from error
    except ValueError as error:
        raise ContentError(path, _line_of(text, "checked_on:"), f"checked_on: {error}") from error
    if head.slug != path.stem:
        raise ContentError(path, _line_of(text, "slug:"), f"slug {head.slug} is not the name of the file")
    return head, body


def _blocks(path: Path, body: str, offset: int, cited: Sequence[str]) -> Iterator[Block]:
    """The body cut at its ::: fences; text between them is one block."""
    tokens = _markdown().parse(body)
    _check_fences(path, body, offset)
    _check_citations(path, tokens, offset, cited)
    loose: list[Token] = []
    inside: list[Token] | None = None
    kind = title = ""
    for token in tokens:
        if token.type == "container_block_open":
            yield from _text_block(loose, cited)
            loose, inside = [], []
            kind, title = _kind_of(path, token, offset)
        elif token.type == "container_block_close":
            yield Block(kind, title, _clean(inside or [], cited))
            inside = None
        else:
            (loose if inside is None else inside).append(token)
    yield from _text_block(loose, cited)


def _text_block(tokens: list[Token], cited: Sequence[str]) -> Iterator[Block]:
    if tokens:
        yield Block("text", "", _clean(tokens, cited))


def _kind_of(path: Path, token: Token, offset: int) -> tuple[str, str]:
    """Kind and title written behind the ::: of a block."""
    info = token.info.strip()
    line = offset + (token.map[0] if token.map else 0) + 1
    kind = next((kind for kind in KINDS if info == kind or info.startswith(f"{kind} ")), None)
    if kind is None:
        raise ContentError(path, line, f"unknown block {info!r}; there are {', '.join(KINDS)}")
    title = info.removeprefix(kind).strip()
    if (kind in TITLED) != bool(title):
        raise ContentError(path, line, f"{kind} {'needs a' if kind in TITLED else 'has no'} title")
    return kind, title


def _check_fences(path: Path, body: str, offset: int) -> None:
    """Each ::: that opens is closed before the next one."""
    opened = 0
    for number, line in enumerate(body.splitlines(), start=1):
        if not line.startswith(":::"):
            continue
        opens = line.strip(": ") != ""
        if opens == bool(opened):
            raise ContentError(path, offset + (opened or number), "a block is opened or closed twice")
        opened = number if opens else 0
    if opened:
        raise ContentError(path, offset + opened, "the block is not closed")


def _check_citations(path: Path, tokens: list[Token], offset: int, cited: Sequence[str]) -> None:
    """Every citation names a source of the header, and every source of the header is cited."""
    used = set()
    for token in tokens:
        line = offset + (token.map[0] if token.map else 0) + 1
        for child in token.children or ():
            for source_id in child.meta.get("sources", ()):
                if source_id not in cited:
                    raise ContentError(path, line, f"unknown source {source_id}, not named in the header")
                used.add(source_id)
    for source_id in cited:
        if source_id not in used:
            raise ContentError(path, 1, f"source {source_id} is in the header and never cited")


def _check_twins(folder: Path, read: Mapping[tuple[str, str], tuple[Path, Article]]) -> None:
    """Both languages have the same articles with the same blocks, sources and date."""
    for (language, slug), (path, article) in read.items():
        other = next(spoken for spoken in LANGUAGES if spoken != language)
        if (other, slug) not in read:
            raise ContentError(folder / other / f"{slug}.md", 1, f"missing; {path} has no twin")
        twin_path, twin = read[other, slug]
        if article.shape != twin.shape:
            raise ContentError(path, 1, f"differs in order, sources, date or blocks from {twin_path}")


@cache
def _markdown() -> MarkdownIt:
    """CommonMark without raw HTML, with ::: blocks and [^SOURCE] citations."""
    markdown = MarkdownIt("commonmark", {"html": False})
    markdown.use(container_plugin, name="block", validate=lambda *_: True)
    markdown.inline.ruler.before("link", "citation", _citation)
    markdown.add_render_rule("citation", _render_citation)
    return markdown


def _citation(state: StateInline, silent: bool) -> bool:
    """The inline rule for `[^LOE18]` and `[^LOE18 JP24]`."""
    match = CITATION.match(state.src, state.pos)
    if match is None:
        return False
    if not silent:
        state.pending = state.pending.rstrip()
        state.push("citation", "", 0).meta = {"sources": match[1].split()}
    state.pos = match.end()
    return True


def _render_citation(_: Any, tokens: Sequence[Token], index: int, __: Any, env: Any) -> str:
    """The places of the sources in the list below the article, small and raised, kept on the line of the last word.

    Not a link: weak hands hit a small target amid text by mistake. The list has full-size links.
    """
    numbers = sorted(env["cited"].index(source_id) + 1 for source_id in tokens[index].meta["sources"])
    return f"\u2060<sup>{', '.join(map(str, numbers))}</sup>"


def _clean(tokens: list[Token], cited: Sequence[str]) -> Markup:
    """HTML of some tokens with nothing in it but our few tags."""
    markdown = _markdown()
    html = markdown.renderer.render(tokens, markdown.options, {"cited": list(cited)})
    return Markup(nh3.clean(html, tags=TAGS, attributes={}))


def _line_of(text: str, start: str) -> int:
    """The number of the first line that begins so, 1 when there is none."""
    lines = enumerate(text.splitlines(), start=1)
    return next((number for number, line in lines if line.startswith(start)), 1)


def _first_problem(error: ValidationError) -> str:
    first = error.errors()[0]
    return f"{'.'.join(map(str, first['loc']))}: {first['msg']}".lstrip(": ")
