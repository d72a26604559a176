"""What WhatsApp allows a business number, as data."""

from __future__ import annotations

from collections.abc import Mapping

from careline.clock import HOUR
from careline.rules.window import Grant

GRANTS: Mapping[str, Grant] = {"message": Grant(None, 24 * HOUR)}  # any message of the customer: a day, without a quota

SCOPES = ("whatsapp_business_messaging", "whatsapp_business_management")  # what the access token must be allowed

TEXT_CHARACTERS = 4096
CODE_CHARACTERS = 140  # the text that a QR code fills in
CALLBACK_CHARACTERS = 200  # the address of a webhook
PUSH_BYTES = 3 * 1024 * 1024  # Meta's largest webhook body

TEMPLATES, TEMPLATES_UNVERIFIED = 6000, 250  # of an account; every language counts
PAIR_A_MINUTE, PAIR_BURST = 10, 45  # messages to one customer
