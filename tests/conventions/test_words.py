"""Every word that a page or a message shows exists in both languages."""

import io
import re
from pathlib import Path

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

from companion.language import CATALOGUES, merged_catalogue

ROOT = Path(__file__).resolve().parents[2]
METHODS = [("**.py", "python"), ("**.html", "jinja2"), ("**.txt", "jinja2")]
OPTIONS = {"**.html": {"trimmed": "true"}, "**.txt": {"trimmed": "true"}}
KEYWORDS = {
    "_": None,
    "_l": None,
    "gettext": None,
    "lazy_gettext": None,
    "ngettext": (1, 2),
    "lazy_ngettext": (1, 2),
    "pgettext": ((1, "c"), 2),
}
BANNED = ("移动网络", "骨髓增生", "脊髓损伤", "虚弱")
PLACEHOLDER = re.compile(r"%\((\w+)\)[sd]")


def words_in_use() -> set[str]:
    """Every message that code and templates ask for."""
    found = set()
    for folder in ("companion", "templates"):
        for _file, _line, message, _notes, _context in extract_from_dir(
            str(ROOT / folder), METHODS, OPTIONS, KEYWORDS
        ):
            found.add(message[0] if isinstance(message, tuple) else message)
    return found


def test_the_chinese_catalogue_is_complete():
    catalogue = merged_catalogue(CATALOGUES / "zh")
    missing = sorted(w for w in words_in_use() if w and not _translated(catalogue, w))
    assert missing == []


def _translated(catalogue, word):
    message = catalogue.get(word)
    strings = message.string if message is not None else ""
    return all(strings) if isinstance(strings, (tuple, list)) else bool(strings)


def test_no_catalogue_keeps_words_that_nothing_asks_for():
    used = words_in_use()
    stale = sorted(str(m.id) for m in merged_catalogue(CATALOGUES / "zh") if m.id and _key(m) not in used)
    assert stale == []


def _key(message):
    return message.id[0] if isinstance(message.id, (tuple, list)) else message.id


@pytest.mark.parametrize("path", sorted((CATALOGUES / "zh").glob("*.po")), ids=lambda p: p.stem)
def test_translations_keep_their_placeholders_and_banned_words_out(path):
    for message in read_po(io.BytesIO(path.read_bytes()), locale="zh"):
        if not message.id:
            continue
        texts = message.string if isinstance(message.string, (tuple, list)) else [message.string]
        wanted = set(PLACEHOLDER.findall(_key(message)))
        for text in texts:
            assert set(PLACEHOLDER.findall(text)) >= wanted - {"num"}, message.id
            assert not [word for word in BANNED if word in text], message.id
