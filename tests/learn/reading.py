"""What a reader sees of an article, as plain lines."""

import re
from html import unescape

from companion.learn.models import Article

TEXT_ENDS = re.compile(r"</?(?:p|li|ul|ol|h2|h3)>")
CITATION = re.compile("\u2060?<sup>[^<]*</sup>")


def lines(html: str) -> list[str]:
    """One line a paragraph, heading and list item, without the small numbers of sources."""
    bare = re.sub(r"<[^>]+>", "", TEXT_ENDS.sub("\n", CITATION.sub("", html)))
    return [unescape(line).strip() for line in bare.splitlines() if line.strip()]


def text_of(article: Article) -> str:
    """The whole article with its title, summary and the titles of its cards."""
    blocks = [line for block in article.blocks for line in [block.title, *lines(block.html)] if line]
    return "\n".join([article.title, article.summary, *blocks])


def paragraphs_of(article: Article) -> str:
    """Running text only: headings and lists make a text look easier than it is."""
    found = [text for block in article.blocks for text in re.findall(r"<p>(.*?)</p>", block.html, re.S)]
    return "\n".join(line for text in found for line in lines(text))
