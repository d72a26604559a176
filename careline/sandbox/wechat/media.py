"""Files: uploaded for three days, and got back; those of customers too.

WeChat: images of 10 MB (bmp, png, jpeg, gif), voice of 2 MB and 60 seconds (amr, mp3), videos of 10 MB (mp4), thumbs of 64 KB
(jpg). A video is answered by an address instead of its bytes. What is gone answers like what never was.
"""

from __future__ import annotations

from collections.abc import Mapping

from careline.sandbox import chance, forms
from careline.sandbox.asgi import Answer
from careline.sandbox.forms import SentFile
from careline.sandbox.phone import Json
from careline.sandbox.running import Sandbox
from careline.sandbox.wechat.call import Call, Routes
from careline.sandbox.wechat.errors import WeChatError
from careline.sandbox.wechat.state import File

KIB, MIB = 1024, 1024 * 1024
DAY = 24 * 3600 * 1_000_000
LIVES = 3 * DAY
LONGEST_VOICE = 60 * 50  # frames of 20 ms
TAKES: Mapping[str, tuple[int, int, str]] = {  # most bytes, the error of more, types
    "image": (10 * MIB, 40009, "image/jpeg image/png image/gif image/bmp"),
    "voice": (2 * MIB, 40010, "audio/amr audio/mp3"),
    "video": (10 * MIB, 40011, "video/mp4"),
    "thumb": (64 * KIB, 40012, "image/jpeg"),
}
ARTICLE_PICTURE = MIB
_FIRST_BYTES = (
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"GIF8", "image/gif"),
    (b"BM", "image/bmp"),
    (b"#!AMR\n", "audio/amr"),
    (b"ID3", "audio/mp3"),
    (b"\xff\xfb", "audio/mp3"),
    (b"\xff\xf3", "audio/mp3"),
)
_AMR_FRAMES = (12, 13, 15, 17, 19, 20, 26, 31, 5, 0, 0, 0, 0, 0, 0, 0)  # bytes after the first, by the kind of frame


def keep(sandbox: Sandbox, kind: str, data: bytes, mime: str, name: str, *, lives: int | None = LIVES) -> File:
    """Put a file into the world, for so long or (None) for ever."""
    now = sandbox.now()
    file = File(chance.token_urlsafe(48), kind, mime, name, data, None if lives is None else now + lives, now)
    sandbox.world.wechat.files[file.id] = file
    return file


def held(call: Call, id: object, *kinds: str) -> File:
    """The file of that id, temporary or permanent, if it is of one of those kinds. Raises WeChatError 40007."""
    file = call.account.files.get(id) if isinstance(id, str) else None
    if file is None or file.kind not in kinds or (file.until is not None and file.until <= call.now):
        raise WeChatError(40007)
    return file


def sent_file(call: Call) -> tuple[Json, SentFile]:
    """The fields of the form, and its file. Raises WeChatError for a request that has none."""
    try:
        fields = forms.form(call.request.body, call.request.headers.get("content-type", ""))
    except ValueError:
        raise WeChatError(41005) from None
    file = fields.get("media")
    if not isinstance(file, SentFile) or not file.name:
        raise WeChatError(41005)
    if not file:
        raise WeChatError(44001)
    return fields, file


def checked(kind: str, file: SentFile) -> str:
    """The type of a file, if WeChat takes it as that kind. Raises WeChatError for what it refuses."""
    if kind not in TAKES:
        raise WeChatError(40004)
    most, too_large, types = TAKES[kind]
    mime = _type(file)
    if mime not in types.split():
        raise WeChatError(40005)
    if len(file) > most:
        raise WeChatError(too_large)
    if mime == "audio/amr" and _frames(file) > LONGEST_VOICE:
        raise WeChatError(45007)
    return mime


def binary(file: File) -> Answer:
    """The bytes, as WeChat hands them over."""
    suffix = file.mime.partition("/")[2].replace("jpeg", "jpg")
    return Answer(
        200, file.data, {"content-type": file.mime, "content-disposition": f'attachment; filename="{file.id}.{suffix}"'}
    )


def address(sandbox: Sandbox, file: File) -> str:
    """Where the bytes of a video can be had without a token."""
    return f"{sandbox.url}/cgi-bin/videodown?vid={file.id}"


def _upload(call: Call) -> Json:
    """POST media/upload?type=."""
    _, file = sent_file(call)
    kind = call.query.get("type", "")
    mime = checked(kind, file)
    made = keep(call.sandbox, kind, bytes(file), mime, file.name)
    return {"type": kind, "thumb_media_id" if kind == "thumb" else "media_id": made.id, "created_at": call.now // 1_000_000}


def _get(call: Call) -> Answer | Json:
    """GET media/get?media_id=. What is permanent is had elsewhere."""
    file = held(call, call.query.get("media_id"), *TAKES)
    if file.until is None:
        raise WeChatError(40007)
    return {"video_url": address(call.sandbox, file)} if file.kind == "video" else binary(file)


def _get_clear(call: Call) -> Answer:
    """GET media/get/jssdk?media_id=: a voice in its better form."""
    file = held(call, call.query.get("media_id"), "voice")
    return Answer(
        200, file.data, {"content-type": "voice/speex", "content-disposition": f'attachment; filename="{file.id}.speex"'}
    )


def _article_picture(call: Call) -> Json:
    """POST media/uploadimg: a picture within an article, which counts as no material."""
    _, file = sent_file(call)
    if _type(file) not in ("image/jpeg", "image/png"):
        raise WeChatError(40005)
    if len(file) > ARTICLE_PICTURE:
        raise WeChatError(40009)
    return {"url": f"http://mmbiz.qpic.cn/mmbiz_png/{chance.token_urlsafe(24)}/0"}


def _video(call: Call) -> Answer:
    file = call.account.files.get(call.query.get("vid", ""))
    if file is None or (file.until is not None and file.until <= call.now):
        return Answer(404, b"", {"content-type": "text/html"})
    return Answer(200, file.data, {"content-type": file.mime})


def _type(data: bytes) -> str:
    if data[4:8] == b"ftyp":
        return "video/mp4"
    return next((mime for first, mime in _FIRST_BYTES if data.startswith(first)), "")


def _frames(amr: bytes) -> int:
    place, count = 6, 0
    while place < len(amr):
        place += 1 + _AMR_FRAMES[amr[place] >> 3 & 15]
        count += 1
    return count


ROUTES: Routes = {
    ("POST", "/cgi-bin/media/upload"): _upload,
    ("GET", "/cgi-bin/media/get"): _get,
    ("GET", "/cgi-bin/media/get/jssdk"): _get_clear,
    ("POST", "/cgi-bin/media/uploadimg"): _article_picture,
}
VIDEOS: Routes = {("GET", "/cgi-bin/videodown"): _video}
"""Answered without a token."""
