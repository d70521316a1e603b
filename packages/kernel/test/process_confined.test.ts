/**
 * A Python module's process that locks itself in, where bubblewrap is not around it: what it cannot do unless its manifest
 * lists it, and can where it does. As whoever runs the tests; for root also as nobody. Skipped where the system has no
 * Landlock with seccomp.
 */
import { execFileSync } from 'node:child_process'
import { chmodSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer, type AddressInfo, type Server } from 'node:net'
import { once } from 'node:events'
import { join } from 'node:path'
import type { Instance } from '@nexus/kernel'
import type { Manifest } from '@nexus/sdk'
import { describe, expect, onTestFinished, test } from 'vitest'
import { confineParams, findConfinement, portsOf } from '../src/hosts/process/confinement.ts'
import { describeConfinement, unconfinedDetail } from '../src/hosts/process/confinement_here.ts'
import { launchPython, type LaunchOptions } from '../src/hosts/process/launch.ts'
import { findPython, pythonSdk } from '../src/hosts/process/python.ts'
import { failureOf, makeProcessWorld, outputOf, pythonOf, type ProcessWorld } from './process_world.ts'

const python = await findPython()
const found = 'missing' in python ? python : await findConfinement(python, pythonSdk)
const version = 'missing' in found ? 0 : found.landlock
const title = 'missing' in found ? `confined (not here: ${found.missing})` : 'confined'

/** Runs what its input says, and gives what that comes to. What is tried does no harm where nothing holds it. */
const evaluator = pythonOf(
  `try:
    return ModuleResult.ok(eval(input))
except OSError as error:
    return ModuleResult.ok(errno.errorcode[error.errno])`,
  'import ctypes, errno, multiprocessing, shutil, signal, socket, subprocess, tempfile, threading\nlibc = ctypes.CDLL(None, use_errno=True)',
)
const number = (call: string): string => `(libc.syscall(${call}), errno.errorcode[ctypes.get_errno()])[1]`
const x64 = process.arch === 'x64'

type Permissions = NonNullable<Manifest['permissions']>

async function startWith(permissions: Permissions = {}): Promise<ProcessWorld & { module: Instance }> {
  const world = makeProcessWorld()
  const module = await world.start(evaluator, { manifest: { permissions } })
  return { ...world, module }
}

/** The attempts that came to anything but those errors, with what they came to. */
async function notRefused(
  module: Instance,
  attempts: readonly string[],
  errors = ['EPERM'],
): Promise<unknown[]> {
  const outcomes: [string, unknown][] = []
  for (const attempt of attempts) outcomes.push([attempt, await outputOf(module, `str(${attempt})`)])
  return outcomes.filter(([, outcome]) => !errors.includes(String(outcome)))
}

/** A folder of this machine that no module lists, with a file in it. */
function beside(): string {
  const { folder } = makeProcessWorld()
  writeFileSync(join(folder, 'file.txt'), 'not yours')
  return folder
}

async function listening(): Promise<{ server: Server; port: number }> {
  const server = createServer((socket) => socket.end()).listen(0, '127.0.0.1')
  onTestFinished(() => void server.close())
  await once(server, 'listening')
  return { server, port: (server.address() as AddressInfo).port }
}

const connect = (port: number): string => `socket.create_connection(('127.0.0.1', ${port}), 2).close()`

