"""Rules of the look: nothing inline, colours in one file, one stylesheet a component, strong contrast."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TEMPLATES = sorted(p for p in (ROOT / "templates").rglob("*.html") if "emails" not in p.parts)
CSS = ROOT / "static" / "css"
SHEETS = sorted(CSS.rglob("*.css"))
MACROS = sorted((ROOT / "templates" / "components").glob("*.html"))
# These only put other components together.
WITHOUT_A_SHEET = {"contact_call", "flashes", "form_basics", "grip_values", "infusion_card", "not_sent"}

INLINE = {
    "a style attribute": re.compile(r"""[\s"']style\s*=|['"]style['"]\s*:"""),
    "a <style> element": re.compile(r"<style\b"),
    "a script without a file": re.compile(r"<script\b(?![^>]*\bsrc=)"),
    "an event attribute": re.compile(r"""\son[a-z]+\s*=\s*["']|['"]on[a-z]+['"]\s*:"""),
    "a javascript: address": re.compile(r"javascript:"),
}
COLOUR = re.compile(
    r"#[0-9a-f]{3,8}\b|\b(?:rgb|hsl|hwb|lab|lch|oklab|oklch|color)a?\("
    r"|(?<![-\w])(?:white|black|gr[ae]y|red|green|blue|yellow|orange|brown|purple|pink)(?![-\w])",
    re.IGNORECASE,
)


def without_comments(path: Path) -> str:
    return re.sub(r"/\*.*?\*/", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("path", TEMPLATES, ids=name)
def test_no_template_has_anything_inline(path: Path) -> None:
    text = re.sub(r"\{#.*?#\}", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
    assert [what for what, pattern in INLINE.items() if pattern.search(text)] == []


@pytest.mark.parametrize("path", [p for p in SHEETS if p.name != "tokens.css"], ids=name)
def test_colours_are_tokens(path: Path) -> None:
    values = re.findall(r":([^;{}]*)[;}]", without_comments(path))
    assert [value.strip() for value in values if COLOUR.search(value)] == []


@pytest.mark.parametrize("path", SHEETS, ids=name)
def test_no_id_selectors(path: Path) -> None:
    selectors = re.findall(r"(?:^|[{};])([^{};@]*)\{", without_comments(path))
    assert [selector.strip() for selector in selectors if "#" in selector] == []


@pytest.mark.parametrize("path", MACROS, ids=name)
def test_a_component_is_one_macro_with_its_promise_and_its_stylesheet(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.startswith(f"{{# {path.stem}("), "starts with its signature"
    assert re.search(rf"macro {path.stem}\(", text)
    assert (CSS / "components" / f"{path.stem}.css").is_file() == (path.stem not in WITHOUT_A_SHEET)


def test_every_stylesheet_is_imported_once_into_its_layer() -> None:
    imports = re.findall(r'@import url\("([^"]+)"\) layer\((\w+)\)', without_comments(CSS / "app.css"))
    layers = {"components": "components", "features": "features", ".": None}
    assert sorted(path for path, _ in imports) == [
        p.relative_to(CSS).as_posix() for p in SHEETS if p.name != "app.css"
    ]
    for path, layer in imports:
        wanted = layers[Path(path).parent.as_posix()]
        assert wanted in (None, layer), path


# --- tokens ---


def tokens(block: str) -> dict[str, str]:
    return dict(re.findall(r"--([\w-]+):\s*([^;]+);", block))


def token_blocks() -> tuple[dict[str, str], dict[str, str], dict[str, str]]:
    """Light, dark by the phone, dark by choice."""
    text = without_comments(CSS / "tokens.css")
    light = re.search(r"^:root \{(.*?)^\}", text, re.DOTALL | re.MULTILINE)
    by_phone = re.search(r':root:not\(\[data-theme="light"\]\) \{(.*?)\}', text, re.DOTALL)
    by_choice = re.search(r':root\[data-theme="dark"\] \{(.*?)\}', text, re.DOTALL)
    assert light
    assert by_phone
    assert by_choice
    return tokens(light[1]), tokens(by_phone[1]), tokens(by_choice[1])


def test_dark_by_the_phone_and_by_choice_are_alike() -> None:
    light, by_phone, by_choice = token_blocks()
    assert by_phone == by_choice
    assert set(by_phone) <= set(light)


def test_the_phones_own_bars_have_the_colour_of_the_page() -> None:
    light, dark, _ = token_blocks()
    meta = (ROOT / "templates" / "layouts" / "_theme_color.html").read_text(encoding="utf-8")
    assert re.findall(r'content="(#\w+)"', meta) == [light["paper"], dark["paper"]]
    routes = (ROOT / "companion" / "pwa" / "routes.py").read_text(encoding="utf-8")
    assert f'PAPER = "{light["paper"]}"' in routes


def luminance(colour: str) -> float:
    digits = colour.lstrip("#")
    digits = "".join(d * 2 for d in digits) if len(digits) == 3 else digits
    parts = [int(digits[i : i + 2], 16) / 255 for i in (0, 2, 4)]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    brighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (brighter + 0.05) / (darker + 0.05)


WORDS_ON = [
    ("ink", "paper"), ("ink", "card"), ("ink", "honey-wash"), ("ink", "red-wash"), ("ink", "spruce-wash"),
    ("ink-soft", "paper"), ("ink-soft", "card"), ("spruce-ink", "paper"), ("spruce-ink", "card"),
    ("spruce-ink", "spruce-wash"), ("on-honey", "honey"), ("on-spruce", "spruce"), ("on-pick", "pick"),
    ("toffee", "paper"), ("toffee", "card"), ("red-ink", "paper"), ("red-ink", "card"), ("red-ink", "red-wash"),
    ("on-red", "red"), ("paper", "ink"),
]  # fmt: skip
EDGES_ON = [
    ("edge", "paper"), ("edge", "card"), ("honey-edge", "paper"), ("honey-edge", "card"), ("honey", "spruce"),
    ("on-spruce", "spruce"), ("pick", "card"), ("red-ink", "card"), ("spruce-ink", "card"),
]  # fmt: skip


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_contrast(theme: str) -> None:
    light, dark, _ = token_blocks()
    colours = light if theme == "light" else light | dark
    low = [pair for pair in WORDS_ON if contrast(colours[pair[0]], colours[pair[1]]) < 7]
    low += [pair for pair in EDGES_ON if contrast(colours[pair[0]], colours[pair[1]]) < 3]
    assert low == []
