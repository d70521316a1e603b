/**
 * A script's way to the hosts that it was granted: it cannot make a socket, so it asks the zygote for one, which is a
 * tunnel through the host's proxy to the one address that was asked for. It is text, and as untrusted as the script:
 * what is granted is decided by the proxy alone.
 */
export const pythonNetwork = String.raw`
import array, os


def open_network(descriptor):
    import _socket, socket

    door = _socket.socket(_socket.AF_UNIX, _socket.SOCK_STREAM, 0, descriptor)
    plain = socket.socket

    def ask(host, port):
        door.send(f"{host}\n{port}\n".encode("idna" if not host.isascii() else "ascii"))
        reply, extra, _, _ = door.recvmsg(1, _socket.CMSG_SPACE(4))
        if not extra:
            raise OSError(101, "This script has no network")
        tunnel = array.array("i", extra[0][2])[0]
        stream = _socket.socket(_socket.AF_UNIX, _socket.SOCK_STREAM, 0, tunnel)
        head = b""
        while not head.endswith(b"\r\n\r\n") and len(head) < 4096:
            byte = stream.recv(1)
            if not byte:
                break
            head += byte
        if not head.startswith(b"HTTP/1.1 200"):
            # Why not stands after the head, up to the end.
            while (more := stream.recv(4096)) and len(head) < 4096:
                head += more
            stream.close()
            raise PermissionError(13, head.decode("latin1").partition("\r\n\r\n")[2].strip() or head.split(b"\r\n")[0].decode("latin1") or "refused", f"{host}:{port}")
        return stream.detach()

    class Missing:
        def __get__(self, *_):
            raise AttributeError("A script cannot send descriptors")

    class Socket(plain):
        # What libraries ask for before they use it.
        sendmsg = Missing()

        def __init__(self, family=-1, type=-1, proto=-1, fileno=None):
            if fileno is None and family in (-1, _socket.AF_INET, _socket.AF_INET6):
                if type not in (-1, _socket.SOCK_STREAM):
                    raise PermissionError(1, "Only TCP is granted")
                mine, other = _socket.socketpair(_socket.AF_UNIX, _socket.SOCK_STREAM)
                other.close()
                super().__init__(_socket.AF_UNIX, _socket.SOCK_STREAM, 0, mine.detach())
            else:
                super().__init__(family, type, proto, fileno)

        def connect(self, address):
            tunnel = ask(str(address[0]), int(address[1]))
            os.dup2(tunnel, self.fileno())
            os.close(tunnel)

        def setsockopt(self, level, *values):
            if level == _socket.SOL_SOCKET:
                super().setsockopt(level, *values)

    def getaddrinfo(host, port, family=0, type=0, proto=0, flags=0):
        return [(_socket.AF_INET, _socket.SOCK_STREAM, 6, "", (host, int(port or 0)))]

    socket.socket = Socket
    socket.getaddrinfo = getaddrinfo
`
