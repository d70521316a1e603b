"""The server of a module, driven without a process: what arrives together, and what ends before it begins."""

import asyncio
import json
import unittest

from nexus.errors import TaskFault
from nexus.host.channel import Channel
from nexus.host.server import ModuleServer

_MANIFEST = {"id": "subject", "version": "1.0.0", "entry_points": {"main": "subject_main.py"}}
_SOURCE = """import asyncio
from nexus.modules.base import BaseModule, ModuleResult
class Module(BaseModule):
    async def execute(self, context):
        await asyncio.sleep(0)
        return ModuleResult.ok(context.input_data)
"""


class Wire(Channel):
    """A channel whose lines a test hands in and reads."""

    def __init__(self, loop):
        super().__init__(-1, loop)
        self.written = []

    def _write(self, line):
        self.written += [json.loads(part) for part in line.splitlines()]

    def arrive(self, *messages):
        lines = [json.dumps({"jsonrpc": "2.0", **message}).encode() + b"\n" for message in messages]
        self.data_received(b"".join(lines))

    async def answers(self, count):
        while len([message for message in self.written if "id" in message]) < count:
            await asyncio.sleep(0.001)
        return {message["id"]: message for message in self.written if "id" in message}


def execute(id, input):
    params = {
        "task_id": "/do/0/test",
        "input_data": input,
        "metadata": {},
        "run": {"id": "r", "input": None},
        "idempotency_key": "k",
    }
    return {"id": id, "method": "execute", "params": params}


def load(id):
    code = json.dumps({"python": {"subject_main.py": _SOURCE}})
    params = {
        "manifest": _MANIFEST,
        "config": {},
        "folder": "/nowhere",
        "artifact": {"digest": "d", "code": code},
        "memory_mb": 4_096,
        "policy": {"network": {"private": True}, "programs": {"allow": None, "deny": []}},
    }
    return {"id": id, "method": "load", "params": params}


class Server(unittest.IsolatedAsyncioTestCase):
    async def asyncSetUp(self):
        self.wire = Wire(asyncio.get_running_loop())
        self.wire._receiver = ModuleServer(self.wire)
        self.wire.arrive(load(1))
        self.assertEqual((await self.wire.answers(1))[1]["result"], [])

    async def test_tasks_that_arrive_together_are_all_answered(self):
        self.wire.arrive(*(execute(id, id) for id in range(2, 102)))
        answers = await self.wire.answers(101)
        self.assertEqual([answers[id]["result"]["output_data"] for id in range(2, 102)], list(range(2, 102)))

    async def test_a_task_that_is_aborted_before_its_first_step_is_answered_once(self):
        reason = {"kind": "cancelled", "message": "gone", "ref": 1}
        abort = {"method": "abort", "params": {"task": 2, "reason": reason}}
        self.wire.arrive(execute(2, None), abort, execute(3, "next"))
        answers = await self.wire.answers(3)
        self.assertEqual(answers[2]["error"]["data"], reason)
        self.assertEqual(answers[3]["result"]["output_data"], "next")
        self.assertEqual(len([message for message in self.wire.written if message.get("id") == 2]), 1)

    async def test_a_task_that_is_aborted_while_it_waits_gives_the_reason_back(self):
        self.wire.arrive(execute(2, None))
        await asyncio.sleep(0)
        fault = TaskFault.of("timeout", "too late").error
        reason = {"kind": "fault", "error": fault, "ref": 7}
        self.wire.arrive({"method": "abort", "params": {"task": 2, "reason": reason}})
        self.assertEqual((await self.wire.answers(2))[2]["error"]["data"], reason)

    async def test_an_unknown_request_is_refused(self):
        self.wire.arrive({"id": 2, "method": "dance", "params": {}})
        self.assertEqual((await self.wire.answers(2))[2]["error"]["code"], -32_601)

    async def test_a_message_in_pieces_is_read_when_it_is_whole(self):
        line = json.dumps({"jsonrpc": "2.0", **execute(2, "ü")}).encode() + b"\n"
        for at in range(len(line)):
            self.wire.data_received(line[at : at + 1])
        self.assertEqual((await self.wire.answers(2))[2]["result"]["output_data"], "ü")


if __name__ == "__main__":
    unittest.main()
