"""``context.blobs`` in a module's process: pieces to and from the host, each answered before the next one goes."""

import base64
import contextlib

from nexus.blobs import blob_pieces
from nexus.errors import TaskFault

#: Small pieces, such as lines, go together; the host takes no larger ones than this.
_SENT_BYTES = 262_144


class HostBlobs:
    def __init__(self, link):
        self._link = link

    async def write(self, content, media_type, bytes_max=None):
        """Stores what comes, as it comes, and gives a reference to it: plain JSON, for an output.

        ``content``: bytes, a text, or an iterable of them, ``async`` or not. Past ``bytes_max`` (1 GiB by default) it
        raises a ``TaskFault`` of type runtime. On disk when it returns. The secrets of the run are masked in it.
        """
        limit = {} if bytes_max is None else {"bytes_max": bytes_max}
        about = await self._ask("write", {"media_type": media_type, **limit})
        try:
            async for piece in _together(content):
                await self._ask("append", {**about, "data": base64.b64encode(piece).decode("ascii")})
            return await self._ask("commit", about)
        except BaseException:
            await self._close(about)
            raise

    async def read(self, reference):
        """Its bytes in pieces: ``async for piece in context.blobs.read(reference)``.

        Raises a ``TaskFault`` where it is not there or damaged, which may be found only after the last piece.
        """
        about = await self._ask("read", {"reference": reference})
        try:
            while True:
                answer = await self._ask("next", about)
                if "data" not in answer:
                    return
                yield base64.b64decode(answer["data"])
        finally:
            await self._close(about)

    async def _ask(self, method, params):
        return await self._link.ask(f"blobs.{method}", params, "names a blob by")

    async def _close(self, about):
        with contextlib.suppress(TaskFault):
            await self._ask("close", about)


async def _together(content):
    waiting = bytearray()
    async for piece in blob_pieces(content):
        for at in range(0, len(piece), _SENT_BYTES):
            waiting += piece[at : at + _SENT_BYTES]
            if len(waiting) >= _SENT_BYTES:
                yield bytes(waiting)
                waiting.clear()
    if waiting:
        yield bytes(waiting)
