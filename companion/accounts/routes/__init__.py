"""Sign-in by mail and by passkey, confirming that it is you, sign-out, settings."""

from flask import Blueprint

blueprint = Blueprint("accounts", __name__)

from companion.accounts.routes import addresses, confirming, passkeys, signing_in, ways_in  # noqa: E402

__all__ = ["addresses", "blueprint", "confirming", "passkeys", "signing_in", "ways_in"]
