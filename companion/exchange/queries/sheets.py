"""Rows as files: JSON, and CSV that a spreadsheet shows as it is and never runs."""

import csv
import io
import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

BYTE_ORDER_MARK = "\N{ZERO WIDTH NO-BREAK SPACE}"
"""Without it a spreadsheet takes UTF-8 for something else, and Chinese for noise."""
STARTS_FORMULA = (
    *("=", "+", "-", "@", "\t", "\r", "\n", "\0"),
    *("\N{FULLWIDTH EQUALS SIGN}", "\N{FULLWIDTH PLUS SIGN}"),
    *("\N{FULLWIDTH HYPHEN-MINUS}", "\N{FULLWIDTH COMMERCIAL AT}"),
)
LINES_AT_ONCE = 200


def csv_file(columns: Sequence[str], rows: Iterable[dict[str, Any]]) -> Iterator[bytes]:
    """A table as CSV (RFC 4180), with the names of its columns first."""
    lines = io.StringIO()
    writer = csv.writer(lines)
    lines.write(BYTE_ORDER_MARK)
    writer.writerow(columns)
    for number, row in enumerate(rows):
        writer.writerow([cell(row[name]) for name in columns])
        if number % LINES_AT_ONCE == 0:
            yield _taken(lines)
    yield _taken(lines)


def _taken(lines: io.StringIO) -> bytes:
    text = lines.getvalue()
    lines.seek(0)
    lines.truncate()
    return text.encode()


def cell(value: Any) -> Any:
    """What a cell shows. Text that a spreadsheet could take for a formula begins with an apostrophe."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list) and all(isinstance(one, str) for one in value):
        value = "; ".join(value)
    elif isinstance(value, (list, dict)):
        value = json.dumps(value, ensure_ascii=False, sort_keys=True)
    if not isinstance(value, str):
        return value
    text = value.replace("\0", "")
    return f"'{text}" if value.startswith(STARTS_FORMULA) or text.lstrip(" ").startswith(STARTS_FORMULA) else text


def json_list(rows: Iterable[dict[str, Any]]) -> Iterator[bytes]:
    """Rows as a JSON list, a line each."""
    lines, between = ["["], "\n"
    for row in rows:
        lines.append(between + json.dumps(row, ensure_ascii=False))
        between = ",\n"
        if len(lines) == LINES_AT_ONCE:
            yield "".join(lines).encode()
            lines.clear()
    yield "".join([*lines, "]"]).encode()
