"""A device that keeps passkeys: Chromium's own virtual authenticator, which touches by itself when it is asked."""

from typing import Any

OPTIONS = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


class PasskeyDevice:
    """What a phone has built in; its passkeys can be taken to another page of the same phone."""

    def __init__(self, page: Any) -> None:
        self.devtools = page.context.new_cdp_session(page)
        self.devtools.send("WebAuthn.enable")
        made = self.devtools.send("WebAuthn.addVirtualAuthenticator", {"options": OPTIONS})
        self.id = made["authenticatorId"]

    def passkeys(self) -> list[dict[str, Any]]:
        """What it keeps."""
        return list(self.devtools.send("WebAuthn.getCredentials", {"authenticatorId": self.id})["credentials"])

    def verify(self, verified: bool) -> None:
        """Whether the finger is the right one."""
        said = {"authenticatorId": self.id, "isUserVerified": verified}
        self.devtools.send("WebAuthn.setUserVerified", said)
