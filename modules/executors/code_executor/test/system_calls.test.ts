/**
 * The system calls of a script in the Python box: whatever is not in its list is refused, so also what no attack was
 * written for: io_uring, memfd_create, userfaultfd, ptrace, process_vm_readv, bpf, keyctl, perf_event_open, mount…
 */
import { expect, test } from 'vitest'
import { openPolicy, systemClock } from '@nexus/sdk'
import { Watchdog } from '@nexus/sdk/process'
import { makeBoxes } from '../boxes.ts'
import { pythonLock } from '../boxes/python/lock.ts'
import { Network } from '../network.ts'
import { attackLimits, script } from './attacks/boxed.ts'

/** Of x86-64, by their numbers: the lists that the filter is made of. */
function listed(): number[] {
  const [, calls = '', idle = '', guarded = ''] =
    /CALLS = """(.*?)""".*IDLE = "(.*?)".*GUARDED = \{(.*?)\}/s.exec(pythonLock) ?? []
  const plain = `${calls} ${idle} truncate:76:45`.split(/\s+/).flatMap((entry) => entry.split(':')[1] ?? [])
  const ofSome = [...guarded.matchAll(/\((\d+), /g)].flatMap(([, number]) => number ?? [])
  // kill, tgkill and prlimit64 may reach the script itself. Newer kernels let uretprobe and uprobe by every filter, and end
  // whoever makes them without being a probe.
  return [...plain, ...ofSome, '62', '234', '302', '335', '336']
    .filter((number) => number !== '-')
    .map(Number)
}

const attempt = `
import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
def refused(number):
    ctypes.set_errno(0)
    return libc.syscall(number, 0, 0, 0, 0, 0, 0) == -1 and ctypes.get_errno() in (1, 38)
[number for number in range(600) if number not in skip and not refused(number)]
`
const through32 = `
import ctypes
libc = ctypes.CDLL(None)
libc.mmap.restype = ctypes.c_void_p
libc.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int, ctypes.c_int, ctypes.c_int, ctypes.c_long]
place = libc.mmap(None, 4096, 7, 0x22, -1, 0)
ctypes.memmove(place, bytes([0xB8, 20, 0, 0, 0, 0xCD, 0x80, 0xC3]), 8)
ctypes.CFUNCTYPE(ctypes.c_int)(place)()
`
const throughX32 = `
import ctypes
ctypes.CDLL(None).syscall(0x40000000 + 39)
`

test('a script makes no system call but those that are listed, by no way into the kernel', async ({
  skip,
}) => {
  skip(process.platform !== 'linux' || process.arch !== 'x64', 'the numbers are those of Linux on x86-64')
  const [watchdog, network] = [new Watchdog(), new Network([], systemClock, openPolicy)]
  const boxes = makeBoxes(
    { clock: systemClock, watchdog, network },
    { python: 'system', bubblewrap: 'never' },
  )
  try {
    const box = await boxes.of('python').catch((error: unknown) => String(error))
    if (typeof box === 'string') return skip(box)
    const run = (code: string, variables = {}) =>
      box.run(script(code, variables), {
        limits: { ...attackLimits, timeoutMs: 20_000 },
        signal: new AbortController().signal,
      })
    expect(listed().length).toBeGreaterThan(150)
    expect(await run(attempt, { skip: listed() })).toMatchObject({ stderr: '', value: [] })
    expect((await run(through32)).end).toMatchObject({ kind: 'killed' })
    expect((await run(throughX32)).end).toEqual({ kind: 'killed', signal: 'SIGSYS' })
  } finally {
    await boxes.stop()
    await network.stop()
    await watchdog.stop()
  }
})
