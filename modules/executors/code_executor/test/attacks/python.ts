/** Attacks in Python, by what they want. `ctypes` is theirs where there is one. */
import type { Attack, Sign } from './attack.ts'

const attack = (name: string, code: string, seen?: Sign): Attack => ({
  name,
  phases: [code],
  ...(seen && { seen }),
})
const slow = (name: string, code: string, seen: Sign = 'outlived'): Attack => ({
  ...attack(name, code, seen),
  isSlow: true,
})
const escaped = 'print("ESCAPED", flush=True)'
const reads = (expression: string, before = ''): string =>
  `import os, sys, ctypes\n${before}\ngot = ${expression}\nif "SECRET" in str(got): ${escaped}`
const libc = 'import ctypes, os\nlibc = ctypes.CDLL(None, use_errno=True)\n'

const files: readonly Attack[] = [
  attack('read a file of the machine', reads('open(world["secret"]).read()')),
  attack('read it by /proc/self/root', reads('open("/proc/self/root" + world["secret"]).read()')),
  attack('read it by a way up', reads('open("../" * 30 + world["secret"]).read()')),
  attack('read it by a symbolic link', reads('open("link").read()', 'os.symlink(world["secret"], "link")')),
  attack(
    'read it by a hard link',
    reads('open(world["target"]).read()', 'os.link(world["secret"], world["target"])'),
  ),
  attack(
    'read it by libc',
    `${libc}descriptor = libc.open(world["secret"].encode(), 0)\nbuffer = ctypes.create_string_buffer(100)\nlibc.read(descriptor, buffer, 100)\nif b"SECRET" in buffer.raw: ${escaped}`,
  ),
  attack(
    'read it by the system call',
    `${libc}import platform\ndescriptor = libc.syscall(257 if platform.machine() == "x86_64" else 56, -100, world["secret"].encode(), 0, 0)\nif b"SECRET" in os.read(descriptor, 100): ${escaped}`,
  ),
  attack(
    'read it by mapping it',
    reads(
      'mmap.mmap(descriptor, 0, prot=mmap.PROT_READ)[:6]',
      'import mmap\ndescriptor = os.open(world["secret"], os.O_RDONLY)',
    ),
  ),
  { ...attack('read what only root may', reads('open(world["rootOnly"]).read()')), needsRoot: true },
  {
    ...attack('become root, then read', reads('open(world["rootOnly"]).read()', 'os.setresuid(0, 0, 0)')),
    needsRoot: true,
  },
  attack('write a file of the machine', 'open(world["target"], "w").write("x")', 'file'),
  attack(
    'rename its own file out',
    'import os\nopen("own", "w").write("x")\nos.rename("own", world["target"])',
    'file',
  ),
  attack(
    'change the permissions of a file of the machine',
    `import os, stat\nos.chmod(world["own"], 0o777)\nif stat.S_IMODE(os.stat(world["own"]).st_mode) == 0o777: ${escaped}`,
  ),
  attack(
    'change the times of a file of the machine',
    `import os\nos.utime(world["own"], (1, 1))\nif os.stat(world["own"]).st_mtime == 1: ${escaped}`,
  ),
  attack(
    'empty a file of the machine',
    `import os\nos.truncate(world["own"], 0)\nif os.stat(world["own"]).st_size == 0: ${escaped}`,
  ),
  attack(
    'empty a file of the machine by reading it',
    `import os\nos.close(os.open(world["own"], os.O_RDONLY | os.O_TRUNC))\nif os.stat(world["own"]).st_size == 0: ${escaped}`,
  ),
  attack('make a node out of its folder', 'import os\nos.mkfifo(world["target"])', 'file'),
  attack(
    'list a folder of the machine',
    'import os\nif len(os.listdir("/etc")) > 10 and os.path.exists(world["secret"]): print("ESCAPED", flush=True)',
  ),
  attack('read the environment of the host', `import os\nif os.environ.get("HOST_SECRET"): ${escaped}`),
  attack('read its own /proc/self/environ', reads('open("/proc/self/environ").read()')),
  attack(
    'read the environment of another process',
    reads('open("/proc/%d/environ" % world["victim"]).read()'),
  ),
  attack(
    'read the memory of its parent',
    `import os\nwith open("/proc/%d/mem" % os.getppid(), "rb", 0): ${escaped}`,
  ),
]

