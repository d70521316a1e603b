"""The process gives up every right that its module's manifest does not list, before it loads anything of the module.

Landlock holds files, programs, TCP ports and signals; seccomp holds sockets, new processes and namespaces, and what
Landlock does not know of; root loses its capabilities. None of it can be undone, and what the process starts has it
too. Standard library only. The numbers are the kernel's own interface:
https://docs.kernel.org/userspace-api/landlock.html and https://docs.kernel.org/userspace-api/seccomp_filter.html

It cannot tell hosts of the network apart. Permissions, owners and times of files are in neither's hands: changing them
succeeds and does nothing, since libraries that copy files rely on it.
"""

import ctypes
import os
import struct
import sys

#: Number of the architecture, and which column of the tables is its own.
MACHINES = {"x86_64": (0, 0xC000003E), "aarch64": (1, 0xC00000B7)}

# name:x86_64:aarch64, as in the kernel's tables; "-" where a machine has no such call.
#: Other processes, other namespaces, the kernel and the machine, and ways around what is held here.
DENIED = """
ptrace:101:117 process_vm_readv:310:270 process_vm_writev:311:271 kcmp:312:272 pidfd_getfd:438:438
process_madvise:440:440 process_mrelease:448:448 perf_event_open:298:241 bpf:321:280 userfaultfd:323:282
io_uring_setup:425:425 io_uring_enter:426:426 io_uring_register:427:427 unshare:272:97 setns:308:268 mount:165:40
umount2:166:39 pivot_root:155:41 chroot:161:51 move_mount:429:429 open_tree:428:428 open_tree_attr:467:467
fsopen:430:430 fsconfig:431:431 fsmount:432:432 fspick:433:433 mount_setattr:442:442 init_module:175:105
finit_module:313:273 delete_module:176:106 kexec_load:246:104 kexec_file_load:320:294 reboot:169:142 swapon:167:224
swapoff:168:225 acct:163:89 quotactl:179:60 quotactl_fd:443:443 syslog:103:116 settimeofday:164:170
clock_settime:227:112 clock_adjtime:305:266 adjtimex:159:171 sethostname:170:161 setdomainname:171:162 iopl:172:-
ioperm:173:- add_key:248:217 request_key:249:218 keyctl:250:219 open_by_handle_at:304:265 name_to_handle_at:303:264
lookup_dcookie:212:18 vhangup:153:58 inotify_add_watch:254:27 fanotify_init:300:262 sched_setscheduler:144:119
sched_setparam:142:118 sched_setattr:314:274 setpriority:141:140 ioprio_set:251:30 migrate_pages:256:238
move_pages:279:239 modify_ldt:154:- mq_open:240:180 mq_unlink:241:181 msgget:68:186 msgsnd:69:189 msgrcv:70:188
msgctl:71:187 shmget:29:194 shmat:30:196 shmctl:31:195 semget:64:190 semop:65:193 semctl:66:191 semtimedop:220:192
file_setattr:469:469 setxattr:188:5 lsetxattr:189:6 fsetxattr:190:7 setxattrat:463:463 removexattr:197:14
lremovexattr:198:15 fremovexattr:199:16 removexattrat:466:466 personality:135:92
"""
#: Without programs: no other process, and signals to this one only.
ALONE = """
execve:59:221 execveat:322:281 fork:57:- vfork:58:- pidfd_send_signal:424:424 rt_sigqueueinfo:129:138
rt_tgsigqueueinfo:297:240
"""
IDLE = """
chmod:90:- fchmod:91:52 fchmodat:268:53 fchmodat2:452:452 chown:92:- fchown:93:55 lchown:94:- fchownat:260:54
utime:132:- utimes:235:- futimesat:261:- utimensat:280:88
"""
#: Calls that are judged by their arguments.
JUDGED = {
    "clone": (56, 220),
    "clone3": (435, 435),
    "socket": (41, 198),
    "socketpair": (53, 199),
    "kill": (62, 129),
    "tkill": (200, 130),
    "tgkill": (234, 131),
    "prlimit64": (302, 261),
    "sched_setaffinity": (203, 122),
    "fcntl": (72, 25),
    "ioctl": (16, 29),
    "open": (2, None),
    "openat": (257, 56),
    "openat2": (437, 437),
    "truncate": (76, 45),
    "capset": (126, 91),
}
#: Nothing is known of calls that a later kernel has.
LAST_CALL = 469

