/**
 * What locks a Python process in, from inside, with nothing but its standard library: Landlock (no files but a few
 * read-only folders and its scratch folder, no TCP, no signals out), seccomp (the system calls that a script needs, by
 * name; no other program, process or socket), resource limits, and for root an unprivileged user without capabilities.
 * None of it can be undone by the process that did it. It is text; formulas and numbers are the kernel's own interface:
 * https://docs.kernel.org/userspace-api/landlock.html and https://docs.kernel.org/userspace-api/seccomp_filter.html
 */
export const pythonLock = String.raw`
import ctypes, os, resource, struct

libc = ctypes.CDLL(None, use_errno=True)
MACHINES = {"x86_64": (0, 0xC000003E, 62, 234, 302), "aarch64": (1, 0xC00000B7, 129, 131, 261)}
NOBODY = 65534

# name:x86_64:aarch64, as in the kernel's tables; "-" where a machine has no such call.
CALLS = """
read:0:63 write:1:64 close:3:57 fstat:5:80 lseek:8:62 mmap:9:222 mprotect:10:226 munmap:11:215 brk:12:214
rt_sigaction:13:134 rt_sigprocmask:14:135 rt_sigreturn:15:139 rt_sigpending:127:136 rt_sigtimedwait:128:137
rt_sigsuspend:130:133 sigaltstack:131:132 pread64:17:67 pwrite64:18:68 readv:19:65 writev:20:66 preadv:295:69
pwritev:296:70 sched_yield:24:124 mremap:25:216 msync:26:227 mincore:27:232 madvise:28:233 dup:32:23
dup3:292:24 nanosleep:35:101 getpid:39:172 gettid:186:178 getppid:110:173 getuid:102:174 geteuid:107:175
getgid:104:176 getegid:108:177 getgroups:115:158 getresuid:118:148 getresgid:120:150 getpgid:121:155
getsid:124:156 getpriority:140:141 exit:60:93 exit_group:231:94 uname:63:160 flock:73:32 fsync:74:82
fdatasync:75:83 ftruncate:77:46 getcwd:79:17 chdir:80:49 fchdir:81:50 umask:95:166 gettimeofday:96:169 getrlimit:97:163 getrusage:98:165 sysinfo:99:179
times:100:153 capget:125:90 restart_syscall:219:128 set_tid_address:218:96 set_robust_list:273:99
get_robust_list:274:100 futex:202:98 sched_getaffinity:204:123 sched_getparam:143:121
sched_getscheduler:145:120 clock_gettime:228:113 clock_getres:229:114 clock_nanosleep:230:115
getdents64:217:61 newfstatat:262:79 fstatfs:138:44 statfs:137:43 unlinkat:263:35
renameat:264:38 renameat2:316:276 linkat:265:37 symlinkat:266:36 readlinkat:267:78 mkdirat:258:34
faccessat:269:48 faccessat2:439:439 statx:332:291 ppoll:271:73 pselect6:270:72
epoll_create1:291:20 epoll_ctl:233:21 epoll_pwait:281:22 epoll_pwait2:441:441 eventfd2:290:19
timerfd_create:283:85 timerfd_settime:286:86 timerfd_gettime:287:87 pipe2:293:59 sendfile:40:71
copy_file_range:326:285 fallocate:285:47 fadvise64:221:223 getrandom:318:278 rseq:334:293 membarrier:324:283
close_range:436:436 setitimer:38:103 getitimer:36:102 timer_create:222:107 timer_settime:223:110
timer_gettime:224:108 timer_delete:226:111 timer_getoverrun:225:109 socketpair:53:199 sendto:44:206
recvfrom:45:207 recvmsg:47:212 shutdown:48:210 getsockname:51:204 getpeername:52:205
setsockopt:54:208 getsockopt:55:209 stat:4:- lstat:6:- poll:7:- access:21:- pipe:22:- select:23:-
dup2:33:- alarm:37:- pause:34:- getdents:78:- rename:82:- mkdir:83:- rmdir:84:- creat:85:- link:86:-
unlink:87:- symlink:88:- readlink:89:- epoll_create:213:-
epoll_wait:232:- eventfd:284:- arch_prctl:158:- getpgrp:111:- time:201:-
"""
# Neither Landlock nor a read-only descriptor keeps a user from changing permissions and times of what is its own: they
# succeed and do nothing, since libraries that copy files rely on them.
IDLE = "chmod:90:- fchmod:91:52 fchmodat:268:53 fchmodat2:452:452 utime:132:- utimes:235:- futimesat:261:- utimensat:280:88"
# Calls that are allowed for some of their arguments only.
GUARDED = {"open": (2, "-"), "openat": (257, 56), "clone": (56, 220), "clone3": (435, 435), "openat2": (437, 437), "ioctl": (16, 29), "fcntl": (72, 25), "prctl": (157, 167), "socketpair": (53, 199)}


def call(name, *arguments):
    result = libc.syscall(*[ctypes.c_long(one) if isinstance(one, int) else one for one in arguments])
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{name}: {os.strerror(number)}")
    return result


def prctl(option, *values):
    values = [ctypes.c_ulong(value) for value in (*values, 0, 0, 0, 0)[:4]]
    if libc.prctl(option, *values) != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"prctl {option}: {os.strerror(number)}")


# --- Landlock -------------------------------------------------------------------------------------------------------

READ = 1 << 2 | 1 << 3
WRITE_FILE, TRUNCATE, REFER, IOCTL = 1 << 1, 1 << 14, 1 << 13, 1 << 15


def landlock_version():
    """0 where the kernel has none."""
    return max(0, libc.syscall(ctypes.c_long(444), None, ctypes.c_long(0), ctypes.c_long(1)))


def restrict_files(readable, devices, writable):
    version = landlock_version()
    if version < 1:
        raise OSError(38, "this kernel has no Landlock")
    rights = (1 << 13) - 1
    rights |= REFER if version >= 2 else 0
    rights |= TRUNCATE if version >= 3 else 0
    rights |= IOCTL if version >= 5 else 0
    attributes = struct.pack("QQQ", rights, 3 if version >= 4 else 0, 3 if version >= 6 else 0)
    size = 24 if version >= 6 else 16 if version >= 4 else 8
    ruleset = call("landlock_create_ruleset", 444, ctypes.c_char_p(attributes[:size]), size, 0)
    own = rights & ~(1 << 0 | 1 << 6 | 1 << 9 | 1 << 11 | IOCTL)
    for path in readable:
        add_rule(ruleset, path, READ)
    for path in devices:
        add_rule(ruleset, path, 1 << 2 | WRITE_FILE)
    for path in writable:
        add_rule(ruleset, path, own)
    call("landlock_restrict_self", 446, ruleset, 0)
    os.close(ruleset)
    return version


def add_rule(ruleset, path, rights):
    try:
        descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return
    try:
        is_folder = os.path.isdir(path)
        rule = struct.pack("=Qi", rights if is_folder else rights & (1 << 1 | 1 << 2 | TRUNCATE), descriptor)
        call("landlock_add_rule", 445, ruleset, 1, ctypes.c_char_p(rule), 0)
    finally:
        os.close(descriptor)


# --- seccomp --------------------------------------------------------------------------------------------------------

ALLOW, KILL, EPERM, ENOSYS, NOTHING = 0x7FFF0000, 0x80000000, 0x00050001, 0x00050026, 0x00050000


def statement(code, value):
    return struct.pack("=HBBI", code, 0, 0, value & 0xFFFFFFFF)


def jump(code, value, yes, no):
    return struct.pack("=HBBI", code, yes, no, value & 0xFFFFFFFF)


def load(offset):
    return statement(0x20, offset)


def give(action):
    return statement(0x06, action)


def equals(value, yes, no):
    return jump(0x15, value, yes, no)


def argument(index, high=False):
    return load(16 + 8 * index + (4 if high else 0))


def among(index, values):
    """Allowed when an argument is one of the values, all of which fit into 32 bits."""
    lines = [argument(index)]
    for value in values:
        lines += [equals(value, 0, 1), give(ALLOW)]
    return [*lines, give(EPERM)]


def guards(pid, kill, tgkill, prlimit):
    """What is allowed for some arguments only. Each list of instructions ends by giving an action."""
    threads = [argument(0), jump(0x45, 0x7E020080, 0, 1), give(EPERM), jump(0x45, 0x00010000, 0, 1), give(ALLOW), give(EPERM)]
    own = among(0, [pid])
    # Emptying a file that is opened for reading needs no right of Landlock's before its third version.
    opening = lambda index: [argument(index), statement(0x54, 0x203), equals(0x200, 1, 0), equals(0x203, 0, 1), give(EPERM), give(ALLOW)]
    return {
        "open": opening(1),
        "openat": opening(2),
        # What its flags are stands in memory, where nobody can look.
        "openat2": [give(ENOSYS)],
        "clone": threads,
        "clone3": [give(ENOSYS)],
        # TCGETS, TIOCGWINSZ, FIONREAD, FIONBIO, FIONCLEX, FIOCLEX
        "ioctl": among(1, [0x5401, 0x5413, 0x541B, 0x5421, 0x5450, 0x5451]),
        # F_DUPFD, F_GETFD, F_SETFD, F_GETFL, F_SETFL, F_GETLK, F_SETLK, F_SETLKW, F_OFD_*, F_DUPFD_CLOEXEC, F_GETPIPE_SZ
        "fcntl": among(1, [0, 1, 2, 3, 4, 5, 6, 7, 36, 37, 38, 1030, 1032]),
        # PR_GET_DUMPABLE, PR_SET_NAME, PR_GET_NAME, PR_CAPBSET_READ, PR_SET_VMA
        "prctl": among(0, [3, 15, 16, 23, 0x53564D41]),
        # A datagram socket could send to any other; AF_UNIX streams alone.
        "socketpair": [argument(0), equals(1, 1, 0), give(EPERM), argument(1), statement(0x54, 0xF), equals(1, 0, 1), give(ALLOW), give(EPERM)],
        kill: own,
        tgkill: own,
        prlimit: among(0, [0, pid]),
    }


def filter_program(machine, pid):
    column, arch, kill, tgkill, prlimit = MACHINES[machine]
    lines = [load(4), equals(arch, 1, 0), give(KILL), load(0)]
    if machine == "x86_64":
        lines += [jump(0x35, 0x40000000, 0, 1), give(KILL)]
    for name, instructions in guards(pid, kill, tgkill, prlimit).items():
        number = GUARDED[name][column] if isinstance(name, str) else name
        if number == "-":
            continue
        lines += [equals(number, 0, len(instructions)), *instructions]
    # By its path a file can be emptied that is not opened: only Landlock from its third version on judges that.
    truncate = " truncate:76:45" if landlock_version() >= 3 else ""
    for calls, action in ((CALLS + truncate, ALLOW), (IDLE, NOTHING)):
        for entry in calls.split():
            number = entry.split(":")[1 + column]
            if number != "-" and not entry.startswith("socketpair:"):
                lines += [equals(int(number), 0, 1), give(action)]
    return [*lines, give(EPERM)]


def restrict_calls():
    machine = platform_machine()
    if machine not in MACHINES:
        raise OSError(38, f"no table of system calls for {machine}")
    program = b"".join(filter_program(machine, os.getpid()))
    code = ctypes.create_string_buffer(program, len(program))
    head = struct.pack("HxxxxxxP", len(program) // 8, ctypes.addressof(code))
    number = 317 if machine == "x86_64" else 277
    call("seccomp", number, 1, 0, ctypes.c_char_p(head))


def platform_machine():
    return os.uname().machine


# --- the rest -------------------------------------------------------------------------------------------------------


def become_nobody():
    if os.getuid() != 0:
        return
    for capability in range(64):
        try:
            prctl(24, capability)
        except OSError:
            break
    os.setgroups([])
    os.setresgid(NOBODY, NOBODY, NOBODY)
    os.setresuid(NOBODY, NOBODY, NOBODY)


def restrict_resources(memory_bytes, cpu_ms, file_bytes):
    with open("/proc/self/statm") if os.path.exists("/proc/self/statm") else open(os.devnull) as file:
        held = int((file.read().split() or ["16384"])[0]) * resource.getpagesize()
    seconds = max(1, -(-cpu_ms // 1000))
    limits = {
        resource.RLIMIT_AS: (held + memory_bytes,) * 2,
        resource.RLIMIT_CPU: (seconds, seconds + 1),
        resource.RLIMIT_FSIZE: (file_bytes,) * 2,
        resource.RLIMIT_NOFILE: (128, 128),
        resource.RLIMIT_CORE: (0, 0),
        resource.RLIMIT_MEMLOCK: (0, 0),
        resource.RLIMIT_MSGQUEUE: (0, 0),
    }
    for limit, (soft, hard) in limits.items():
        most = resource.getrlimit(limit)[1]
        if most != resource.RLIM_INFINITY:
            soft, hard = min(soft, most), min(hard, most)
        resource.setrlimit(limit, (soft, hard))


def lock_in(parent, readable, scratch, limits):
    """Gives up every right but those that a script needs. Raises OSError where the kernel has not all it takes."""
    become_nobody()
    restrict_resources(limits["memory_bytes"], limits["cpu_ms"], limits["scratch_bytes"])
    prctl(1, 9)
    if os.getppid() != parent:
        os._exit(1)
    prctl(38, 1)
    # So that the zygote can see which files it holds; what it dumps is nothing, by its limits.
    prctl(4, 1)
    restrict_files(readable, ["/dev/null", "/dev/zero", "/dev/urandom", "/dev/random"], [scratch])
    restrict_calls()
`