const objects: readonly Attack[] = [
  attack(
    'a walk over subclasses to a shell',
    `found = [one for one in object.__subclasses__() if one.__name__ == "_wrap_close"][0]\nif "SECRET" in found.__init__.__globals__["popen"]("echo SECRET").read(): ${escaped}`,
  ),
  attack(
    'the frames of who runs it',
    `import sys\nframe, text = sys._getframe(), ""\nwhile frame:\n    text += str(frame.f_globals.get("HOST_TOKEN", ""))\n    frame = frame.f_back\nif "SECRET" in text: ${escaped}`,
  ),
  {
    ...attack(
      'the host’s JavaScript',
      `try:\n    import js\n    found = js.process.pid\nexcept ImportError:\n    import pyodide_js\n    found = pyodide_js.constructor.constructor("return process")().pid\n${escaped}`,
    ),
    needsPyodide: true,
  },
  {
    ...attack(
      'JavaScript by its evaluation',
      `from pyodide.code import run_js\nrun_js("globalThis.process ?? this.constructor.constructor('return process')()").pid\n${escaped}`,
    ),
    needsPyodide: true,
  },
  {
    ...attack(
      'JavaScript by a proxy’s constructor',
      `import sys\nfor module in list(sys.modules.values()):\n    for value in list(vars(module).values()) if hasattr(module, "__dict__") else []:\n        if type(value).__name__ == "JsProxy":\n            process = value.constructor.constructor("return globalThis.process")()\n            print("ESCAPED", process.pid, flush=True)`,
    ),
    needsPyodide: true,
  },
  {
    ...attack(
      'JavaScript by what asks the host for http',
      `import http.client\ncells = http.client.HTTPConnection.connect.__closure__ or ()\nfound = [one.cell_contents for one in cells if type(one.cell_contents).__name__.startswith("Js")]\nask = found[0] if found else __import__("js").eval\nprocess = ask.constructor.constructor("return globalThis.process")()\nprint("ESCAPED", process.pid, flush=True)`,
    ),
    needsPyodide: true,
  },
  attack(
    'descriptors that it inherited',
    `import os\nfor descriptor in range(3, 64):\n    try:\n        os.write(descriptor, b'RESULT {"forged": true}\\n')\n    except OSError:\n        pass\nos._exit(0)`,
    'forged',
  ),
]

