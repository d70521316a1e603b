"""JSON-RPC 2.0 in lines over two descriptors. It judges the form of messages, never what they are about."""

import asyncio
import json
import os
import select
import sys
import threading

from nexus.json_values import encode

#: Counts the changes that an older host would not understand.
PROTOCOL_VERSION = 1

#: A longer message ends the process that sends it.
MESSAGE_BYTES_MAX = 64 * 1_048_576

THROWN_CODE = -32_000
UNKNOWN_METHOD_CODE = -32_601


class RemoteError(Exception):
    """The host answered with an error; ``thrown`` says what it was."""

    def __init__(self, error):
        super().__init__(error.get("message", ""))
        self.thrown = error.get("data") or {}


class MessageTooLong(Exception):
    """A message is longer than the host takes."""


class Channel(asyncio.Protocol):
    """Requests may be made from the event loop only; notifications from any thread."""

    def __init__(self, writing, loop):
        self.loop = loop
        self.closed = loop.create_future()
        self._writing = writing
        self._lock = threading.Lock()
        self._pending = {}
        self._last_id = 0
        self._rest = bytearray()
        self._receiver = None
        #: Whether several answers are likely to come in a row; they then go out together.
        self.busy = False
        self._outgoing = []

    async def open(self, reading, receiver):
        """``receiver`` has ``answer(id, method, params)`` and ``hear(method, params)``."""
        self._receiver = receiver
        await self.loop.connect_read_pipe(lambda: self, os.fdopen(reading, "rb", buffering=0))

    def data_received(self, data):
        rest = self._rest
        rest += data
        if 10 not in data:
            return
        *lines, self._rest = rest.split(b"\n")
        for line in lines:
            self._read(json.loads(line))

    def connection_lost(self, _error):
        """Without a host there is nothing left to do. Threads that are at work are not waited for."""
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(0)

    def eof_received(self):
        self.connection_lost(None)

    def request(self, method, params):
        """A future of the answer, with its id; fails with ``RemoteError``."""
        self._last_id += 1
        future = self.loop.create_future()
        self._send(encode({"jsonrpc": "2.0", "id": self._last_id, "method": method, "params": params}))
        self._pending[self._last_id] = future
        return self._last_id, future

    def notify(self, method, params):
        self._send(encode({"jsonrpc": "2.0", "method": method, "params": params}))

    def answer(self, id, result):
        line = self._line(encode({"jsonrpc": "2.0", "id": id, "result": result}))
        if not self.busy:
            self._flush(line)
            return
        with self._lock:
            if not self._outgoing:
                self.loop.call_soon(self._flush)
            self._outgoing.append(line)

    def refuse(self, id, message, data, code=THROWN_CODE):
        error = {"code": code, "message": message, "data": data}
        self._send(encode({"jsonrpc": "2.0", "id": id, "error": error}))

    def _read(self, message):
        method = message.get("method")
        if method is None:
            self._settle(message)
        elif "id" in message:
            self._receiver.answer(message["id"], method, message.get("params") or {})
        else:
            self._receiver.hear(method, message.get("params") or {})

    def _settle(self, message):
        future = self._pending.pop(message["id"], None)
        # Nobody waits for it any more: the task that asked was cancelled.
        if future is None or future.done():
            return
        if "error" in message:
            future.set_exception(RemoteError(message["error"]))
        else:
            future.set_result(message.get("result"))

    def _send(self, text):
        self._flush(self._line(text))

    def _line(self, text):
        line = text.encode("ascii") + b"\n"
        if len(line) > MESSAGE_BYTES_MAX:
            raise MessageTooLong(f"more than {MESSAGE_BYTES_MAX // 1_048_576} MB of JSON")
        return line

    def _flush(self, line=b""):
        """Answers that wait go first."""
        with self._lock:
            waiting, self._outgoing = self._outgoing, []
            self._write(b"".join([*waiting, line]) if waiting else line)

    def _write(self, line):
        """Blocks while the host is behind, which it never is for long."""
        while line:
            try:
                line = line[os.write(self._writing, line) :]
            except BlockingIOError:
                select.select([], [self._writing], [])
            except BrokenPipeError:
                os._exit(0)
