"""The process's own limits: memory above what it takes now, and no core files, which would hold secrets."""


def limit_memory(memory_mb):
    """A module that wants more gets a MemoryError. Where the system has no such limit, the host alone watches."""
    try:
        import resource
    except ImportError:
        return
    _set(resource, resource.RLIMIT_CORE, 0)
    used = _data_bytes()
    if used is not None:
        _set(resource, resource.RLIMIT_DATA, used + int(memory_mb * 1_048_576))


def _set(resource, limit, soft):
    _, hard = resource.getrlimit(limit)
    if hard != resource.RLIM_INFINITY and hard < soft:
        return
    resource.setrlimit(limit, (soft, soft))


def _data_bytes():
    try:
        with open("/proc/self/status", encoding="ascii", errors="replace") as status:
            for line in status:
                if line.startswith("VmData:"):
                    return int(line.split()[1]) * 1_024
    except OSError:
        pass
    return None