const machine: readonly Attack[] = [
  attack(
    'connect to loopback',
    `import socket\nwith socket.create_connection(("127.0.0.1", world["port"]), 2): ${escaped}`,
  ),
  attack(
    'fetch from loopback',
    `import urllib.request\nurllib.request.urlopen("http://127.0.0.1:%d/" % world["port"], timeout=2)\n${escaped}`,
  ),
  attack(
    'fetch from loopback by a connection of its own',
    `import http.client\nconnection = http.client.HTTPConnection("127.0.0.1", world["port"], timeout=2)\nconnection.putrequest("GET", "/")\nconnection.endheaders()\nif connection.getresponse().status == 200: ${escaped}`,
  ),
  attack(
    'connect to a Unix socket',
    `import socket\nit = socket.socket(socket.AF_UNIX)\nit.connect(world["socket"])\nif it.recv(4): ${escaped}`,
  ),
  attack(
    'connect by libc',
    `${libc}import struct\ndescriptor = libc.socket(2, 1, 0)\naddress = struct.pack("=H", 2) + struct.pack(">H", world["port"]) + bytes([127, 0, 0, 1]) + bytes(8)\nlibc.connect(descriptor, address, 16)`,
    'reached',
  ),
  attack(
    'send a datagram',
    `import socket\nsocket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"x", ("127.0.0.1", world["port"]))\n${escaped}`,
  ),
  attack(
    'send a datagram to a Unix socket by a pair',
    `import socket\nmine, other = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)\nmine.sendto(b"x", world["datagrams"])\n${escaped}`,
  ),
  attack(
    'listen on a port',
    `import socket\nit = socket.socket()\nit.bind(("127.0.0.1", 0))\nit.listen()\n${escaped}`,
  ),
  attack(
    'a raw or netlink socket',
    `import socket\nsocket.socket(socket.AF_NETLINK, socket.SOCK_RAW)\n${escaped}`,
  ),
  attack(
    'start a program',
    `import subprocess\nif b"SECRET" in subprocess.run(["/bin/echo", "SECRET"], capture_output=True).stdout: ${escaped}`,
  ),
  attack('start a shell by libc', `${libc}if libc.system(b"exit 5") >> 8 == 5: ${escaped}`),
  attack('become another program', `import os\nos.execv("/bin/echo", ["echo", "ESCAPED"])`),
  attack(
    'a program in memory',
    `import os\ndescriptor = os.memfd_create("x")\nos.write(descriptor, open("/bin/echo", "rb").read())\nos.execve(descriptor, ["echo", "ESCAPED"], {})`,
  ),
  attack(
    'a bomb of threads',
    `import threading, time\nthreading.stack_size(32768)\nfor _ in range(400): threading.Thread(target=time.sleep, args=(1,), daemon=True).start()\ntime.sleep(0.6)\n${escaped}`,
  ),
  attack(
    'a bomb of processes',
    `import os\nfor _ in range(4):\n    if os.fork() == 0: os._exit(0)\n${escaped}`,
  ),
  attack(
    'a process that outlives it',
    `import os, time\nif os.fork() == 0:\n    os.setsid()\n    if os.fork() == 0:\n        time.sleep(0.2)\n        open(world["target"], "w").write("x")\n    os._exit(0)`,
    'file',
  ),
  attack('signal another process', `import os, signal\nos.kill(world["victim"], signal.SIGKILL)`, 'dead'),
  attack(
    'signal by a descriptor',
    `import os, signal\nsignal.pidfd_send_signal(os.pidfd_open(world["victim"]), signal.SIGKILL)`,
    'dead',
  ),
  attack('signal its parent', `import os\nos.kill(os.getppid(), 0)\n${escaped}`),
  attack(
    'signal by a descriptor’s owner',
    `import fcntl, os, signal\nreading, writing = os.pipe()\nfcntl.fcntl(reading, fcntl.F_SETOWN, world["victim"])\nif fcntl.fcntl(reading, fcntl.F_GETOWN) == world["victim"]: ${escaped}`,
  ),
  attack(
    'trace another process',
    `${libc}if libc.ptrace(16, world["victim"], None, None) == 0:\n    os.waitpid(world["victim"], 0x40000000)\n    libc.ptrace(17, world["victim"], None, None)\n    ${escaped}`,
  ),
  attack(
    'read the memory of another process',
    `${libc}import platform\nresult = libc.process_vm_readv(world["victim"], None, 0, None, 0, 0)\nif result == 0 and os.path.exists("/proc/%d" % world["victim"]): ${escaped}`,
  ),
  {
    ...attack(
      'mount a file system',
      `${libc}os.mkdir("m")\nif libc.unshare(0x20000) == 0 and libc.mount(b"none", b"m", b"tmpfs", 0, None) == 0: ${escaped}`,
    ),
    needsRoot: true,
  },
  attack('a user namespace', `${libc}if libc.unshare(0x10000000) == 0: ${escaped}`),
  { ...attack('change the root', `import os\nos.chroot("/")\n${escaped}`), needsRoot: true },
  attack(
    'io_uring',
    `${libc}buffer = ctypes.create_string_buffer(200)\nif libc.syscall(425, 4, buffer) >= 0: ${escaped}`,
  ),
  attack(
    'the keys of the kernel',
    `${libc}import platform\nif libc.syscall(248 if platform.machine() == "x86_64" else 217, b"user", b"nexus_test", b"x", 1, -1) > 0: ${escaped}`,
  ),
  attack(
    'shared memory that stays',
    `${libc}it = libc.shmget(0, 4096, 0o1600)\nif it >= 0:\n    libc.shmctl(it, 0, None)\n    ${escaped}`,
  ),
  attack(
    'raise its own limits',
    `import resource\nsoft, hard = resource.getrlimit(resource.RLIMIT_AS)\nresource.setrlimit(resource.RLIMIT_AS, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))\n${escaped}`,
  ),
  attack('end the process that runs it', 'import os\nos._exit(0)', 'broken'),
  attack('crash the process that runs it', 'import ctypes\nctypes.string_at(0)', 'broken'),
]

