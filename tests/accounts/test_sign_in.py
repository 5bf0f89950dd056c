"""Signing in by mail: asking, code, link, limits."""

import re
from datetime import timedelta

import pytest
import sqlalchemy as sa

from companion import clock
from companion.accounts.models import Account, AccountSession, SignInRequest
from companion.accounts.queries import address_of
from companion.extensions import db
from tests.accounts.browsers import EMAIL, ask, code, cookie, link, mails, newest_request, wrong_code


def sign_in(client, **fields):
    ask(client, **fields)
    return client.post("/sign-in/code", data={"code": code()})


def test_the_page_asks_for_an_address(client_of):
    page = client_of(None).get("/sign-in?next=/calendar")
    assert page.status_code == 200
    assert 'name="email"' in page.text
    assert 'name="next" value="/calendar"' in page.text


def test_whoever_is_signed_in_goes_on(people, client_of):
    answer = client_of(people.ana).get("/sign-in?next=/calendar")
    assert (answer.status_code, answer.location) == (303, "/calendar")


@pytest.mark.parametrize(
    "typed",
    ["", "ana", "ana@", "@example.org", "ana@example..org", "a na@example.org", "ana@ex,ample.org", "😀@example.org",
     "ana@example.org\r\nBcc: x@example.org", "مرحبا@example.org", "a@b@c.org", "x" * 300 + "@example.org"],
)  # fmt: skip
def test_an_address_that_cannot_work_is_kept_and_explained(people, client_of, typed):
    answer = ask(client_of(None), typed)
    assert answer.status_code == 422
    assert "error-summary" in answer.text
    if typed and "\r" not in typed:
        assert f'value="{typed}"' in answer.text
    assert db.session.scalar(sa.select(sa.func.count(SignInRequest.id))) == 0


@pytest.mark.parametrize("typed", [EMAIL, "  Ana@Example.ORG ", "ａｎａ＠example.org"])
def test_an_address_is_known_however_it_is_typed(people, client_of, typed):
    assert ask(client_of(None), typed).status_code == 303
    assert newest_request().account_id == people.ana.id


def test_known_and_unknown_addresses_get_the_same_answer(people, client_of):
    known, unknown = client_of(None), client_of(None)
    first, second = ask(known, EMAIL), ask(unknown, "new@example.org")
    assert (first.status_code, first.location, first.text) == (second.status_code, second.location, second.text)
    pages = [known.get("/sign-in/code").text, unknown.get("/sign-in/code").text.replace("new@", "ana@")]
    assert pages[0] == pages[1]


def test_an_unknown_address_becomes_an_account_when_it_signs_in(client_of):
    client = client_of(None)
    ask(client, "new@example.org")
    assert address_of("new@example.org").confirmed_at is None
    client.post("/sign-in/code", data={"code": code(), "tz": "Asia/Shanghai"})
    address = address_of("new@example.org")
    assert address.confirmed_at is not None
    account = db.session.get(Account, address.account_id)
    assert (account.tz, account.language) == ("Asia/Shanghai", "en")


@pytest.mark.parametrize("named", ["", "Mars/Base", "x" * 5000, "../../etc/passwd"])
def test_an_odd_time_zone_is_passed_over(client_of, named):
    client = client_of(None)
    ask(client, "new@example.org")
    client.post("/sign-in/code", data={"code": code(), "tz": named})
    assert db.session.scalars(sa.select(Account)).one().tz == "UTC"


def test_the_zone_of_an_account_is_not_changed_by_a_journey(people, client_of):
    client = client_of(None)
    ask(client)
    client.post("/sign-in/code", data={"code": code(), "tz": "Asia/Shanghai"})
    assert db.session.get(Account, people.ana.id).tz == "Europe/London"


def test_the_mail_has_link_and_code_and_no_health_words(app, people, client_of):
    ask(client_of(None))
    [mail] = mails(app)
    text = mail.get_body(("plain",)).get_content()
    assert mail["To"] == EMAIL
    assert mail["Subject"] == "Your sign-in code"
    assert f"{code()[:3]} {code()[3:]}" in text
    assert f"http://127.0.0.1:80{link()}" in text.replace("127.0.0.1/", "127.0.0.1:80/")
    assert link() in mail.get_body(("html",)).get_content()
    assert not re.search(r"infusion|MMN|hand|neuropathy|patient", text)


def test_the_mail_speaks_the_language_of_the_page(app, people, client_of):
    client_of(None).post("/sign-in?lang=zh", data={"email": EMAIL})
    [mail] = mails(app)
    assert mail["Subject"] == "您的登录验证码"
    assert "10 分钟内有效" in mail.get_body(("plain",)).get_content()


def test_link_and_code_are_stored_nowhere(app, people, client_of):
    ask(client_of(None))
    row = newest_request()
    stored = [str(getattr(row, column.key)) for column in sa.inspect(SignInRequest).columns]
    assert code() not in stored
    assert not any(link().rpartition(".")[2] in value for value in stored)


