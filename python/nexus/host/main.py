"""What the process of a module in Python runs: opens the connection, says hello, works until the connection ends.

The protocol runs over standard input and output, which are moved away first: what the module prints goes to standard
error, and is no message.
"""

import os
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))

import asyncio  # noqa: E402
import threading  # noqa: E402
from concurrent.futures import ThreadPoolExecutor  # noqa: E402

from nexus.host.channel import PROTOCOL_VERSION, Channel  # noqa: E402
from nexus.host.server import ModuleServer  # noqa: E402

#: Methods that are not async and run at once; more of them wait.
THREADS_MAX = 32
#: Stacks count as memory of the module.
STACK_BYTES = 1_048_576


def move_standard_streams():
    """The descriptors of the protocol. What is left on 0 is empty, and 1 is the same as 2."""
    reading, writing = os.dup(0), os.dup(1)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(line_buffering=True, errors="backslashreplace")
    return reading, writing


async def serve(reading, writing):
    threading.stack_size(STACK_BYTES)
    loop = asyncio.get_running_loop()
    loop.set_default_executor(ThreadPoolExecutor(THREADS_MAX))
    channel = Channel(writing, loop)
    server = ModuleServer(channel)
    await channel.open(reading, server)
    version = ".".join(map(str, sys.version_info[:3]))
    channel.notify("hello", {"protocol": PROTOCOL_VERSION, "runtime": f"python {version}"})
    await channel.closed


def main():
    reading, writing = move_standard_streams()
    asyncio.run(serve(reading, writing))


if __name__ == "__main__":
    main()
