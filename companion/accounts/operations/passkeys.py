"""Passkeys: asked for, made, checked, renamed, removed. The checking of what they signed is webauthn's."""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from flask import current_app

from companion.accounts import queries
from companion.accounts.models import ADD, Account, Passkey, PasskeyChallenge
from companion.accounts.operations import notices
from companion.extensions import db
from companion.logs import log

CHALLENGE_LIFE = timedelta(minutes=5)
MOST_PASSKEYS = 20
LONGEST_ID = 1400  # 1023 bytes in letters


class PasskeyRefused(Exception):
    """What the browser sent proves nothing here: another site, another or used challenge, a wrong signature."""


class TooManyPasskeys(Exception):
    """An account has as many passkeys as it may have."""


class LastWayIn(Exception):
    """Without this passkey nothing would lead in any more."""


@dataclass(frozen=True, slots=True)
class Site:
    """Where passkeys belong: the domain, and the exact origins that they may be used at."""

    domain: str
    origins: list[str]


def site() -> Site | None:
    """The site of this application, None where browsers make no passkeys for it."""
    config = current_app.config["COMPANION"]
    return Site(config.passkey_domain, config.passkey_origins) if config.passkey_domain else None


def needed_site() -> Site:
    """As `site`. Raises PasskeyRefused where there is none."""
    found = site()
    if found is None:
        raise PasskeyRefused
    return found


def ask_to_add(account: Account, *, name: str, bound_to: str, now: datetime) -> dict[str, Any]:
    """What a browser needs to make a passkey; good for one answer from it, within five minutes.

    `name` is what the device shows beside it. Raises TooManyPasskeys, PasskeyRefused.
    """
    import webauthn
    from webauthn.helpers import structs

    known = queries.passkeys_of(account)
    if len(known) >= MOST_PASSKEYS:
        raise TooManyPasskeys
    options = webauthn.generate_registration_options(
        rp_id=needed_site().domain,
        rp_name="MMN Companion",
        user_id=_handle(account),
        user_name=name,
        user_display_name=name,
        attestation=structs.AttestationConveyancePreference.NONE,
        authenticator_selection=structs.AuthenticatorSelectionCriteria(
            resident_key=structs.ResidentKeyRequirement.REQUIRED,
            user_verification=structs.UserVerificationRequirement.REQUIRED,
        ),
        exclude_credentials=[_described(one) for one in known],
        timeout=int(CHALLENGE_LIFE.total_seconds() * 1000),
    )
    return _kept(options, ADD, bound_to, account, now)


def ask_for_touch(purpose: str, *, bound_to: str, now: datetime, account: Account | None = None) -> dict[str, Any]:
    """What a browser needs to ask for a touch: of one account, or at sign-in of whoever it is.

    Raises PasskeyRefused.
    """
    import webauthn
    from webauthn.helpers import structs

    options = webauthn.generate_authentication_options(
        rp_id=needed_site().domain,
        user_verification=structs.UserVerificationRequirement.REQUIRED,
        allow_credentials=[_described(one) for one in queries.passkeys_of(account)] if account else None,
        timeout=int(CHALLENGE_LIFE.total_seconds() * 1000),
    )
    return _kept(options, purpose, bound_to, account, now)


def _described(passkey: Passkey) -> Any:
    from webauthn.helpers import base64url_to_bytes, structs

    ways = [structs.AuthenticatorTransport(one) for one in sorted(passkey.transports)]
    return structs.PublicKeyCredentialDescriptor(
        id=base64url_to_bytes(passkey.credential_id), transports=ways or None
    )


def _handle(account: Account) -> bytes:
    """How the device names the account to us; it says nothing about the person."""
    return account.public_id.encode()


def _kept(options: Any, purpose: str, bound_to: str, account: Account | None, now: datetime) -> dict[str, Any]:
    import webauthn

    asked: dict[str, Any] = json.loads(webauthn.options_to_json(options))
    db.session.add(
        PasskeyChallenge(
            challenge=asked["challenge"],
            purpose=purpose,
            bound_to=bound_to,
            account_id=account.id if account else None,
            expires_at=now + CHALLENGE_LIFE,
        )
    )
    db.session.flush()
    return asked


def take_challenge(answer: Any) -> PasskeyChallenge:
    """The challenge that an answer names, taken away: right or wrong, it is answered once. Commit this by itself.

    Raises PasskeyRefused where nobody was asked this, or somebody has answered.
    """
    named = _challenge_in(answer)
    query = sa.select(PasskeyChallenge).where(PasskeyChallenge.challenge == named)
    found = db.session.scalars(query).first()
    gone = sa.delete(PasskeyChallenge).where(PasskeyChallenge.challenge == named)
    by_itself = {"synchronize_session": False}
    if found is None or db.session.execute(gone, execution_options=by_itself).rowcount != 1:  # type: ignore[attr-defined]
        raise PasskeyRefused
    db.session.expunge(found)
    return found


