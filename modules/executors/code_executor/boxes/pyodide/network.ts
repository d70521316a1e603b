/**
 * A script's way to the hosts that it was granted: `http.client`, and `urllib.request` which is built on it, hand each
 * request to the host and wait for the answer. What is granted the host decides alone. There are no sockets; who asks
 * for one is told so. It is text, and as untrusted as the script.
 */
export const pyodideNetwork = String.raw`
import binascii, errno, importlib.machinery, io, socket


class Exchange:
    """What http.client has for a socket: it keeps a request until that is whole, and then gives the answer of the host."""

    def __init__(self, ask, origin, timeout):
        self.ask, self.origin = ask, origin
        seconds = timeout if isinstance(timeout, (int, float)) else socket.getdefaulttimeout()
        self.bounds = {} if seconds is None else {"timeout_ms": seconds * 1000}
        self.sent, self.answer = bytearray(), None

    def sendall(self, data):
        self.sent += data

    def makefile(self, *_):
        if self.answer is None:
            self.perform()
        answer, self.answer = self.answer, None
        return io.BufferedReader(io.BytesIO(answer))

    def close(self):
        pass

    def perform(self):
        request = request_in(bytes(self.sent))
        self.sent.clear()
        url = self.origin + request.pop("target")
        answer = json.loads(self.ask(json.dumps({**request, **self.bounds, "url": url, "redirect": "manual"})))
        if "error" in answer:
            raise (TimeoutError if answer.get("timed_out") else ConnectionError)(answer["error"])
        # The body is whole, whatever form it came in.
        fields = [pair for pair in answer["headers"] if pair[0] != "transfer-encoding"]
        lines = [f"HTTP/1.1 {answer['status']} {answer['statusText']}", *map(": ".join, fields), "", ""]
        self.answer = "\r\n".join(lines).encode("latin-1") + binascii.a2b_base64(answer.pop("body"))


def request_in(sent):
    head, _, body = sent.partition(b"\r\n\r\n")
    first, *lines = head.replace(b"\r\n\t", b" ").decode("latin-1").split("\r\n")
    method, _, rest = first.partition(" ")
    target = rest.rpartition(" ")[0]
    if not target.startswith("/"):
        raise OSError(errno.EINVAL, "Requests through a proxy, and for anything but a path, are not made for a script", target)
    headers = {}
    for line in lines:
        name, _, value = line.partition(":")
        name, value = name.strip().lower(), value.strip()
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    if headers.pop("transfer-encoding", "") == "chunked":
        body = b"".join(chunks_in(body))
    return {"method": method, "target": target, "headers": headers, "body": binascii.b2a_base64(body, newline=False).decode()}


def chunks_in(body):
    stream = io.BytesIO(body)
    while size := int(stream.readline().partition(b";")[0] or b"0", 16):
        yield stream.read(size)
        stream.readline()


def open_network(ask):
    sockets = socket.socket

    class Socket(sockets):
        def __init__(self, *_, **__):
            raise PermissionError(errno.EACCES, "Scripts have no sockets here; http.client and urllib.request reach what was granted")

    class Finder:
        """http.client takes long to load, so that it is changed when a script first wants it."""

        def find_spec(self, name, path=None, target=None):
            if name != "http.client":
                return None
            spec = importlib.machinery.PathFinder.find_spec(name, path, target)
            spec.loader = Loader(spec.loader)
            return spec

    class Loader:
        def __init__(self, plain):
            self.plain = plain

        def __getattr__(self, name):
            return getattr(self.plain, name)

        def exec_module(self, module):
            self.plain.exec_module(module)
            open_http(module, ask)

    socket.socket = Socket
    sys.meta_path.insert(0, Finder())


def open_http(client, ask):
    send = client.HTTPConnection.request

    def connect(self):
        if self._tunnel_host:
            raise OSError(errno.EINVAL, "Requests through a proxy are not made for a script", self.host)
        scheme = "https" if isinstance(self, client.HTTPSConnection) else "http"
        host = f"[{self.host}]" if ":" in self.host else self.host
        self.sock = Exchange(ask, f"{scheme}://{host}:{self.port}", self.timeout)

    def request(self, *given, **named):
        send(self, *given, **named)
        # A host that cannot be reached is told of here, where a connection to it would fail.
        if isinstance(self.sock, Exchange):
            self.sock.perform()

    client.HTTPConnection.connect = client.HTTPSConnection.connect = connect
    client.HTTPConnection.request = request
`
