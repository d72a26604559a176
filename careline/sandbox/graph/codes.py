"""WhatsApp's QR codes: short links with a message filled in.

Meta: at most 2,000 a number and 140 characters a message; they do not expire.
"""

from __future__ import annotations

import re
import string

from careline.sandbox import chance
from careline.sandbox.graph.call import Call, Routes
from careline.sandbox.graph.errors import GraphError
from careline.sandbox.graph.shape import shape
from careline.sandbox.phone import Json
from careline.sandbox.running import Sandbox
from careline.sandbox.world import Link

MOST = 2000
LONGEST = 140
_PICTURE = re.compile(r"qr_image_url\.format\((SVG|PNG)\)", re.IGNORECASE)


def save(sandbox: Sandbox, sent: Json) -> Json:
    """POST /{phone}/message_qrdls: another code, or (with ``code``) other words for one that exists."""
    shape(sent, "", optional="prefilled_message code generate_qr_image access_token appsecret_proof")
    links = sandbox.world.whatsapp.links
    text = sent.get("prefilled_message")
    if not isinstance(text, str) or not text:
        raise GraphError(100, "(#100) The parameter prefilled_message is required.")
    if len(text) > LONGEST:
        raise GraphError(100, f"(#100) Param prefilled_message must be at most {LONGEST} characters long.")
    if "code" in sent:
        link = _find(sandbox, str(sent["code"]))
        link.prefilled_message = text
        return _row(sandbox, link)
    picture = str(sent.get("generate_qr_image", "")).upper()
    if picture not in ("", "PNG", "SVG"):
        raise GraphError(100, "(#100) Param generate_qr_image must be one of {PNG, SVG}")
    if len(links) >= MOST:
        raise GraphError(100, f"(#100) A number has at most {MOST} QR codes.")
    code = "".join(chance.choice(string.ascii_uppercase + "234567") for _ in range(13)) + "1"
    links[code] = Link(code, text, sandbox.now())
    return _row(sandbox, links[code], picture)


def rows(sandbox: Sandbox, fields: str, code: str = "") -> Json:
    """GET /{phone}/message_qrdls, and the same for one code: a list either way."""
    links = [_find(sandbox, code)] if code else list(sandbox.world.whatsapp.links.values())
    picture = _PICTURE.search(fields)
    found = [_row(sandbox, link, picture.group(1).upper() if picture else "") for link in links]
    if "creation_time" in fields:
        found = [row | {"creation_time": link.created_at // 1_000_000} for row, link in zip(found, links, strict=True)]
    return {"data": found}


def delete(sandbox: Sandbox, code: str) -> Json:
    """DELETE /{phone}/message_qrdls/{code}."""
    del sandbox.world.whatsapp.links[_find(sandbox, code).code]
    return {"success": True}


def _find(sandbox: Sandbox, code: str) -> Link:
    link = sandbox.world.whatsapp.links.get(code)
    if link is None:
        raise GraphError(803, f"(#803) The QR code {code} does not exist.", http=404, kind="GraphMethodException")
    return link


def _row(sandbox: Sandbox, link: Link, picture: str = "") -> Json:
    row: Json = {
        "code": link.code,
        "prefilled_message": link.prefilled_message,
        "deep_link_url": f"https://wa.me/message/{link.code}",
    }
    if picture:  # drawn when it is fetched
        row["qr_image_url"] = f"{sandbox.url}/_sandbox/pictures/{link.code}.{picture.lower()}"
    return row


def _get(call: Call) -> Json:
    return rows(call.sandbox, call.fields, call.rest[0] if call.rest else str(call.sent.get("code", "")))


ROUTES: Routes = {
    ("POST", "number", "message_qrdls"): lambda call: save(call.sandbox, call.sent),
    ("GET", "number", "message_qrdls"): _get,
    ("DELETE", "number", "message_qrdls"): lambda call: delete(call.sandbox, "".join(call.rest[:1])),
}
