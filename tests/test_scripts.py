"""Modules joined into few files: nothing is lost, nothing exists twice, and what is not understood stops."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
import rjsmin

from companion import scripts
from companion.scripts import GROUPS, LEADERS, UnknownForm, exports, plain, reader, sent

STATIC = Path(__file__).resolve().parents[1] / "static"
MODULES = sorted(path.relative_to(STATIC).as_posix() for path in (STATIC / "js").rglob("*.js"))
TOKEN = re.compile(
    r"""//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|`(?:\\.|[^`\\])*`|[\w$]+|\s+|.""", re.DOTALL
)
WANTED = re.compile(r'(?:from|import\()\s*"(\.[^"]+)"')


def tokens(text: str) -> list[str]:
    """What a script says, without comments and space between its words."""
    return [one for one in TOKEN.findall(text) if not one.isspace() and not one.startswith(("//", "/*"))]


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], str]:
    """Three modules in one file and one outside of it."""
    files = {
        "js/lead.js": 'import { two as second } from "./parts/two.js";\nexport const lead = () => second();\n',
        "js/parts/one.js": "let times = 0;\nexport function one() { times += 1; return times; }\n",
        "js/parts/two.js": 'import { one } from "./one.js";\nexport const two = one;\n'
        'export async function later() { return (await import("./one.js")).one(); }\n',
        "js/alone.js": 'import { one } from "./parts/one.js";\nexport class Alone { n = one(); }\n',
    }
    monkeypatch.setattr(scripts, "GROUPS", {"js/lead.js": ("js/parts/one.js", "js/parts/two.js")})
    monkeypatch.setattr(scripts, "LEADERS", {"js/parts/one.js": "js/lead.js", "js/parts/two.js": "js/lead.js"})
    return files.__getitem__


def test_a_group_is_one_file_and_every_way_leads_there(small: Callable[[str], str]) -> None:
    assert tokens(sent("js/lead.js", small)) == tokens(
        "const $one = (() => { let times = 0; function one() { times += 1; return times; } return { one }; })();"
        "const $two = (() => { const { one } = $one; const two = one;"
        'async function later() { return (await import("./lead.js").then((group) => group.$one)).one(); }'
        "return { two, later }; })();"
        "const { two: second } = $two; export const lead = () => second(); export { $one, $two };"
    )
    assert tokens(sent("js/parts/two.js", small)) == tokens(
        'import { $two } from "../lead.js"; export const { two, later } = $two;'
    )
    assert tokens(sent("js/alone.js", small)) == tokens(
        'import { $one } from "./lead.js"; const { one } = $one; export class Alone { n = one(); }'
    )


def test_a_worker_gets_names_without_import_and_export(small: Callable[[str], str]) -> None:
    text = plain(("js/parts/one.js", "js/parts/two.js"), ("one", "later"), small)
    assert text.endswith("return { one: $one.one, later: $two.later };\n})()")
    assert not re.search(r"^\s*(?:import|export)\b", text, re.MULTILINE)


@pytest.mark.parametrize(
    "line",
    ['import it from "./one.js";', 'import "./one.js";', "export default 1;", "export { it };", "export let it;"],
)
def test_what_is_not_understood_stops_before_a_browser_sees_it(small: Callable[[str], str], line: str) -> None:
    with pytest.raises(UnknownForm):
        sent("js/lead.js", lambda path: line if path == "js/parts/one.js" else small(path))
    with pytest.raises(UnknownForm):
        sent("js/alone.js", lambda path: line)


def test_what_a_member_needs_from_elsewhere_comes_at_the_top(small: Callable[[str], str]) -> None:
    line = 'import { other as it } from "../other.js";\nimport { lead } from "../lead.js";\nexport const one = it;'
    text = sent("js/lead.js", lambda path: line if path == "js/parts/one.js" else small(path))
    assert tokens(text)[:9] == tokens('import * as $other from "./other.js"; const $one')
    assert "const { other: it } = $other;\n\nconst one = it;" in text
    with pytest.raises(UnknownForm):
        plain(("js/parts/one.js",), ("one",), lambda path: line)


def test_the_groups_hold_modules_that_exist_each_once_after_what_it_imports() -> None:
    members = [member for group in GROUPS.values() for member in group]
    assert len(members) == len(set(members)) == len(LEADERS)
    assert not set(members) & set(GROUPS)
    assert {*members, *GROUPS} <= set(MODULES)
    for leader, group in GROUPS.items():
        for place, member in enumerate(group):
            for line in re.findall(r'^import .* from "(.*)";$', reader(STATIC)(member), re.MULTILINE):
                wanted = (STATIC / member).parent.joinpath(line).resolve().relative_to(STATIC).as_posix()
                assert wanted in {leader, *group[:place]} or wanted not in group, (leader, member, wanted)


@pytest.mark.parametrize("path", MODULES)
def test_what_is_sent_says_the_same_and_leads_to_files_that_exist(path: str) -> None:
    source, text = reader(STATIC)(path), sent(path, reader(STATIC))
    assert tokens(rjsmin.jsmin(text)) == tokens(text)
    said = set(tokens(source)) - {"as"}
    assert path in LEADERS or {word for word in said if not word.startswith('".')} <= set(tokens(text))
    for member in GROUPS.get(path, ()):
        assert {word for word in tokens(reader(STATIC)(member)) if not word.startswith('".')} <= {*tokens(text), "as"}
    for found in WANTED.findall(" ".join(tokens(text))):
        wanted = (STATIC / path).parent.joinpath(found).resolve().relative_to(STATIC).as_posix()
        assert wanted in MODULES
        assert wanted not in LEADERS, "a page would ask for a member and then for its leader"
    assert path not in LEADERS or set(exports(source)) <= set(tokens(text))