@pytest.mark.parametrize("typed", ["{0}", " {0} ", "{1} {2}", "{1}-{2}"])
def test_the_code_signs_in_however_it_is_pasted(people, client_of, typed):
    client = client_of(None)
    ask(client, next="/calendar")
    pasted = typed.format(code(), code()[:3], code()[3:])
    answer = client.post("/sign-in/code", data={"code": pasted})
    assert (answer.status_code, answer.location) == (303, "/calendar")
    assert client.get("/settings").status_code == 200


def test_full_width_digits_are_digits(people, client_of):
    client = client_of(None)
    ask(client)
    wide = code().translate({ord(str(n)): 0xFF10 + n for n in range(10)})
    assert client.post("/sign-in/code", data={"code": wide}).status_code == 303


@pytest.mark.parametrize("typed", ["", "12345", "1234567", "abcdef", "😀", "٣٣٣٣٣٣", "9" * 10_000])
def test_what_is_no_code_costs_no_try(people, client_of, typed):
    client = client_of(None)
    ask(client)
    answer = client.post("/sign-in/code", data={"code": typed})
    assert answer.status_code == 422
    assert newest_request().tries_left == 5
    if typed:
        assert f'value="{typed}"' in answer.text


def test_the_fifth_wrong_code_closes_the_mail(people, client_of):
    client = client_of(None)
    ask(client)
    for left in (4, 3, 2, 1):
        answer = client.post("/sign-in/code", data={"code": wrong_code()})
        assert answer.status_code == 422
        assert f"{left} {'try' if left == 1 else 'tries'}" in answer.text
    assert client.post("/sign-in/code", data={"code": wrong_code()}).status_code == 410
    assert client.post("/sign-in/code", data={"code": code()}).status_code == 410
    assert client.get(link()).status_code == 410


def test_a_code_works_once(people, client_of):
    client, typed = client_of(None), None
    ask(client)
    typed = code()
    assert client.post("/sign-in/code", data={"code": typed}).status_code == 303
    again = client.post("/sign-in/code", data={"code": typed})
    assert again.status_code == 410
    assert "Go to Today" in again.text


def test_a_code_is_too_old_after_ten_minutes(people, client_of, later):
    client = client_of(None)
    ask(client)
    later(minutes=10, seconds=1)
    assert client.post("/sign-in/code", data={"code": code()}).status_code == 410
    answer = client.get(link())
    assert answer.status_code == 410
    assert "too old" in answer.text


def test_the_code_of_another_browser_does_not_fit(people, client_of):
    asking, other = client_of(None), client_of(None)
    ask(asking)
    mine = code()
    assert other.post("/sign-in/code", data={"code": mine}).status_code == 410
    ask(other, "vera@example.org")
    if code() != mine:
        assert other.post("/sign-in/code", data={"code": mine}).status_code == 422
    assert db.session.scalar(sa.select(sa.func.count(AccountSession.id))) == 0


def test_either_of_two_mails_signs_in_and_both_are_closed(people, client_of):
    client = client_of(None)
    ask(client)
    first = code()
    ask(client)
    assert client.post("/sign-in/code", data={"code": first}).status_code == 303
    assert client_of(None).get(link()).status_code == 410


def test_the_code_page_without_a_mail_asks_for_the_address(client_of):
    answer = client_of(None).get("/sign-in/code")
    assert (answer.status_code, answer.location) == (303, "/sign-in")


def test_the_link_asks_and_then_signs_in(people, client_of):
    client = client_of(None)
    ask(client, next="/insights")
    page = client.get(link())
    assert page.status_code == 200
    assert code() not in page.text
    assert newest_request().used_at is None
    assert not cookie(page, "session")
    answer = client.post(link(), data={"tz": ""})
    assert (answer.status_code, answer.location) == (303, "/insights")
    assert client.get("/settings").status_code == 200


def test_another_browser_sees_the_code_and_is_not_let_in(people, client_of):
    asking, other = client_of(None), client_of(None)
    ask(asking)
    page = other.get(link())
    assert f"{code()[:3]} {code()[3:]}" in page.text
    answer = other.post(link())
    assert (answer.status_code, answer.location) == (303, link())
    assert other.get("/settings").status_code == 303
    assert asking.post("/sign-in/code", data={"code": code()}).status_code == 303


def test_a_used_link_says_so(people, client_of):
    client = client_of(None)
    ask(client)
    client.post(link())
    answer = client_of(None).get(link())
    assert answer.status_code == 410
    assert "used already" in answer.text
    assert client.post(link()).status_code == 410