def check_challenge(challenge: PasskeyChallenge, *, purpose: str, bound_to: str, now: datetime) -> None:
    """Raises PasskeyRefused where this browser was not asked this, or too long ago."""
    if challenge.purpose != purpose or challenge.bound_to != bound_to or now >= challenge.expires_at:
        raise PasskeyRefused


def _challenge_in(answer: Any) -> str:
    from webauthn.helpers import base64url_to_bytes

    try:
        said = json.loads(base64url_to_bytes(answer["response"]["clientDataJSON"]))["challenge"]
    except Exception as error:  # whatever anybody may send
        raise PasskeyRefused from error
    if not isinstance(said, str):
        raise PasskeyRefused
    return said.rstrip("=")


def add_passkey(account: Account, answer: Any, challenge: PasskeyChallenge, *, name: str, now: datetime) -> Passkey:
    """Keep the passkey that a browser made. Raises PasskeyRefused."""
    import webauthn
    from webauthn.helpers import base64url_to_bytes, bytes_to_base64url

    if challenge.account_id != account.id:
        raise PasskeyRefused
    here = needed_site()
    try:
        verified = webauthn.verify_registration_response(
            credential=answer,
            expected_challenge=base64url_to_bytes(challenge.challenge),
            expected_rp_id=here.domain,
            expected_origin=here.origins,
            require_user_verification=True,
        )
    except Exception as error:  # a forged answer may break it anywhere
        raise _refused("add", error) from error
    ident = bytes_to_base64url(verified.credential_id)
    if len(ident) > LONGEST_ID or queries.passkey_of_credential(ident) is not None:
        raise PasskeyRefused
    made = Passkey(
        account_id=account.id,
        credential_id=ident,
        credential_hash=queries.token_hash(ident),
        public_key=verified.credential_public_key,
        sign_count=verified.sign_count,
        transports=_transports_in(answer),
        name=name[:80],
        created_at=now,
    )
    db.session.add(made)
    db.session.flush()
    notices.tell(account, notices.PASSKEY_ADDED, now)
    return made


def _transports_in(answer: Any) -> frozenset[str]:
    from webauthn.helpers.structs import AuthenticatorTransport

    said, known = answer["response"].get("transports"), {one.value for one in AuthenticatorTransport}
    return frozenset(one for one in said if one in known) if isinstance(said, list) else frozenset()


def touched(answer: Any, challenge: PasskeyChallenge, *, account: Account | None = None, now: datetime) -> Passkey:
    """The passkey that signed, once everything about it is right; of `account` where one is signed in already.

    Raises PasskeyRefused: another site or challenge, nobody verified, a wrong signature, a count that went back.
    """
    import webauthn
    from webauthn.helpers import base64url_to_bytes

    ident = answer.get("id") if isinstance(answer, dict) else None
    found = queries.passkey_of_credential(ident) if isinstance(ident, str) else None
    if found is None or (account is not None and found.account_id != account.id):
        raise PasskeyRefused
    db.session.refresh(found, with_for_update=True)
    here = needed_site()
    try:
        verified = webauthn.verify_authentication_response(
            credential=answer,
            expected_challenge=base64url_to_bytes(challenge.challenge),
            expected_rp_id=here.domain,
            expected_origin=here.origins,
            credential_public_key=found.public_key,
            credential_current_sign_count=found.sign_count,
            require_user_verification=True,
        )
        said = answer["response"].get("userHandle")
        is_theirs = said is None or base64url_to_bytes(said) == _handle(found.account)
    except Exception as error:  # a forged answer may break it anywhere
        raise _refused("touch", error) from error
    if not is_theirs:
        raise PasskeyRefused
    found.sign_count, found.last_used_at = verified.new_sign_count, now
    db.session.flush()
    return found


def _refused(what: str, error: Exception) -> PasskeyRefused:
    """Why, for whoever runs this: the kind alone, as the words may hold what was sent."""
    log.warning("passkey refused", what=what, kind=type(error).__name__)
    return PasskeyRefused()


def rename_passkey(passkey: Passkey, name: str) -> str:
    """Give a passkey another name; returns the one before."""
    before, passkey.name = passkey.name, name[:80]
    db.session.flush()
    return before


def remove_passkey(passkey: Passkey, now: datetime) -> None:
    """Forget a passkey. The last one stays while mail does not reach the account. Raises LastWayIn."""
    account = passkey.account
    db.session.refresh(account, with_for_update=True)
    if len(queries.passkeys_of(account)) <= 1 and not queries.mail_reaches(account):
        raise LastWayIn
    db.session.delete(passkey)
    db.session.flush()
    notices.tell(account, notices.PASSKEY_REMOVED, now)


def close_offer(account: Account, now: datetime) -> None:
    """The person does not want to be asked for a passkey again."""
    account.passkey_offer_closed_at = account.passkey_offer_closed_at or now
    db.session.flush()


def forget_challenges(now: datetime) -> int:
    """Remove what nobody answered in time; returns how many."""
    old = sa.delete(PasskeyChallenge).where(PasskeyChallenge.expires_at < now)
    removed: int = db.session.execute(old).rowcount  # type: ignore[attr-defined]
    return removed
