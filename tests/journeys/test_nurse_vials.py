"""The nurse adds six vials by the code on Ana's phone, and sees nothing of Ana; the next day the address is over."""

import io
import re
from datetime import timedelta
from typing import Any

import pytest
from PIL import Image, ImageDraw

from companion.infusions import operations
from tests import factories
from tests.journeys.looking import look_around, look_at
from tests.journeys.qr_reading import read_qr
from tests.journeys.test_main_job import LONDON, press_the_main_key
from tests.running import RunningApp

pytestmark = pytest.mark.long

LANGUAGES_AND_THEMES = pytest.mark.parametrize(
    ("language", "theme"), [("en", "light"), pytest.param("zh", "dark", marks=pytest.mark.long)]
)
WORDS = {
    "en": {
        "saved": "6 bottles saved. Thank you.",
        "gone": "This address is not valid today",
        "nurse": "nurse’s link",
    },
    "zh": {"saved": "已保存 6 瓶，谢谢。", "gone": "这个网址今天无效", "nurse": "护士链接添加"},
}


def start_treatment(life_before: Any) -> tuple[str, str]:
    """Ana has an infusion today; gives its path and her session."""
    with life_before() as now:
        ana = factories.account("Ana", "ana@example.org")
        circle = factories.circle(patient=ana, patient_name="Ana", country=None)
        today = now.astimezone(LONDON).date()
        plan = operations.start_regimen(circle, first_on=today, interval_count=4, interval_unit="week", now=now)
        return f"/infusions/{plan.infusions[0].public_id}", factories.session_token(ana, now)


def photo() -> bytes:
    """A large photo of a label."""
    picture = Image.new("RGB", (2600, 1400), (235, 235, 230))
    ImageDraw.Draw(picture).text((200, 400), "LOT LF4117A", fill="black", font_size=300)
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=98)
    return out.getvalue()


@pytest.mark.timeout(300)
@LANGUAGES_AND_THEMES
def test_the_nurse_adds_six_vials_by_the_code(
    web: RunningApp, life_before: Any, phone: Any, language: str, theme: str
) -> None:
    path, token = start_treatment(life_before)
    words, infusion = WORDS[language], f"{web.url}{path}"
    ana, nurse = phone(language, theme, signed_in=(web, token)), phone(language, theme)

    # Ana makes the link; the code on her screen is read from its squares alone.
    ana.goto(infusion)
    ana.locator('a[href$="/nurse-link"]').click()
    look_around(ana)
    press_the_main_key(ana)
    ana.locator(".qr").wait_for()
    look_around(ana)
    address = read_qr(ana.locator(".qr").screenshot())
    shown = ana.locator(".nurse-code__address").inner_text()
    assert re.fullmatch(rf"{web.url}/add-vials/(\w{{4}}-){{2}}\w{{4}}", address)
    assert "".join(shown.split()) == address.removeprefix("http://")

    # The nurse opens it on her own phone, where nobody is signed in.
    nurse.goto(address)
    look_around(nurse)
    nurse.locator('textarea[name="labels"]').fill("4 x LF4117A 10 g 03/2031\nLF4118B 5 g 04/2031\nLF4119C")
    press_the_main_key(nurse)
    nurse.get_by_text(words["saved"]).wait_for()
    look_around(nurse)
    assert "LF41" not in nurse.content()
    nurse.locator("main .button--main").click()
    assert "LF41" not in nurse.content()
    assert infusion.rpartition("/")[2] not in nurse.content()
    assert nurse.context.cookies() == []

    # Ana sees six, four of them together, and who added them; a photo that she takes is kept for someone to copy.
    ana.goto(infusion)
    lots = ana.locator(".records .lot").all_inner_texts()
    assert lots == ["LF4117A", "LF4118B", "LF4119C"]
    assert ana.get_by_text(words["nurse"]).count() == 3
    assert ana.locator(".lot-group .records__keys").count() == 4
    ana.set_input_files("#photos", [{"name": "IMG_1.jpg", "mimeType": "image/jpeg", "buffer": photo()}])
    ana.locator(".label-photos__picture").wait_for()
    look_at(ana, axe=False)
    ana.locator('a[href$="/label-photos"]').click()
    picture = ana.locator(".label-photo__picture")
    assert picture.evaluate("image => image.decode().then(() => image.naturalWidth)") == 2000
    look_around(ana)

    # The next day the address says nothing any more.
    web.move_to(web.now() + timedelta(days=1))
    nurse.goto(address)
    assert nurse.get_by_text(words["gone"]).is_visible()
    look_around(nurse)
    assert ana.problems == nurse.problems == []
