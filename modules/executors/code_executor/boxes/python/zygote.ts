/**
 * The program of a Python worker: an interpreter that has loaded what scripts need and waits. For each job it forks a
 * child that locks itself in and runs the script; it passes on what the child writes, looks after its limits and its
 * scratch folder, and never runs anything of a script itself. It is text, since it runs in another process.
 */
import { pythonBootstrap } from './bootstrap.ts'
import { pythonLock } from './lock.ts'
import { pythonNetwork } from './network.ts'
import { pythonScratch } from './scratch.ts'

const program = String.raw`
import atexit, collections, csv, datetime, functools, gc, io, itertools, math, random, re, select, signal, socket, stat, string, tempfile, threading, time

PIECE = 262144
REPORT_MAX = 65536
TICK_MS = 100


def write_all(data):
    view = memoryview(data)
    while view:
        view = view[os.write(1, view):]


def send(kind, payload):
    write_all(struct.pack("<I", len(payload)) + kind + payload)


def read_exactly(size):
    data = bytearray()
    while len(data) < size:
        piece = os.read(0, min(size - len(data), 1 << 20))
        if not piece:
            raise EOFError
        data += piece
    return bytes(data)


def read_frame():
    size, kind = struct.unpack("<Ic", read_exactly(5))
    return kind, read_exactly(size)


# --- the child --------------------------------------------------------------------------------------------------------


def child(job, parent, scratch, descriptors):
    """Never returns."""
    code = 70
    try:
        for target, source in enumerate(descriptors):
            os.dup2(source, target + 100)
        for target in range(len(descriptors)):
            os.dup2(target + 100, target)
        os.closerange(len(descriptors), 4096)
        os.chdir(scratch)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        # Not held by the script's first use of them, when no file may be opened any more.
        readable = [path for path in READABLE if path != scratch]
        lock_in(parent, readable, scratch, job["limits"])
        code = perform(job, scratch, len(descriptors) > 5)
    except BaseException as error:
        try:
            os.write(3, json.dumps({"box": f"{type(error).__name__}: {error}"}).encode())
        except OSError:
            pass
    finally:
        os._exit(code)


def perform(job, scratch, has_network):
    os.environ.clear()
    os.environ.update({"TMPDIR": scratch, "HOME": scratch, **job["environment"]})
    tempfile.tempdir = scratch
    sys.path[:] = [path for path in SEARCHED]
    sys.stdin = open(0, encoding="utf-8", errors="replace", closefd=False)
    for descriptor, name in ((1, "stdout"), (2, "stderr")):
        stream = open(descriptor, "w", encoding="utf-8", errors="replace", buffering=1, closefd=False)
        setattr(sys, name, stream)
        setattr(sys, f"__{name}__", stream)
    if has_network:
        open_network(5)

    def writer(descriptor):
        def write(text):
            data = text.encode("utf-8", "replace")
            while data:
                data = data[os.write(descriptor, data):]
        return write

    code = run(job, writer(3), writer(4))
    try:
        threading._shutdown()
        atexit._run_exitfuncs()
        sys.stdout.flush()
        sys.stderr.flush()
    except BaseException as error:
        code = code or 1
    return code


# --- one job ----------------------------------------------------------------------------------------------------------


class Job:
    """A child and the ends of its pipes."""

    def __init__(self, job, files):
        self.job, self.limits = job, job["limits"]
        self.scratch = tempfile.mkdtemp(prefix="run-", dir=BASE)
        self.report, self.limit, self.left = bytearray(), None, 2 * self.limits["output_bytes"] + PIECE
        self.value_left = self.limits["output_bytes"]
        write_inputs(self.scratch, files)
        stdin = os.memfd_create("stdin")
        os.write(stdin, b"") if job.get("stdin") is None else write_to(stdin, job["stdin"].encode())
        os.lseek(stdin, 0, os.SEEK_SET)
        pipes = [os.pipe() for _ in range(4)]
        theirs, mine = [stdin, *(pipe[1] for pipe in pipes)], [pipe[0] for pipe in pipes]
        self.door = None
        if job.get("network"):
            self.door, other = socket.socketpair()
            theirs.append(other.detach())
        parent = os.getpid()
        self.pid = os.fork()
        if self.pid == 0:
            child(job, parent, self.scratch, theirs)
        for descriptor in theirs:
            os.close(descriptor)
        self.kinds = dict(zip(mine, (b"O", b"E", b"report", b"V")))
        self.handle = os.pidfd_open(self.pid)

    def supervise(self):
        """Until the child is gone and all that it wrote has been passed on."""
        poller = select.poll()
        for descriptor in (*self.kinds, self.handle, 0):
            poller.register(descriptor, select.POLLIN)
        if self.door:
            poller.register(self.door, select.POLLIN)
        is_alive, checked = True, time.monotonic()
        while is_alive or self.kinds:
            for descriptor, _ in poller.poll(TICK_MS):
                if descriptor == self.handle:
                    is_alive = False
                    poller.unregister(self.handle)
                elif descriptor == 0:
                    self.obey()
                elif self.door and descriptor == self.door.fileno():
                    if not self.open_tunnel():
                        poller.unregister(self.door)
                elif not self.pass_on(descriptor):
                    poller.unregister(descriptor)
                    os.close(descriptor)
                    del self.kinds[descriptor]
            if is_alive and time.monotonic() - checked > TICK_MS / 1000:
                self.look_around()
                checked = time.monotonic()
        _, status = os.waitpid(self.pid, 0)
        self.pid = None
        return status

    def obey(self):
        kind, _ = read_frame()
        if kind == b"K":
            self.kill(None)

    def kill(self, limit):
        self.limit = self.limit or limit
        if self.pid is not None:
            signal.pidfd_send_signal(self.handle, signal.SIGKILL)

    def look_around(self):
        size, count = size_of(self.scratch, self.limits["scratch_bytes"])
        size += size_without_names(self.pid, self.scratch, self.limits["scratch_bytes"])
        if size > self.limits["scratch_bytes"] or count > FILES_MAX:
            self.kill("scratch")

    def pass_on(self, descriptor):
        data = os.read(descriptor, 65536)
        kind = self.kinds[descriptor]
        if kind == b"report":
            self.report += data[: REPORT_MAX - len(self.report)]
        elif kind == b"V":
            self.value_left -= len(data)
            if self.value_left < 0:
                self.kill("value")
            elif data:
                send(kind, data)
        elif self.left > 0:
            self.left -= len(data)
            if data:
                send(kind, data)
        else:
            self.kill("output")
        return bool(data)

    def open_tunnel(self):
        try:
            asked = self.door.recv(1024)
        except OSError:  # it died with an answer that it had not read
            return False
        if not asked:
            return False
        host, _, rest = asked.decode("ascii", "replace").partition("\n")
        port = rest.partition("\n")[0]
        network = self.job["network"]
        try:
            if not re.fullmatch(r"[A-Za-z0-9.:_-]{1,255}", host) or not re.fullmatch(r"[0-9]{1,5}", port):
                raise OSError
            with socket.socket(socket.AF_UNIX) as tunnel:
                tunnel.connect(network["socket"])
                name = f"[{host}]" if ":" in host else host
                tunnel.send(f"CONNECT {name}:{port} HTTP/1.1\r\nHost: {name}:{port}\r\nProxy-Authorization: Bearer {network['token']}\r\n\r\n".encode())
                socket.send_fds(self.door, [b"+"], [tunnel.fileno()])
        except OSError:
            self.refuse_tunnel()
        return True

    def refuse_tunnel(self):
        try:
            self.door.send(b"-")
        except OSError:
            pass  # nobody is there any more to be told

    def close(self):
        self.kill(None)
        if self.pid is not None:
            os.waitpid(self.pid, 0)
        for descriptor in (*self.kinds, self.handle):
            os.close(descriptor)
        if self.door:
            self.door.close()
        remove(self.scratch)


def write_to(descriptor, data):
    while data:
        data = data[os.write(descriptor, data):]


def result_of(job, status):
    result = {"code": os.WEXITSTATUS(status)} if os.WIFEXITED(status) else {"code": 1, "signal": signal.Signals(os.WTERMSIG(status)).name}
    try:
        report = json.loads(bytes(job.report)) if job.report else {}
    except (ValueError, RecursionError):
        report = {}
    if isinstance(report, dict):
        if isinstance(report.get("box"), str) and result["code"] == 70:
            return {**result, "box": report["box"][:1000]}
        if isinstance(report.get("message"), str):
            place = {key: report[key] for key in ("line", "column") if isinstance(report.get(key), int)}
            result["error"] = {"message": report["message"], **place}
        if report.get("limit") == "memory" and result["code"] != 0:
            result["limit"] = "memory"
    if result.get("signal") == "SIGXCPU":
        result["limit"] = "cpu"
    if job.limit:
        result["limit"] = job.limit
    return result


def serve():
    head, files = None, {}
    while True:
        kind, payload = read_frame()
        if kind == b"J":
            head, files = json.loads(payload), {}
        elif kind == b"I":
            end = 2 + struct.unpack_from("<H", payload)[0]
            name = payload[2:end].decode()
            files.setdefault(name, bytearray()).extend(payload[end:])
        elif kind == b"G":
            job = Job(head, files)
            try:
                result = result_of(job, job.supervise())
                if result["code"] == 0 and "limit" not in result:
                    send_outputs(job.scratch, head["outputs"], job.limits["scratch_bytes"])
            finally:
                job.close()
            send(b"R", json.dumps(result).encode())


def main():
    global BASE, READABLE, SEARCHED
    BASE, *folders = sys.argv[1:]
    os.makedirs(BASE, exist_ok=True)
    os.chmod(BASE, 0o711)
    SEARCHED = [*folders, *(path for path in sys.path if path and os.path.exists(path) and path != BASE)]
    system = ["/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/local/lib", "/etc/ld.so.cache", "/etc/localtime", "/usr/share/zoneinfo", "/etc/ssl/certs", "/etc/ssl/cert.pem", "/etc/ssl/openssl.cnf", "/usr/share/ca-certificates", "/etc/pki/tls/certs", "/etc/pki/ca-trust/extracted", "/usr/local/share/ca-certificates"]
    READABLE = [path for path in dict.fromkeys([*SEARCHED, *system]) if os.path.exists(path)]
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    version = landlock_version()
    gc.collect()
    gc.freeze()
    send(b"H", json.dumps({"layers": [], "landlock": version, "python": ".".join(map(str, sys.version_info[:2]))}).encode())
    try:
        serve()
    except EOFError:
        pass


main()
`

export const pythonZygote = `${pythonBootstrap}\n${pythonLock}\n${pythonNetwork}\n${pythonScratch}\n${program}`
