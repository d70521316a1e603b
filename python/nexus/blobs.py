"""What may be written as a blob, in pieces of bytes."""

from .errors import TaskFault


async def blob_pieces(content):
    """``content``: bytes, a text, or an iterable of them, ``async`` or not."""
    if isinstance(content, (str, bytes, bytearray, memoryview)):
        yield _as_bytes(content)
    elif hasattr(content, "__aiter__"):
        async for piece in content:
            yield _as_bytes(piece)
    else:
        for piece in content:
            yield _as_bytes(piece)


def _as_bytes(piece):
    if isinstance(piece, str):
        return piece.encode("utf-8", errors="surrogatepass")
    if isinstance(piece, (bytes, bytearray, memoryview)):
        return bytes(piece)
    raise TaskFault.of(
        "runtime", f"A blob is written in pieces of bytes or text; one of them is a {type(piece).__name__}."
    )