DEVICES = ["/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom"]
#: What libraries ask of the machine; of processes they see their own alone.
FACTS = ["/proc/self", "/proc/cpuinfo", "/proc/meminfo", "/proc/stat", "/proc/loadavg", "/sys/devices/system/cpu"]

#: Root's power over files goes no further than Landlock lets it; without it root could not read what others own.
DAC_OVERRIDE = 1 << 1

libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


def confine(readable, writable, programs, network, ports):
    """Raises OSError where the kernel has not all it takes, and says what it lacks.

    ``network``: whether there is any; ``ports``: the TCP ports that may be used, None for all. Gives what holds.
    """
    if libc is None:
        raise OSError(38, f"there is no Landlock on {sys.platform}")
    if len(os.listdir("/proc/self/task")) != 1:
        raise OSError(16, "the process has threads already, which would stay as they are")
    version = landlock_version()
    if version < 1:
        raise OSError(38, "this kernel has no Landlock")
    _drop_capabilities()
    _prctl(38, 1)
    _restrict_with_landlock(version, readable, writable, programs, ports if network else None)
    _restrict_calls(version, programs, network)
    return {"landlock": version}


def landlock_version():
    """0 where the kernel has none, or forbids it."""
    return max(0, libc.syscall(ctypes.c_long(444), None, ctypes.c_long(0), ctypes.c_long(1)))


def _call(name, *arguments):
    result = libc.syscall(*[ctypes.c_long(one) if isinstance(one, int) else one for one in arguments])
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{name}: {os.strerror(number)}")
    return result


def _prctl(option, *values):
    values = [ctypes.c_ulong(value) for value in (*values, 0, 0, 0, 0)[:4]]
    if libc.prctl(option, *values) != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"prctl {option}: {os.strerror(number)}")


def _drop_capabilities():
    """All but the one over files, for good: a program that is started gets none back."""
    head = ctypes.create_string_buffer(struct.pack("Ii", 0x20080522, 0), 8)
    data = ctypes.create_string_buffer(24)
    if libc.capget(head, data) != 0:
        raise OSError(ctypes.get_errno(), "the capabilities cannot be read")
    effective, permitted, inheritable, *more = struct.unpack("6I", data.raw)
    if not any([permitted, inheritable, *more]):
        return
    for capability in range(64):
        if 1 << capability != DAC_OVERRIDE and libc.prctl(24, capability, 0, 0, 0) != 0:
            break
    kept = struct.pack("6I", effective & DAC_OVERRIDE, permitted & DAC_OVERRIDE, 0, 0, 0, 0)
    if libc.capset(head, ctypes.create_string_buffer(kept, 24)) != 0:
        raise OSError(ctypes.get_errno(), "the capabilities cannot be given up")


# --- Landlock ---------------------------------------------------------------------------------------------------------

EXECUTE, WRITE_FILE, READ_FILE, READ_DIR = 1, 1 << 1, 1 << 2, 1 << 3
MAKE_CHAR, MAKE_BLOCK, REFER, TRUNCATE, IOCTL = 1 << 6, 1 << 11, 1 << 13, 1 << 14, 1 << 15
OF_FILES = EXECUTE | WRITE_FILE | READ_FILE | TRUNCATE
BIND_TCP, CONNECT_TCP = 1, 2
#: To abstract sockets and by signals, out of what is confined.
SCOPES = 3
#: Resolvers ask over TCP where an answer is too long.
DOMAIN_PORT = 53


