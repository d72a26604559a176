"""Files to and from WhatsApp, for one business number.

An uploaded file's id works for 30 days, that of a customer's file for 7. The address of a file works for five minutes and wants
the access token, which goes to Meta's own hosts and to nobody else, whatever an answer says.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

from careline.channels.form import Form
from careline.channels.ports import Attachment, Described
from careline.channels.whatsapp.files import INBOUND
from careline.channels.whatsapp.graph import Graph, node
from careline.channels.whatsapp.loose import as_id, as_int
from careline.clock import DAY
from careline.errors import CarelineError, Failed, NotFound
from careline.http import Streamed

KEPT = 29 * DAY  # Meta: 30 days; a day before, so that a message does not find it gone
_META = (".fbsbx.com", ".facebook.com", ".fbcdn.net", ".whatsapp.net")


class MediaCalls:
    """The media of one business number."""

    kept = KEPT
    most = INBOUND

    def __init__(self, graph: Graph) -> None:
        self._graph = graph

    async def upload(self, attachment: Attachment) -> str:
        """Hand a file over and give its id. Raises NotSent, Refused, CredentialsRefused; no message goes out by it."""
        form = Form(attachment, "file", {"messaging_product": "whatsapp", "type": attachment.media.mime})
        answer = await self._graph.call(
            "POST",
            f"{self._graph.number}/media",
            content=form.content(),
            headers=form.headers,
            may_change=False,  # a file that nobody uses changes nothing: it may be uploaded again
            whole_s=form.patience_s,
        )
        if not as_id(answer.get("id")):
            raise Failed("WhatsApp took the file, but gave no id for it.", hint="Run it again: nothing was sent.")
        return as_id(answer.get("id"))

    async def about(self, id: str) -> Described:
        """What WhatsApp says of a file, with an address for five minutes. Raises NotFound when it has it no more."""
        try:
            found = await self._graph.get(node(id), phone_number_id=self._graph.channel.phone_number_id)
        except CarelineError as error:
            if error.platform_code not in ("100", "33", "803", "131052"):
                raise
            raise NotFound(
                "WhatsApp has this file no more.",
                code="media_gone",
                hint=f"It keeps what customers send for 7 days. It says: {error.message}",
                platform_code=error.platform_code,
                trace_id=error.trace_id,
            ) from None
        return Described(
            url=as_id(found.get("url")),
            mime=as_id(found.get("mime_type")),
            sha256=as_id(found.get("sha256")),
            bytes=as_int(found.get("file_size")),
        )

    @asynccontextmanager
    async def download(self, url: str, offset: int) -> AsyncIterator[Streamed]:
        """The bytes at an address that ``about`` gave, from ``offset`` on if the server can do that.

        Raises NotSent when the connection fails, Failed for an address that the token must not go to.
        """
        if not self._trusted(url):
            raise Failed(
                f"WhatsApp names {urlsplit(url).hostname or 'nothing'} as the place of the file, which is not one of Meta's.",
                code="foreign_address",
                hint="The access token was not sent there.",
            )
        headers = {"Authorization": f"Bearer {self._graph.token}", "Accept": "*/*"}
        if offset:
            headers["Range"] = f"bytes={offset}-"
        async with self._graph.streaming(url, headers) as streamed:
            yield streamed

    def _trusted(self, url: str) -> bool:
        parts, own = urlsplit(url), urlsplit(self._graph.channel.api_url)
        if (parts.scheme, parts.hostname, parts.port) == (own.scheme, own.hostname, own.port):
            return True
        return parts.scheme == "https" and not parts.username and f".{parts.hostname or ''}".endswith(_META)