const resources: readonly Attack[] = [
  slow('an endless loop', 'while True: pass'),
  slow(
    'an endless loop that catches everything',
    'while True:\n    try:\n        while True: pass\n    except BaseException: pass',
  ),
  slow(
    'an endless loop that ignores signals',
    'import signal\nfor one in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):\n    signal.signal(one, signal.SIG_IGN)\nwhile True: pass',
  ),
  slow(
    'an endless loop of coroutines',
    'import asyncio\nasync def again():\n    while True: await asyncio.sleep(0)\nloop = asyncio.new_event_loop() if hasattr(asyncio, "new_event_loop") else None\ncoroutine = again()\nwhile True:\n    try: coroutine.send(None)\n    except StopIteration: pass',
  ),
  slow('a sleep without an end', 'import time\ntime.sleep(1000)'),
  slow('an endless computation of big integers', 'n = 3\nwhile True: n = (n * n) % (1 << 8192) + 3'),
  slow('a regular expression that never ends', 'import re\nre.match(r"(a+)+$", "a" * 60 + "b")'),
  slow(
    'a thread that never ends',
    'import threading\ndef spin():\n    while True: pass\ntry:\n    threading.Thread(target=spin).start()\nexcept RuntimeError:\n    spin()',
  ),
  attack(
    'memory by strings',
    `all = []\nfor size in range(0, world["memoryBytes"], 1000000): all.append("x" * 1000000)\n${escaped}`,
  ),
  attack(
    'memory by one buffer',
    `it = bytearray(world["memoryBytes"])\nit[::4096] = b"x" * len(it[::4096])\n${escaped}`,
  ),
  attack(
    'memory by objects',
    `all = []\nfor size in range(0, world["memoryBytes"], 128): all.append([size])\n${escaped}`,
  ),
  attack(
    'memory by a map of the system',
    `import mmap\nit = mmap.mmap(-1, world["memoryBytes"])\nfor at in range(0, len(it), 4096): it[at] = 1\n${escaped}`,
  ),
  attack(
    'memory by files without names',
    `import os\nit = os.memfd_create("x")\nfor _ in range(0, world["memoryBytes"], 1000000): os.write(it, b"x" * 1000000)\n${escaped}`,
  ),
  attack(
    'a flood of output',
    'import sys\nline = "x" * 65535 + "\\n"\nfor _ in range(0, world["outputBytes"], 65536): sys.stdout.write(line)',
    'flooded',
  ),
  attack(
    'a flood of errors',
    'import sys\nline = "x" * 65535 + "\\n"\nfor _ in range(0, world["outputBytes"], 65536): sys.stderr.write(line)',
    'flooded',
  ),
  attack(
    'a line without an end',
    'import sys\nfor _ in range(0, world["outputBytes"], 65536): sys.stdout.write("x" * 65536)',
    'flooded',
  ),
  attack(
    'a large file',
    `with open("own", "wb") as file:\n    for _ in range(0, world["diskBytes"], 1000000): file.write(b"x" * 1000000)\nimport os, time\nos.sync() if hasattr(os, "sync") else None\ntime.sleep(0.5)\nos.unlink("own")\n${escaped}`,
  ),
  attack(
    'many files',
    `import os, time\nfor at in range(world["diskBytes"] // 500000):\n    with open("f%d" % at, "wb") as file: file.write(b"x" * 500000)\ntime.sleep(0.5)\nfor name in os.listdir("."): os.unlink(name)\n${escaped}`,
  ),
  attack(
    'a file that is all hole',
    `import os\nwith open("own", "wb") as file: file.truncate(world["diskBytes"] * 20)\nif os.path.getsize("own") == world["diskBytes"] * 20: ${escaped}`,
  ),
  attack(
    'many empty files',
    `import os\nfor at in range(20000): open("f%d" % at, "wb").close()\nimport time\ntime.sleep(0.5)\nfor name in os.listdir("."): os.unlink(name)\n${escaped}`,
  ),
  attack(
    'memory by files that are open and in no folder',
    `import os, time\nheld = []\nfor at in range(world["diskBytes"] // 500000):\n    held.append(open("own", "w+b", 0))\n    held[-1].write(b"x" * 500000)\n    os.unlink("own")\ntime.sleep(0.5)\n${escaped}`,
  ),
  attack(
    'files that are mapped and in no folder',
    `import mmap, os, time\nheld = []\nfor at in range(world["diskBytes"] // 1000000):\n    with open("own", "w+b", 0) as file:\n        file.write(b"x" * 1000000)\n        held.append(mmap.mmap(file.fileno(), 4096))\n    os.unlink("own")\ntime.sleep(0.5)\n${escaped}`,
  ),
  attack(
    'files that are in no folder and on their way',
    `import os, socket, time\nmine, other = socket.socketpair()\nfor at in range(world["diskBytes"] // 1000000):\n    with open("own", "w+b", 0) as file:\n        file.write(b"x" * 1000000)\n        socket.send_fds(mine, [b"x"], [file.fileno()])\n    os.unlink("own")\ntime.sleep(0.5)\n${escaped}`,
  ),
  attack(
    'memory by pipes',
    `import fcntl, os\nheld = []\nfor _ in range(world["diskBytes"] // 1000000):\n    reading, writing = os.pipe()\n    held.append(reading)\n    try: fcntl.fcntl(writing, 1031, 1 << 20)\n    except OSError: pass\n    os.set_blocking(writing, False)\n    written = 0\n    while written < 1000000:\n        got = os.write(writing, b"x" * 65536)\n        if not got: raise OSError\n        written += got\n${escaped}`,
  ),
  attack(
    'recursion without an end',
    'import sys\nsys.setrecursionlimit(10 ** 9)\nclass Deep:\n    def __repr__(self): return repr(self)\nit = None\nfor _ in range(400000): it = [it]\nrepr(it)',
    'broken',
  ),
]