describe.skipIf('missing' in found)(title, () => {
  test('a module without permissions reads no file that is not its own, and writes none', async () => {
    const { module, folder } = await startWith()
    const other = beside()
    writeFileSync(join(folder, 'mine.txt'), 'mine')
    symlinkSync(join(other, 'file.txt'), join(folder, 'link.txt'))
    const attempts = [
      `open('${other}/file.txt').read()`,
      number(`${x64 ? 254 : 27}, libc.inotify_init(), b'${other}', 0xfff`),
      `os.listdir('${other}')`,
      `open('/etc/passwd').read()`,
      `os.listdir('/proc/${process.pid}')`,
      `open('/proc/${process.pid}/environ').read()`,
      `open('/proc/self/root${other}/file.txt').read()`,
      `open('${folder}/link.txt').read()`,
      `os.open('${other}/file.txt', os.O_RDONLY | os.O_TRUNC)`,
      `open('${other}/new.txt', 'w')`,
      `open('${folder}/mine.txt', 'w')`,
      `os.truncate('${other}/file.txt', 0)`,
      `os.unlink('${other}/file.txt')`,
      `os.mkdir('${other}/new')`,
      `os.rename('${other}/file.txt', '${other}/moved.txt')`,
      `os.link('${other}/file.txt', 'link.txt')`,
      `os.symlink('/etc', '${other}/link')`,
      `os.listdir('/dev/shm')`,
    ]
    expect(await notRefused(module, attempts, ['EACCES', 'EPERM', 'EXDEV'])).toEqual([])
    expect(readFileSync(join(other, 'file.txt'), 'utf8')).toBe('not yours')
    expect(await outputOf(module, `open('${folder}/mine.txt').read()`)).toBe('mine')
  })

  test('changes neither permissions nor times of what is not its own', async () => {
    const { module } = await startWith()
    const other = beside()
    chmodSync(join(other, 'file.txt'), 0o600)
    await outputOf(module, `os.chmod('${other}/file.txt', 0o777)`)
    await outputOf(module, `os.utime('${other}/file.txt', (1, 1))`)
    await outputOf(module, `os.chown('${other}/file.txt', 65534, 65534)`)
    expect(await outputOf(module, `os.setxattr('${other}/file.txt', 'user.x', b'1')`)).toBe('EPERM')
    const format = execFileSync('stat', ['-c', '%a %u', join(other, 'file.txt')], { encoding: 'utf8' })
    expect(format.trim()).toBe(`600 ${process.getuid?.()}`)
  })

  test('works in its temporary folder as libraries do, with threads and pairs of sockets', async () => {
    const { module } = await startWith()
    const code =
      `(open('a', 'w').write('x'), shutil.copy2('a', 'b'), os.rename('b', 'c'), os.mkdir('d'), shutil.move('c', 'd/c'),
      tempfile.NamedTemporaryFile().write(b'x'), open(os.devnull, 'w').write('x'), len(os.urandom(3)), os.cpu_count() > 0,
      sorted(os.listdir('.')))[-1]`.replaceAll('\n', ' ')
    expect(await outputOf(module, code)).toEqual(['a', 'd'])
    const thread = `[(t := threading.Thread(target=lambda: None)).start(), t.join(), t.is_alive()][-1]`
    expect(await outputOf(module, thread)).toBe(false)
    const pair = `[(p := socket.socketpair())[0].send(b'hi'), p[1].recv(2).decode(), p[0].close(), p[1].close()][1]`
    expect(await outputOf(module, pair)).toBe('hi')
    expect(await outputOf(module, `__import__('ssl').OPENSSL_VERSION != ''`)).toBe(true)
  })

  test('starts no program and no process', async () => {
    const { module } = await startWith()
    const attempts = [
      `subprocess.run(['/bin/true'])`,
      `os.fork()`,
      `os.posix_spawn('/bin/true', ['true'], {})`,
      `os.execv('/bin/true', ['true'])`,
      `multiprocessing.get_context('fork').Process(target=print).start()`,
    ]
    expect(await notRefused(module, attempts)).toEqual([])
    expect(await outputOf(module, `os.system('true')`)).not.toBe(0)
  })

  test('has no sockets to anybody, not even on this machine', async () => {
    const { port } = await listening()
    const { module } = await startWith()
    const families = ['AF_INET', 'AF_INET6', 'AF_UNIX', 'AF_NETLINK', 'AF_PACKET']
    const sockets = families.map((family) => `socket.socket(socket.${family}, socket.SOCK_DGRAM).close()`)
    expect(await notRefused(module, sockets)).toEqual([])
    expect(await outputOf(module, connect(port))).toBe('EPERM')
    expect(await outputOf(module, `socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)`)).toBe('EPERM')
    expect(await outputOf(module, number('425, 8, None'))).toBe('EPERM')
  })

  test('signals nobody, traces nobody, and changes nothing of other processes', async () => {
    const { module } = await startWith()
    const attempts = [
      `os.kill(${process.pid}, 0)`,
      `os.kill(os.getppid(), 0)`,
      `os.kill(-1, 0)`,
      `os.killpg(os.getpgid(${process.pid}), 0)`,
      `signal.pidfd_send_signal(os.pidfd_open(${process.pid}), 0)`,
      `__import__('fcntl').fcntl(0, 8, ${process.pid})`,
      `os.setpriority(os.PRIO_PROCESS, ${process.pid}, os.getpriority(os.PRIO_PROCESS, ${process.pid}))`,
      `__import__('resource').prlimit(${process.pid}, 7)`,
      `os.sched_setaffinity(${process.pid}, os.sched_getaffinity(${process.pid}))`,
    ]
    expect(await notRefused(module, attempts)).toEqual([])
    expect(await outputOf(module, number(`${x64 ? 101 : 117}, 16, ${process.pid}, 0, 0`))).toBe('EPERM')
    expect(await outputOf(module, `os.kill(os.getpid(), 0)`)).toBeNull()
  })

  test('makes no namespaces, mounts nothing, and gets no rights back', async () => {
    const { module } = await startWith()
    const calls = x64
      ? ['272, 0x10000000', '165, b"x", b"/nowhere", b"tmpfs", 0, None', '161, b"/nowhere"'] // unshare, mount, chroot
      : ['97, 0x10000000', '40, b"x", b"/nowhere", b"tmpfs", 0, None', '51, b"/nowhere"']
    expect(await notRefused(module, calls.map(number))).toEqual([])
    const status = await outputOf(module, `open('/proc/self/status').read()`)
    expect(status).toMatch(/NoNewPrivs:\s1/)
    expect(status).toMatch(/Seccomp:\s2/)
    expect(status).toMatch(/CapEff:\s000000000000000[02]\n/)
    expect(status).toMatch(/CapPrm:\s000000000000000[02]\n/)
  })

  test('reads and writes what it lists, and no more of it than it lists', async () => {
    const other = beside()
    mkdirSync(join(other, 'out'))
    const { module } = await startWith({ read: [other], write: [join(other, 'out')] })
    expect(await outputOf(module, `open('${other}/file.txt').read()`)).toBe('not yours')
    expect(await outputOf(module, `open('${other}/file.txt', 'w')`)).toBe('EACCES')
    expect(await outputOf(module, `open('${other}/out/new.txt', 'w').write('new')`)).toBe(3)
    expect(
      await outputOf(
        module,
        `[os.mkdir('${other}/out/d'), os.rename('${other}/out/new.txt', '${other}/out/d/x')]`,
      ),
    ).toEqual([null, null])
    expect(await outputOf(module, `open('${other}/out/d/x').read()`)).toBe('new')
  })

  test('starts programs where it lists any, which are confined like it and end with it', async () => {
    const other = beside()
    const { module } = await startWith({ run: ['sh', 'cat'] })
    const run = (code: string): string =>
      `subprocess.run(['/bin/sh', '-c', ${JSON.stringify(code)}], capture_output=True, text=True)`
    expect(await outputOf(module, `${run('echo hello')}.stdout`)).toBe('hello\n')
    expect(await outputOf(module, `${run(`cat ${other}/file.txt`)}.stderr`)).toMatch(/Permission denied/)
    expect(await outputOf(module, `${run(`echo x > ${other}/new.txt`)}.returncode`)).not.toBe(0)
    expect(
      await outputOf(module, `[(p := subprocess.Popen(['/bin/sleep', '60'])).kill(), p.wait()][1]`),
    ).toBe(-9)
    expect(await outputOf(module, number(`${x64 ? '272' : '97'}, 0x10000000`))).toBe('EPERM')
    expect(await outputOf(module, connect(1))).toBe('EPERM')
    if (version >= 6) expect(await outputOf(module, `os.kill(${process.pid}, 0)`)).toBe('EPERM')
  })

  test('has the network where it lists any, by ports where the kernel knows them', async () => {
    const [one, other] = [await listening(), await listening()]
    const { module } = await startWith({ network: [`127.0.0.1:${one.port}`] })
    expect(await outputOf(module, connect(one.port))).toBeNull()
    if (version >= 4) expect(await outputOf(module, connect(other.port))).toBe('EACCES')
    expect(await outputOf(module, `socket.socket(socket.AF_UNIX)`)).toBe('EPERM')
    const any = await startWith({ network: ['127.0.0.1'] })
    expect(await outputOf(any.module, connect(other.port))).toBeNull()
  })

  test('is confined before a line of the module runs', async () => {
    const { start } = makeProcessWorld()
    const source = pythonOf(
      'return ModuleResult.ok(found)',
      `try:\n    found = open("/etc/passwd").read()\nexcept PermissionError:\n    found = "refused"`,
    )
    expect(await outputOf(await start(source))).toBe('refused')
  })

  test('has the packages that it lists, and limits of memory', async () => {
    const { start } = makeProcessWorld()
    const module = await start(
      pythonOf('import pip\nreturn ModuleResult.ok(bytearray(1 << 20) is not None)'),
      {
        manifest: { dependencies: { python: [{ pip: '*' }] }, requirements: { memory_mb: 64 } },
      },
    )
    expect(await outputOf(module)).toBe(true)
  })

  test.runIf(process.getuid?.() === 0)('holds whoever is not root as well', () => {
    const { folder } = makeProcessWorld()
    chmodSync(folder, 0o755)
    const program = ['/usr/bin/python3', '/usr/local/bin/python3'].find((path) => runs(path))
    if (program === undefined) return // every Python is root's own
    const script = join(folder, 'confine.py')
    writeFileSync(script, readFileSync(join(pythonSdk, 'nexus/host/confine.py')))
    const told = execFileSync(program, ['-I', '-S', '-B', script], {
      uid: 65_534,
      gid: 65_534,
      cwd: '/',
      encoding: 'utf8',
    })
    expect(JSON.parse(told)).toEqual({ landlock: version })
  })
})

