"""Files: media/upload and media/get, for three days."""

from __future__ import annotations

from careline.sandbox import chance
from careline.sandbox.asgi import Answer
from careline.sandbox.forms import SentFile, form
from careline.sandbox.phone import Json
from careline.sandbox.running import Sandbox
from careline.sandbox.wecom.call import OK, Call, Routes
from careline.sandbox.wecom.errors import WeComError
from careline.sandbox.wecom.state import MediaFile

SECOND = 1_000_000
KEPT = 3 * 24 * 3600 * SECOND
MIB = 1024 * 1024
LIMITS = {"image": 10 * MIB, "voice": 2 * MIB, "video": 10 * MIB, "file": 20 * MIB}


def keep(sandbox: Sandbox, name: str, mime: str, data: bytes) -> str:
    """Keep a file for three days; its id."""
    id = f"3{chance.token_urlsafe(48)}"
    sandbox.world.wecom.media[id] = MediaFile(name, mime, data, sandbox.now() + KEPT)
    return id


def _upload(call: Call) -> Json:
    type = call.query.get("type", "")
    if type not in LIMITS:
        raise WeComError(40008)
    try:
        sent = form(call.request.body, call.request.headers.get("content-type", "")).get("media")
    except ValueError:
        sent = None
    if not isinstance(sent, SentFile) or len(sent) <= 5:
        raise WeComError(44001)
    if len(sent) > LIMITS[type]:
        raise WeComError(45001)
    id = keep(call.sandbox, sent.name, sent.mime, bytes(sent))
    return OK | {"errmsg": "", "type": type, "media_id": id, "created_at": str(call.now // SECOND)}


def _get(call: Call) -> Answer:
    file = call.company.media.get(call.query.get("media_id", ""))
    if file is None or call.now >= file.ends_at:
        raise WeComError(40007)
    named = {"content-type": file.mime, "content-disposition": f'attachment; filename="{file.name}"'}
    return Answer(200, file.data, named)


ROUTES: Routes = {
    ("POST", "/cgi-bin/media/upload"): _upload,
    ("GET", "/cgi-bin/media/get"): _get,
}