const results: readonly Attack[] = [
  attack(
    'output that imitates the protocol',
    `import os, sys\nline = b'{"forged": true}'\nos.write(1, b"\\nRESULT " + line + b"\\n" + bytes([len(line), 0, 0, 0]) + b"V" + line + bytes([11, 0, 0, 0]) + b'R{"code": 0}')\nos._exit(0)`,
    'forged',
  ),
  attack('a value that is too deep', 'value = []\nfor _ in range(700): value = [value]\nvalue', 'forged'),
  attack('a value that is too large', '"x" * world["outputBytes"]', 'flooded'),
  {
    name: 'a module that the next script finds',
    phases: ['import json\njson.left = "here"', `import json\nif hasattr(json, "left"): ${escaped}`],
  },
  {
    name: 'a builtin that the next script finds',
    phases: [
      'import builtins\nbuiltins.left = "here"',
      `import builtins\nif hasattr(builtins, "left"): ${escaped}`,
    ],
  },
  {
    name: 'a file that the next script finds',
    phases: [
      'open("left", "w").write("here")',
      `import os\nif os.path.exists("left"):\n    os.unlink("left")\n    ${escaped}`,
    ],
  },
  {
    name: 'a thread that lives in the next script',
    phases: [
      `import threading, time\ndef later():\n    time.sleep(0.05)\n    ${escaped}\nthreading.Thread(target=later, daemon=True).start()`,
      'import time\ntime.sleep(0.2)',
    ],
  },
]

export const pythonAttacks = [...files, ...objects, ...machine, ...resources, ...results]