/** Confines itself as a kernel with an older Landlock lets it, and says what of all this is not refused. */
const older = `import json, os, socket, sys
sys.path.insert(0, sys.argv[1])
import confine
confine.landlock_version = lambda: int(sys.argv[2])
other, own = sys.argv[3:5]
confine.confine([confine.os.path.dirname(os.__file__)], [own], False, sys.argv[5] == "network", [1])
attempts = {
    "read": lambda: open(other + "/file.txt"),
    "empty": lambda: os.truncate(other + "/file.txt", 0),
    "empty by opening": lambda: os.open(other + "/file.txt", os.O_RDONLY | os.O_TRUNC),
    "empty by opening for neither": lambda: os.open(other + "/file.txt", os.O_ACCMODE | os.O_TRUNC),
    "write": lambda: open(other + "/new.txt", "w"),
    "unix": lambda: socket.socket(socket.AF_UNIX),
    "signal": lambda: os.kill(os.getppid(), 0),
    "process": lambda: os.fork(),
}
if sys.argv[5] != "network":
    attempts["internet"] = lambda: socket.socket()
refused = []
for what, attempt in attempts.items():
    try:
        attempt()
    except PermissionError:
        continue
    refused.append(what)
with open(own + "/mine.txt", "w") as file:
    file.write("mine")
print(json.dumps([refused, open(own + "/mine.txt").read()]))
`

