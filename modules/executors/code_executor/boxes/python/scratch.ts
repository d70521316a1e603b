/**
 * The scratch folder of a Python script, as the zygote sees it: files put in, what they take, files taken out, and all of
 * it removed. Whatever the script left there is looked at as hostile: links are not followed. It is text, since it runs
 * in another process, after `zygote.ts` has imported what it needs.
 */
export const pythonScratch = String.raw`
import os, stat

FILES_MAX = 10000


def write_inputs(scratch, files):
    for name, content in files.items():
        path = os.path.join(scratch, name)
        folder = os.path.dirname(path)
        os.makedirs(folder, mode=0o700, exist_ok=True)
        with open(path, "wb") as file:
            file.write(content)
    if os.getuid() == 0:
        for folder, _, names in os.walk(scratch):
            for path in (folder, *(os.path.join(folder, name) for name in names)):
                os.chown(path, NOBODY, NOBODY, follow_symlinks=False)


def size_of(scratch, bytes_max):
    """Bytes and files below a folder, as far as they matter."""
    total, count, waiting = 0, 0, [scratch]
    while waiting and count <= FILES_MAX and total <= bytes_max:
        try:
            with os.scandir(waiting.pop()) as entries:
                for entry in entries:
                    count += 1
                    found = entry.stat(follow_symlinks=False)
                    total += found.st_blocks * 512
                    if stat.S_ISDIR(found.st_mode):
                        waiting.append(entry.path)
        except OSError:
            continue
    return total, count


def size_without_names(pid, scratch, file_bytes_max):
    """Of files of the folder that a process holds, open or mapped, and that are not in it any more."""
    held = {}
    is_gone = lambda path: path.startswith(scratch + "/") and path.endswith(" (deleted)")
    # A process is looked at by its own user; root is not allowed to everywhere.
    own = os.geteuid(), os.getegid()
    if own[0] == 0:
        os.setegid(NOBODY)
        os.seteuid(NOBODY)
    try:
        for name in os.listdir(f"/proc/{pid}/fd"):
            try:
                if is_gone(os.readlink(f"/proc/{pid}/fd/{name}")):
                    found = os.stat(f"/proc/{pid}/fd/{name}")
                    held[found.st_ino] = found.st_blocks * 512
            except OSError:
                continue
        with open(f"/proc/{pid}/maps", errors="replace") as lines:
            for line in lines:
                *_, inode, path = line.rstrip("\n").split(maxsplit=5) if line.count("/") else (0, "")
                if is_gone(path):
                    # How large one is that is mapped and not open is not told: as large as a file may be.
                    held.setdefault(int(inode), file_bytes_max)
    except OSError:
        # It is gone, or has not locked itself in yet.
        pass
    finally:
        os.seteuid(own[0])
        os.setegid(own[1])
    return sum(held.values())


def send_outputs(scratch, names, bytes_max):
    """Only files, through folders that are no links, of the size that they may have."""
    for name in names:
        descriptor = os.open(scratch, os.O_RDONLY | os.O_DIRECTORY)
        try:
            *folders, last = name.split("/")
            for folder in folders:
                inner = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=descriptor)
                os.close(descriptor)
                descriptor = inner
            file = os.open(last, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=descriptor)
        except OSError:
            continue
        finally:
            os.close(descriptor)
        try:
            found = os.fstat(file)
            if not stat.S_ISREG(found.st_mode) or found.st_size > bytes_max:
                continue
            label = name.encode()
            head = struct.pack("<H", len(label)) + label
            piece = os.read(file, PIECE)
            send(b"F", head + piece)
            while piece := os.read(file, PIECE):
                send(b"F", head + piece)
        finally:
            os.close(file)


def remove(folder):
    """A whole tree, however deep it is and whatever its permissions are. The script that made it is gone."""
    root = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    count = 0
    try:
        os.fchmod(root, 0o700)
        while names := os.listdir(root):
            for name in names:
                if not stat.S_ISDIR(os.lstat(name, dir_fd=root).st_mode):
                    os.unlink(name, dir_fd=root)
                    continue
                os.chmod(name, 0o700, dir_fd=root)
                inner = os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=root)
                try:
                    for below in os.listdir(inner):
                        if stat.S_ISDIR(os.lstat(below, dir_fd=inner).st_mode):
                            count += 1
                            os.chmod(below, 0o700, dir_fd=inner)
                            os.rename(below, f"{count}.{os.getpid()}.moved", src_dir_fd=inner, dst_dir_fd=root)
                        else:
                            os.unlink(below, dir_fd=inner)
                finally:
                    os.close(inner)
                os.rmdir(name, dir_fd=root)
    finally:
        os.close(root)
    os.rmdir(folder)
`
