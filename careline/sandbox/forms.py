"""Multipart forms: the fields and files of one request."""

from __future__ import annotations

import re

from careline.sandbox.phone import Json


class SentFile(bytes):
    """The bytes of a file in a form, with its ``name`` and ``mime`` type."""

    name = ""
    mime = ""


def form(body: bytes, content_type: str) -> Json:
    """The fields of a multipart form, files as SentFile. Raises ValueError without a boundary."""
    boundary = re.search(r'boundary="?([^";]+)"?', content_type)
    if boundary is None:
        raise ValueError("The form has no boundary.")
    fields: Json = {}
    for part in body.split(b"--" + boundary[1].encode("latin-1"))[1:-1]:
        head, _, data = part.removeprefix(b"\r\n").partition(b"\r\n\r\n")
        shown = head.decode("utf-8", "replace")
        name = re.search(r'[; ]name="([^"]*)"', shown)
        if name is None:
            continue
        value = data.removesuffix(b"\r\n")
        file = re.search(r'filename="([^"]*)"', shown)
        if file is None:
            fields[name[1]] = value.decode("utf-8", "replace")
            continue
        sent = SentFile(value)
        mime = re.search(r"(?im)^content-type:\s*([^\r\n;]+)", shown)
        sent.name, sent.mime = file[1], mime[1].strip().lower() if mime else ""
        fields[name[1]] = sent
    return fields
