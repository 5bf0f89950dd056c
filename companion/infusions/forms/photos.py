"""The form that takes photos of labels."""

from typing import Any

from flask_babel import gettext as _
from flask_babel import ngettext

from companion.infusions.operations.photos import MOST_PHOTOS, fingerprint_of
from companion.pictures import NotAPhoto, Picture, clean_picture

MOST_BYTES = 10 * 1024 * 1024
MAX_UPLOAD_BYTES = MOST_PHOTOS * MOST_BYTES + 256 * 1024


class PhotosForm:
    """The chosen photos, read and cleaned; all of them, or none and what is wrong."""

    def __init__(self, files: Any = None) -> None:
        self.files = [file for file in files.getlist("photos") if file.filename] if files else []
        self.problem = ""
        self.pictures: list[tuple[str, Picture]] = []

    def validate(self) -> bool:
        """Whether every file is a photo that can be kept; `problem` says what to do where it is not."""
        if not self.files:
            self.problem = _("Choose a photo first.")
        elif len(self.files) > MOST_PHOTOS:
            self.refuse_more()
        for file in [] if self.problem else self.files:
            self._read(file)
            if self.problem:
                break
        return not self.problem

    def _read(self, file: Any) -> None:
        sent = file.stream.read(MOST_BYTES + 1)
        if len(sent) > MOST_BYTES:
            self.problem = _("This photo is over 10 MB. Choose a smaller one.")
            return
        try:
            self.pictures.append((fingerprint_of(sent), clean_picture(sent)))
        except NotAPhoto:
            self.problem = _("Choose a JPEG or PNG photo.")

    def refuse_more(self) -> None:
        """Say that there is no room."""
        self.problem = _("One infusion keeps %(count)s photos. Delete some, then add new ones.", count=MOST_PHOTOS)

    def error_list(self) -> list[tuple[str, str]]:
        """The problem, for the summary at the top of the page."""
        return [("photos", self.problem)] if self.problem else []


def photos_words(count: int) -> str:
    """`1 photo is saved.`"""
    return str(ngettext("%(num)s photo is saved.", "%(num)s photos are saved.", count))