ALTERED = {
    "other end": lambda token: token[:-1] + ("A" if token[-1] != "A" else "B"),
    "cut off": lambda token: token[:-3],
    "no seal": lambda token: token.partition(".")[0],
    "short": lambda token: "x",
    "accents": lambda token: "ü.é",
    "long": lambda token: "a" * 5000,
}


@pytest.mark.parametrize("change", ALTERED.values(), ids=ALTERED)
def test_an_altered_link_is_unknown(people, client_of, change):
    client = client_of(None)
    ask(client)
    token = link().rpartition("/")[2]
    answer = client.get(f"/sign-in/link/{change(token)}")
    assert answer.status_code == 404
    assert "Ask for a new mail" in answer.text
    assert client.post(f"/sign-in/link/{change(token)}").status_code == 404


@pytest.mark.parametrize("email", [EMAIL, "new@example.org"])
def test_a_fourth_mail_within_an_hour_has_to_wait(app, people, client_of, later, email):
    for _ in range(3):
        assert ask(client_of(None), email).status_code == 303
    answer = ask(client_of(None), email)
    assert answer.status_code == 429
    assert 0 < int(answer.headers["Retry-After"]) <= 3600
    assert f'value="{email}"' in answer.text
    assert len(mails(app)) == 3
    later(hours=1)
    assert ask(client_of(None), email).status_code == 303


def test_one_network_address_cannot_go_on_guessing(people, client_of):
    client = client_of(None)
    answers = [client.post("/sign-in/code", data={"code": "1"}) for _ in range(31)]
    assert [answer.status_code for answer in answers[:30]] == [410] * 30
    assert answers[30].status_code == 429
    assert int(answers[30].headers["Retry-After"]) > 0


@pytest.mark.parametrize(
    "away",
    ["https://evil.example", "//evil.example", "/\\evil.example", "javascript:alert(1)", "\\/evil", "evil",
     "/%0d%0aX: y\r\nX: y", "/" + "x" * 400],
)  # fmt: skip
def test_the_way_back_stays_on_this_site(people, client_of, away):
    client = client_of(None)
    assert 'name="next" value="/"' in client.get("/sign-in", query_string={"next": away}).text
    ask(client, next=away)
    assert client.post("/sign-in/code", data={"code": code()}).location == "/"


@pytest.mark.parametrize("path", ["/sign-in", "/sign-in/code", "/sign-in/link/x", "/sign-out"])
@pytest.mark.parametrize(
    "headers",
    [{"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}, {"Sec-Fetch-Site": "none", "Origin": "https://evil.example"},
     {"Sec-Fetch-Site": "same-origin", "Host": "evil.example"}],
)  # fmt: skip
def test_other_sites_and_hosts_are_refused(client_of, path, headers):
    answer = client_of(None).post(path, data={"email": EMAIL, "code": "123456"}, headers=headers)
    assert answer.status_code == (400 if "Host" in headers else 403)


def test_the_cookies_are_out_of_reach_of_scripts(people, client_of):
    client = client_of(None)
    browser = cookie(ask(client), "browser")
    answer = client.post("/sign-in/code", data={"code": code()})
    for line in (browser, cookie(answer, "session")):
        assert "HttpOnly" in line
        assert "SameSite=Lax" in line
        assert "Path=/" in line
    assert "Max-Age=15552000" in cookie(answer, "session")
    assert "Max-Age=0" in cookie(answer, "browser")


def test_a_shared_device_forgets_when_the_browser_is_closed(people, client_of):
    client = client_of(None)
    ask(client, shared_device="y")
    line = cookie(client.post("/sign-in/code", data={"code": code()}), "session")
    assert "Max-Age" not in line
    assert "Expires" not in line
    row = db.session.scalars(sa.select(AccountSession)).one()
    assert row.shared_device
    assert row.expires_at - row.created_at == timedelta(hours=8)


def test_signing_in_again_makes_a_new_token_and_ends_the_old(people, client_of):
    client = client_of(people.ana)
    old = client.get_cookie("session").value
    sign_in(client)
    assert client.get_cookie("session").value != old
    ended = db.session.scalars(sa.select(AccountSession).order_by(AccountSession.id)).first()
    assert ended.ended_at is not None


def test_nothing_personal_is_logged(people, client_of, log_lines):
    client = client_of(None)
    ask(client)
    used, typed = link(), code()
    client.get(used)
    client.post("/sign-in/code", data={"code": wrong_code()})
    client.post("/sign-in/code", data={"code": typed})
    client.post("/settings/name", data={"name": "Anastasia"})
    logged = log_lines.getvalue()
    assert '"path": "/sign-in/code"' in logged
    for secret in (EMAIL, "Anastasia", typed, used.rpartition("/")[2]):
        assert secret not in logged


def test_an_old_request_is_out_of_use_even_before_it_is_removed(people, client_of):
    ask(client_of(None))
    assert newest_request().expires_at - newest_request().created_at == timedelta(minutes=10)
    assert newest_request().created_at <= clock.now()