describe.skipIf('missing' in found).each(Array.from({ length: version }, (_, index) => index + 1))(
  'with version %i of Landlock',
  (asOf) => {
    test.each(['network', 'none'])('a process holds itself by what there is (%s)', (network) => {
      const own = makeProcessWorld().folder
      const other = beside()
      const program = 'missing' in python ? '' : python.program
      const host = join(pythonSdk, 'nexus/host')
      const told = execFileSync(program, [
        '-I',
        '-S',
        '-B',
        '-c',
        older,
        host,
        `${asOf}`,
        other,
        own,
        network,
      ])
      expect(JSON.parse(told.toString())).toEqual([[], 'mine'])
      expect(readFileSync(join(other, 'file.txt'), 'utf8')).toBe('not yours')
    })
  },
)

function runs(program: string): boolean {
  try {
    execFileSync(program, ['-c', ''], { uid: 65_534, gid: 65_534, cwd: '/', stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

describe.skipIf('missing' in python)('where nothing confines', () => {
  test('modules run as before, which is logged once', async () => {
    const { start, logged } = makeProcessWorld({ confines: false })
    const module = await start(evaluator)
    await start(evaluator)
    expect(await outputOf(module, `len(open('/etc/passwd').read()) > 0`)).toBe(true)
    expect(logged.filter((line) => line.includes('not confined'))).toEqual([
      `Modules in Python are ${unconfinedDetail('it is turned off')}.`,
    ])
  })

  test('modules are refused where somebody asks for it', async () => {
    const { start } = makeProcessWorld({ confines: false, mustConfine: true })
    const failure = await failureOf(start(evaluator))
    expect(failure).toMatch(/"subject" 1\.2\.3 is in Python, and modules in Python are not confined/)
    expect(failure).toContain('policy.confined of nexus.yaml refuses that')
  })
})

describe('what a process keeps', () => {
  test('is told it where nothing else is around it', () => {
    const options: LaunchOptions = {
      manifest: {
        id: 'subject',
        version: '1.0.0',
        type: 'executor',
        name: 'Subject',
        description: 'A module of a test.',
        entry_points: { main: 'main.py' },
        permissions: { read: ['data'], write: ['/out'], network: ['x.test:443'] },
      },
      folder: '/modules/subject',
      memoryMb: 100,
      environment: {},
      bubblewrap: undefined,
      confines: true,
    }
    const program = { program: '/opt/python/bin/python3', prefixes: ['/opt/python'], sdk: '/nexus/python' }
    const { confine } = launchPython(options, program)
    expect(confine).toMatchObject({ writable: ['/out'], programs: false, network: true, ports: [443] })
    expect(confine?.['readable']).toEqual(
      expect.arrayContaining([
        '/usr',
        '/etc/resolv.conf',
        '/opt/python',
        '/nexus/python',
        '/modules/subject',
        '/modules/subject/data',
      ]),
    )
    expect(launchPython({ ...options, bubblewrap: '/usr/bin/bwrap' }, program)).not.toHaveProperty('confine')
    const rights = { read: [], write: [], network: false, programs: true }
    expect(confineParams(rights, undefined)).toMatchObject({ programs: true, network: false, ports: null })
  })

  test('of the network is by port, unless a host has no port', () => {
    expect(portsOf(['x.test:443', '[::1]:80'])).toEqual([443, 80])
    for (const any of ['x.test', '*', '::1', 'https://x.test:443/'])
      expect(portsOf(['x.test:443', any])).toBeUndefined()
  })

  test('is said, with what the system leaves open', () => {
    expect(describeConfinement({ landlock: 7 })).toBe(
      'Landlock (version 7) and seccomp: hosts of the network are not told apart',
    )
    expect(describeConfinement({ landlock: 3 })).toMatch(/nor ports.*may send signals/)
  })
})
