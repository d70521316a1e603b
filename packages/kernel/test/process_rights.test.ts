import { mkdirSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import type { Manifest } from '@nexus/sdk'
import { describe, expect, onTestFinished, test } from 'vitest'
import { sandboxed } from '../src/hosts/process/bubblewrap.ts'
import { launchNode, launchPython, type LaunchOptions } from '../src/hosts/process/launch.ts'
import {
  failureOf,
  isAlive,
  makeProcessWorld,
  outputOf,
  pythonOf,
  type ProcessWorld,
} from './process_world.ts'
import { task } from './world.ts'

/** Runs JavaScript given as the input and gives its value, or the error's code and message. */
const evaluator = `const fs = require('node:fs'), os = require('node:os')
  try { return ModuleResult.ok(await eval(input) ?? null) }
  catch (error) { return ModuleResult.ok([error.code ?? '', error.message]) }`

const denied = ['ERR_ACCESS_DENIED', expect.any(String)]

describe('a Node process without permissions', () => {
  const evaluate = async (code: string): Promise<unknown> => {
    const { start } = makeProcessWorld()
    return outputOf(await start(evaluator), code)
  }

  test.each([
    ['read files', `fs.readFileSync('/etc/hostname', 'utf8')`],
    ['list folders', `fs.readdirSync('/')`],
    ['write files', `fs.writeFileSync('/tmp/nexus-not-written', '')`],
    ['start programs', `require('node:child_process').execFileSync('/bin/true')`],
    ['start threads', `new (require('node:worker_threads').Worker)('1', { eval: true })`],
    ['load add-ons', `process.dlopen({ exports: {} }, '/nowhere.node')`],
    [
      'connect to anybody',
      `new Promise((_, no) => require('node:net').connect(1, '127.0.0.1').on('error', no))`,
    ],
    ['listen', `new Promise((_, no) => require('node:net').createServer().on('error', no).listen(0))`],
    ['fetch', `fetch('http://127.0.0.1:65432/').catch((error) => { throw error.cause })`],
  ])('cannot %s', async (what, code) => {
    const code_ = what === 'load add-ons' ? 'ERR_DLOPEN_DISABLED' : 'ERR_ACCESS_DENIED'
    expect(await evaluate(code)).toEqual([code_, expect.any(String)])
  })

  test('cannot send signals, to the host or to anybody', async () => {
    for (const call of [
      'process.kill(process.ppid, 0)',
      'process._kill(process.ppid, 0)',
      'process._debugProcess(process.ppid)',
      'delete process.kill; process.kill(process.ppid, 0)',
      'Object.defineProperty(process, "kill", { value: () => "sent" })',
    ]) {
      const [, message] = (await evaluate(call)) as [string, string]
      expect(message).toMatch(/may not send signals|Cannot delete|Cannot redefine/)
    }
  })

  test('has an empty environment and a folder of its own that is gone after it', async () => {
    const { start } = makeProcessWorld()
    const module = await start(evaluator)
    const folder = await outputOf(module, 'process.cwd()')
    expect(await outputOf(module, '({ ...process.env })')).toEqual({ TMPDIR: folder })
    expect(await outputOf(module, 'os.tmpdir()')).toBe(folder)
    const kept = `fs.writeFileSync('kept', 'x'); fs.readFileSync(os.tmpdir() + '/kept', 'utf8')`
    expect(await outputOf(module, kept)).toBe('x')
    await module.stop()
    const other = await makeProcessWorld().start(evaluator, { manifest: { permissions: { read: ['/tmp'] } } })
    expect(await outputOf(other, `fs.existsSync(${JSON.stringify(folder)})`)).toBe(false)
  })

  test('reads its own folder, and no link out of its neighbours', async () => {
    const { folder, start } = makeProcessWorld()
    writeFileSync(join(folder, 'data.txt'), 'mine')
    const module = await start(evaluator)
    expect(await outputOf(module, `fs.readFileSync(__dirname + '/data.txt', 'utf8')`)).toBe('mine')
    expect(await outputOf(module, `fs.readFileSync(__dirname + '/../other', 'utf8')`)).toEqual(denied)
    expect(await outputOf(module, `fs.writeFileSync(__dirname + '/data.txt', '')`)).toEqual(denied)
  })
})

describe('a Node process gets what its manifest lists', () => {
  const startWith = (world: ProcessWorld, permissions: NonNullable<Manifest['permissions']>) =>
    world.start(evaluator, { manifest: { permissions } })

  test('files to read and to write', async () => {
    const world = makeProcessWorld()
    const beside = makeProcessWorld().folder
    writeFileSync(join(beside, 'one.txt'), 'one')
    mkdirSync(join(beside, 'out'))
    const module = await startWith(world, { read: [beside], write: [join(beside, 'out')] })
    expect(await outputOf(module, `fs.readFileSync('${beside}/one.txt', 'utf8')`)).toBe('one')
    expect(await outputOf(module, `fs.writeFileSync('${beside}/out/two.txt', '')`)).toBe(null)
    expect(await outputOf(module, `fs.writeFileSync('${beside}/one.txt', '')`)).toEqual(denied)
  })

  test('the network', async () => {
    const server = createServer((_, response) => void response.end('hello')).listen(0, '127.0.0.1')
    onTestFinished(() => void server.close())
    await new Promise((resolve) => void server.once('listening', resolve))
    const { port } = server.address() as AddressInfo
    const module = await startWith(makeProcessWorld(), { network: [`127.0.0.1:${port}`] })
    const ask = `fetch('http://127.0.0.1:${port}/', { headers: { connection: 'close' } }).then((r) => r.text())`
    expect(await outputOf(module, ask)).toBe('hello')
  })

  test('programs, which end with it', async () => {
    const module = await startWith(makeProcessWorld(), { run: ['sleep'] })
    const code = `require('node:child_process').spawn('/bin/sleep', ['60'], { stdio: 'ignore' }).pid`
    const pid = Number(await outputOf(module, code))
    expect(isAlive(pid)).toBe(true)
    await module.stop()
    await expect.poll(() => isAlive(pid)).toBe(false)
  })

  test('variables of the environment', async () => {
    const world = makeProcessWorld({ environment: { WANTED: 'yes', SECRET: 'no' } })
    const module = await startWith(world, { env: ['WANTED', 'ABSENT'] })
    expect(await outputOf(module, 'process.env.WANTED')).toBe('yes')
    expect(await outputOf(module, '[process.env.SECRET, process.env.ABSENT].join()')).toBe(',')
  })

  test('packages that are resolved at run time', async () => {
    const world = makeProcessWorld()
    const home = join(world.folder, 'node_modules/left')
    mkdirSync(home, { recursive: true })
    writeFileSync(join(home, 'package.json'), '{"name":"left","version":"1.0.0","main":"index.js"}')
    writeFileSync(join(home, 'index.js'), 'module.exports = "left"')
    const module = await world.start(`return ModuleResult.ok(require('left'))`, {
      manifest: { dependencies: { npm: [{ left: '^1.0.0' }] } },
    })
    expect(await outputOf(module)).toBe('left')
  })
})

describe('a Python process', () => {
  test('has an empty environment, a folder of its own, and no packages that it does not list', async () => {
    const { start, folder } = makeProcessWorld()
    writeFileSync(join(folder, 'beside.py'), 'x = 1')
    const module = await start(
      pythonOf(`try:
    import beside
    found = True
except ImportError:
    found = False
packages = [path for path in sys.path if "site-packages" in path or path in ("", os.getcwd())]
return ModuleResult.ok([dict(os.environ), os.getcwd(), found, packages])`),
    )
    const [environment, cwd, found, packages] = (await outputOf(module)) as [
      Record<string, string>,
      string,
      boolean,
      string[],
    ]
    expect(Object.keys(environment).filter((name) => name !== 'LC_CTYPE')).toEqual(['TMPDIR'])
    expect(environment['TMPDIR']).toBe(cwd)
    expect(found).toBe(false)
    expect(packages).toEqual([])
  })

  test('says which packages are missing, all by name, before the module is loaded', async () => {
    const { start } = makeProcessWorld()
    const python = [{ surely_not_there: '>=1.0' }, { pip: '>=99' }]
    const failure = await failureOf(
      start(pythonOf('return None', 'raise RuntimeError("loaded")'), {
        manifest: { dependencies: { python } },
      }),
    )
    expect(failure).toContain('Module "subject" 1.2.3 cannot start.')
    expect(failure).toContain('It needs the Python package "surely_not_there" >=1.0, which is not installed.')
    expect(failure).toMatch(/It needs the Python package "pip" >=99, but what is installed is \d+/)
    expect(failure).toContain('Try: python3 -m pip install "pip>=99".')
  })

  test('imports the packages that it lists', async () => {
    const { start } = makeProcessWorld()
    const module = await start(pythonOf('import pip\nreturn ModuleResult.ok(pip.__name__)'), {
      manifest: { dependencies: { python: [{ pip: '*' }] } },
    })
    expect(await outputOf(module)).toBe('pip')
  })
})

test.each([
  ['read', `require('node:fs').readFileSync('/etc/passwd')`, 'it may not read /etc/passwd', 'read'],
  ['read later', `await require('node:fs/promises').readdir('/etc')`, 'it may not read /etc', 'read'],
  ['write', `require('node:fs').writeFileSync('/etc/x', '')`, 'it may not write /etc/x', 'write'],
  ['fetch', `await fetch('http://example.test/a')`, 'fetch failed: it may not reach example.test', 'network'],
  [
    'connect',
    `await new Promise((_, fail) => require('node:net').connect(9, '127.0.0.1').on('error', fail))`,
    'it may not reach 127.0.0.1:9',
    'network',
  ],
  [
    'start a program',
    `require('node:child_process').execFileSync('/bin/ls')`,
    'it may not start /bin/ls',
    'run',
  ],
])('what a Node process may not (%s) is told with the key of its manifest', async (_what, code, why, key) => {
  const { start } = makeProcessWorld()
  const failure = await failureOf((await start(code)).execute(task(null)))
  expect(failure).toContain(`${why}, which its manifest does not list: permissions.${key}.`)
  expect(failure).not.toContain('--allow')
})

test('a set-up that is denied says so as well', async () => {
  const { start } = makeProcessWorld()
  const members = `setup() { require('node:fs').readFileSync('/etc/passwd') }`
  expect(await failureOf(start('', { members }))).toContain(
    'failed in setup: Error: it may not read /etc/passwd, which its manifest does not list: permissions.read.',
  )
})

describe('memory', () => {
  test('beyond the limit ends a Node process, whether V8 has it or somebody else', async () => {
    const { start } = makeProcessWorld()
    const module = await start(
      `const kept = []
       if (input === 'heap') for (;;) kept.push(new Array(1e5).fill(Math.random()))
       if (input === 'buffers') {
         for (let i = 0; i < 40; i++) { kept.push(Buffer.alloc(10 << 20, 1)); await new Promise((r) => setImmediate(r)) }
         await new Promise(() => setTimeout(() => {}, 60_000))
       }
       return ModuleResult.ok(input)`,
      { manifest: { requirements: { memory_mb: 64 } } },
    )
    const ranOut =
      'its process ran out of memory. Its limit is 64 MB: requirements.memory_mb in its manifest raises it.'
    const full = await failureOf(module.execute(task('heap')))
    expect(full.endsWith(ranOut) || /its process took \d+ MB/.test(full)).toBe(true)
    const failure = await failureOf(module.execute(task('buffers')))
    expect(failure).toMatch(/took \d+ MB and was ended\. Its limit is 64 MB above what an empty one takes/)
    expect(await outputOf(module, 1)).toBe(1)
  })

  test.runIf(process.platform === 'linux')(
    'beyond the limit is an error in Python, and the process goes on',
    async () => {
      const { start } = makeProcessWorld()
      const module = await start(
        pythonOf(`if input == "much": kept = bytearray(200 << 20)
return ModuleResult.ok(os.getpid())`),
        { manifest: { requirements: { memory_mb: 64 } } },
      )
      const pid = await outputOf(module)
      expect(await failureOf(module.execute(task('much')))).toContain(
        'failed: MemoryError: it needs more than its limit of 64 MB: requirements.memory_mb in its manifest raises it.',
      )
      expect(await outputOf(module)).toBe(pid)
    },
  )
})

describe('how processes are started', () => {
  const options = (permissions: Manifest['permissions'] = {}, bubblewrap?: string): LaunchOptions => ({
    manifest: {
      id: 'subject',
      version: '1.0.0',
      type: 'executor',
      name: 'Subject',
      description: 'A module of a test.',
      entry_points: { main: 'main.js' },
      permissions,
    },
    folder: '/modules/subject',
    memoryMb: 100,
    environment: { A: '1', B: '2' },
    bubblewrap,
  })
  const node = { program: '/opt/node/bin/node', runtime: '/data/runtime.cjs' }
  const python = { program: '/opt/python/bin/python3', prefixes: ['/opt/python'], sdk: '/nexus/python' }

  test('a Node process may read the module, the runtime and its own folder', () => {
    const launch = launchNode(options(), node)
    expect([launch.program, ...launch.arguments('/tmp/own')]).toEqual([
      '/opt/node/bin/node',
      '--permission',
      '--allow-fs-read=/data/runtime.cjs',
      '--allow-fs-read=/modules/subject',
      '--max-old-space-size=100',
      '--disable-warning=ExperimentalWarning',
      '--allow-fs-read=/tmp/own',
      '--allow-fs-write=/tmp/own',
      '/data/runtime.cjs',
    ])
    expect(launch.environment).toEqual({})
  })

  test('permissions become flags, relative to the module, and variables', () => {
    const permissions = {
      read: ['data'],
      write: ['/out'],
      network: ['x.test:443'],
      run: ['git'],
      env: ['B', 'C'],
    }
    const launch = launchNode(options(permissions), node)
    expect(launch.arguments('/tmp/own')).toEqual(
      expect.arrayContaining([
        '--allow-fs-read=/modules/subject/data',
        '--allow-fs-write=/out',
        '--allow-net',
        '--allow-child-process',
      ]),
    )
    expect(launch.environment).toEqual({ B: '2' })
  })

  test('a Python process is isolated and writes no compiled files', () => {
    const launch = launchPython(options(), python)
    const flags = ['-I', '-S', '-B', '-X', 'utf8', '/nexus/python/nexus/host/main.py']
    expect([launch.program, ...launch.arguments('/tmp/own')]).toEqual([python.program, ...flags])
  })

  test('processes are alike only where they have the same rights', () => {
    const key = (given: LaunchOptions): string => launchNode(given, node).key
    expect(key(options())).toBe(key(options()))
    expect(key(options({ network: ['x:1'] }))).not.toBe(key(options()))
    expect(key({ ...options(), folder: '/modules/other' })).not.toBe(key(options()))
    expect(key({ ...options(), memoryMb: 200 })).not.toBe(key(options()))
    expect(key(options({ env: ['A'] }))).not.toBe(key(options()))
    const pythonKey = (given: LaunchOptions): string => launchPython(given, python).key
    expect(pythonKey({ ...options(), folder: '/modules/other' })).toBe(pythonKey(options()))
    expect(pythonKey({ ...options({}, '/usr/bin/bwrap'), folder: '/modules/other' })).not.toBe(
      pythonKey(options({}, '/usr/bin/bwrap')),
    )
  })

  test('bubblewrap goes around either, with the same rights', () => {
    const launch = launchPython(options({ read: ['/data'], write: ['/out'] }, '/usr/bin/bwrap'), python)
    const list = launch.arguments('/tmp/own')
    const text = list.join(' ')
    expect(launch.program).toBe('/usr/bin/bwrap')
    expect(text).toMatch(
      /^--unshare-all --die-with-parent --new-session --proc \/proc --dev \/dev --tmpfs \/tmp /,
    )
    for (const path of ['/opt/python', '/nexus/python', '/modules/subject', '/data']) {
      expect(text).toContain(`--ro-bind-try ${path} ${path} `)
    }
    expect(text).toContain('--bind-try /out /out --bind /tmp/own /tmp/own --chdir /tmp/own -- ')
    expect(text).not.toContain('--share-net')
    expect(list.slice(list.indexOf('--') + 1)).toEqual([
      python.program,
      ...launchPython(options(), python).arguments(''),
    ])
    expect(launchNode(options({}, '/usr/bin/bwrap'), node).arguments('/tmp/own')).toContain('--permission')
  })

  test('bubblewrap shares the network only where it is granted', () => {
    const plain = { read: [], write: [], programs: false, program: '/p', arguments: [], temporary: '/t' }
    expect(sandboxed({ ...plain, network: false })).not.toContain('/etc/resolv.conf')
    expect(sandboxed({ ...plain, network: true })).toEqual(
      expect.arrayContaining(['--share-net', '/etc/resolv.conf', '/etc/ssl']),
    )
  })
})