def _restrict_with_landlock(version, readable, writable, programs, ports):
    rights = (1 << 13) - 1
    rights |= (REFER if version >= 2 else 0) | (TRUNCATE if version >= 3 else 0) | (IOCTL if version >= 5 else 0)
    net = BIND_TCP | CONNECT_TCP if version >= 4 and ports is not None else 0
    attributes = struct.pack("QQQ", rights, net, SCOPES if version >= 6 else 0)
    size = 24 if version >= 6 else 16 if version >= 4 else 8
    ruleset = _call("landlock_create_ruleset", 444, ctypes.c_char_p(attributes[:size]), size, 0)
    try:
        for path in (*readable, *FACTS):
            _add_path(ruleset, path, READ_FILE | READ_DIR | (EXECUTE if programs else 0))
        for path in DEVICES:
            _add_path(ruleset, path, READ_FILE | WRITE_FILE)
        for path in writable:
            _add_path(ruleset, path, rights & ~(EXECUTE | MAKE_CHAR | MAKE_BLOCK | IOCTL))
        for port in {*ports, DOMAIN_PORT} if net else ():
            allowed = CONNECT_TCP if port == DOMAIN_PORT and port not in ports else net
            rule = struct.pack("=QQ", allowed, port)
            _call("landlock_add_rule", 445, ruleset, 2, ctypes.c_char_p(rule), 0)
        _call("landlock_restrict_self", 446, ruleset, 0)
    finally:
        os.close(ruleset)


def _add_path(ruleset, path, rights):
    """What is not there is passed over."""
    try:
        descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return
    try:
        rule = struct.pack("=Qi", rights if os.path.isdir(path) else rights & OF_FILES, descriptor)
        _call("landlock_add_rule", 445, ruleset, 1, ctypes.c_char_p(rule), 0)
    finally:
        os.close(descriptor)


# --- seccomp ----------------------------------------------------------------------------------------------------------

ALLOW, KILL, EPERM, ENOSYS, NOTHING = 0x7FFF0000, 0x80000000, 0x00050001, 0x00050026, 0x00050000
NEW_NAMESPACES = 0x7E020000
THREAD = 0x00010000


def _statement(code, value):
    return struct.pack("=HBBI", code, 0, 0, value & 0xFFFFFFFF)


def _jump(code, value, yes, no):
    return struct.pack("=HBBI", code, yes, no, value & 0xFFFFFFFF)


def _give(action):
    return _statement(0x06, action)


def _equals(value, yes, no):
    return _jump(0x15, value, yes, no)


def _argument(index):
    """The lower half, in which all that is judged here has its place."""
    return _statement(0x20, 16 + 8 * index)


def _among(index, values, found, otherwise):
    lines = [_argument(index)]
    for value in values:
        lines += [_equals(value, 0, 1), _give(found)]
    return [*lines, _give(otherwise)]


def _any_bit(bits, action):
    """The action where one of the bits is in what was loaded last."""
    return [_jump(0x45, bits, 0, 1), _give(action)]


def _judgements(version, programs, network):
    own = [0, os.getpid()]
    threads = [] if programs else [_jump(0x45, THREAD, 1, 0), _give(EPERM)]
    local = [_argument(0), _equals(1, 1, 0), _give(EPERM)]
    judged = {
        "clone": [_argument(0), *_any_bit(NEW_NAMESPACES, EPERM), *threads, _give(ALLOW)],
        # Its flags are in memory, where nobody can look; libraries then take `clone`.
        "clone3": [_give(ENOSYS)],
        # AF_INET, AF_INET6
        "socket": _among(0, [2, 10], ALLOW, EPERM) if network else [_give(EPERM)],
        # Of AF_UNIX, streams: a datagram could go to any other.
        "socketpair": [*local, _argument(1), _statement(0x54, 0xF), _equals(1, 0, 1), _give(ALLOW), _give(EPERM)],
        "prlimit64": _among(0, own, ALLOW, EPERM),
        "sched_setaffinity": _among(0, own, ALLOW, EPERM),
        # F_SETOWN, F_SETSIG, F_SETOWN_EX; FIOSETOWN, SIOCSPGRP; TIOCSTI, TIOCLINUX
        "fcntl": _among(1, [8, 10, 15], EPERM, ALLOW),
        "ioctl": _among(1, [0x8901, 0x8902, 0x5412, 0x541C], EPERM, ALLOW),
        "capset": [_give(EPERM)],
    }
    if not programs:
        judged["kill"] = judged["tgkill"] = _among(0, own, ALLOW, EPERM)
        judged["tkill"] = [_give(EPERM)]
    if version < 3:
        # Files can be emptied that are not open for writing, which Landlock does not judge yet.
        judged["truncate"] = [_give(EPERM)]
        judged["openat2"] = [_give(ENOSYS)]
        judged["open"], judged["openat"] = _no_truncation(1), _no_truncation(2)
    return judged


def _no_truncation(index):
    """Landlock judges those that open for writing; the mode that opens for neither empties a file just as well."""
    writing = [_equals(os.O_WRONLY, 0, 1), _give(ALLOW), _equals(os.O_RDWR, 0, 1), _give(ALLOW)]
    mode = [_argument(index), _statement(0x54, os.O_ACCMODE), *writing]
    return [*mode, _argument(index), *_any_bit(os.O_TRUNC, EPERM), _give(ALLOW)]


def _restrict_calls(version, programs, network):
    machine = os.uname().machine
    if machine not in MACHINES or struct.calcsize("P") != 8:
        raise OSError(38, f"there is no table of system calls for {machine}")
    column, architecture = MACHINES[machine]
    lines = [_statement(0x20, 4), _equals(architecture, 1, 0), _give(KILL), _statement(0x20, 0)]
    lines += [_jump(0x35, 0x40000000, 0, 1), _give(KILL), _jump(0x25, LAST_CALL, 0, 1), _give(ENOSYS)]
    for name, instructions in _judgements(version, programs, network).items():
        number = JUDGED[name][column]
        if number is not None:
            lines += [_equals(number, 0, len(instructions)), *instructions]
    for calls, action in ((DENIED + ("" if programs else ALONE), EPERM), (IDLE, NOTHING)):
        for entry in calls.split():
            number = entry.split(":")[1 + column]
            if number != "-":
                lines += [_equals(int(number), 0, 1), _give(action)]
    program = b"".join([*lines, _give(ALLOW)])
    code = ctypes.create_string_buffer(program, len(program))
    head = struct.pack("HxxxxxxP", len(program) // 8, ctypes.addressof(code))
    _call("seccomp", (317, 277)[column], 1, 0, ctypes.c_char_p(head))


# --- whether it holds here --------------------------------------------------------------------------------------------


def _try_out():
    """Confines this process, and does what must then fail."""
    import socket

    told = confine(readable=[], writable=[], programs=False, network=False, ports=None)
    attempts = {
        "files": lambda: os.close(os.open("/etc", os.O_RDONLY)),
        "sockets": lambda: socket.socket(socket.AF_INET).close(),
        "processes": os.fork,
        "signals": lambda: os.kill(os.getppid(), 0),
    }
    for what, attempt in attempts.items():
        try:
            attempt()
        except PermissionError:
            continue
        raise OSError(38, f"it does not hold {what}")
    return told


if __name__ == "__main__":
    import json

    try:
        answer = _try_out()
    except (OSError, AttributeError) as error:
        answer = {"missing": getattr(error, "strerror", None) or str(error)}
    sys.stdout.write(json.dumps(answer))
    sys.stdout.flush()
    os._exit(0)
