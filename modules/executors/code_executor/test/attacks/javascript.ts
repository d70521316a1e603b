/** Attacks in JavaScript, by what they want. Node's `require` is theirs where there is one. */
import type { Attack, Sign } from './attack.ts'

const attack = (name: string, code: string, seen?: Sign): Attack => ({
  name,
  phases: [code],
  ...(seen && { seen }),
})
const slow = (name: string, code: string, seen: Sign = 'outlived'): Attack => ({
  ...attack(name, code, seen),
  isSlow: true,
})
const escaped = `console.log('ESCAPED')`
/** Prints where the text that an expression gives is the secret. */
const reads = (expression: string): string =>
  `const got = await (${expression}); if (String(got).includes('SECRET')) ${escaped}`

const files: readonly Attack[] = [
  attack('read a file of the machine', reads(`require('fs').readFileSync(world.secret)`)),
  attack('read it by /proc/self/root', reads(`require('fs').readFileSync('/proc/self/root' + world.secret)`)),
  attack('read it by a way up', reads(`require('fs').readFileSync('../'.repeat(30) + world.secret)`)),
  attack('read it by a file URL', reads(`require('fs').readFileSync(new URL('file://' + world.secret))`)),
  attack(
    'read it by a symbolic link',
    `const fs = require('fs'); fs.symlinkSync(world.secret, 'link'); ${reads(`fs.readFileSync('link')`)}`,
  ),
  attack(
    'read it by a hard link',
    `const fs = require('fs'); fs.linkSync(world.secret, world.target); ${reads(`fs.readFileSync(world.target)`)}`,
  ),
  attack('read it by a promise', reads(`require('fs/promises').readFile(world.secret, 'utf8')`)),
  attack(
    'load it as a module',
    `const fs = require('fs'); const loaded = []; try { require(world.secret) } catch (error) { loaded.push(error.stack, error.message) } ; if (loaded.join().includes('SECRET')) ${escaped}`,
  ),
  attack(
    'import it by its URL',
    `try { await import('file://' + world.secret) } catch (error) { if (/SECRET|is not defined|UNKNOWN_FILE|Unknown file/.test(error.message + error.stack)) ${escaped} }`,
  ),
  attack('write a file of the machine', `require('fs').writeFileSync(world.target, 'x')`, 'file'),
  attack(
    'write it by a stream',
    `const stream = require('fs').createWriteStream(world.target); await new Promise((done) => stream.end('x', done))`,
    'file',
  ),
  attack('read the environment of the host', `if (process.env.HOST_SECRET) ${escaped}`),
  attack('read its own /proc/self/environ', reads(`require('fs').readFileSync('/proc/self/environ')`)),
  attack(
    'read the environment of another process',
    reads(`require('fs').readFileSync('/proc/' + world.victim + '/environ')`),
  ),
]

const objects: readonly Attack[] = [
  attack(
    'constructor chain to process',
    reads(`console.log.constructor('return process')().getBuiltinModule('fs').readFileSync(world.secret)`),
  ),
  attack(
    'constructor of an async function',
    reads(`(async () => {}).constructor('return (await import("node:fs")).readFileSync(world.secret)')()`),
  ),
  attack('import of node:fs', reads(`(await import('node:fs')).readFileSync(world.secret)`)),
  attack('getBuiltinModule', reads(`process.getBuiltinModule('fs').readFileSync(world.secret)`)),
  attack(
    'process.binding',
    `const { spawn_sync } = { spawn_sync: process.binding('spawn_sync') }; if (spawn_sync.spawn) ${escaped}`,
  ),
  attack(
    'main module',
    reads(`(require.main ?? process.mainModule ?? { require }).require('fs').readFileSync(world.secret)`),
  ),
  attack(
    'who runs it by the stack',
    `Error.prepareStackTrace = (_, sites) => sites.map((site) => site.getFileName() ?? '').join(); const places = String(new Error().stack); if (places.includes('nexus-world')) ${escaped}`,
  ),
  attack('pollute the prototype of the host’s objects', `Object.prototype.polluted = 'yes'`, 'polluted'),
  attack('replace what the host calls', `globalThis.JSON.stringify = () => '{"forged":true}'`, 'forged'),
  attack(
    'a native add-on',
    `try { process.dlopen({ exports: {} }, world.secret) } catch (error) { if (error.code === 'ERR_DLOPEN_FAILED') ${escaped} }`,
  ),
  attack(
    'the inspector',
    `const inspector = require('inspector'); inspector.open(0, '127.0.0.1'); if (inspector.url()) { inspector.close(); ${escaped} }`,
  ),
]

const machine: readonly Attack[] = [
  attack(
    'connect to loopback',
    `await new Promise((done, fail) => require('net').connect(world.port, '127.0.0.1').once('data', done).once('error', fail)); ${escaped}; process.exit()`,
  ),
  attack('fetch from loopback', `const answer = await fetch('http://127.0.0.1:' + world.port); ${escaped}`),
  attack(
    'connect to a Unix socket',
    `await new Promise((done, fail) => require('net').connect(world.socket).once('data', done).once('error', fail)); ${escaped}; process.exit()`,
  ),
  attack(
    'send a datagram',
    `const udp = require('dgram').createSocket('udp4'); await new Promise((done, fail) => udp.send('x', world.port, '127.0.0.1', (error) => error ? fail(error) : done())); ${escaped}; udp.close()`,
  ),
  attack(
    'listen on a port',
    `const server = require('net').createServer(); await new Promise((done, fail) => server.once('error', fail).listen(0, '127.0.0.1', done)); ${escaped}; server.close()`,
  ),
  attack(
    'start a program',
    `if (String(require('child_process').execFileSync('/bin/echo', ['SECRET'])).includes('SECRET')) ${escaped}`,
  ),
  attack(
    'start a shell',
    `if (require('child_process').spawnSync('/bin/sh', ['-c', 'exit 5']).status === 5) ${escaped}`,
  ),
  attack(
    'a bomb of processes',
    `const { spawn } = require('child_process'); for (let i = 0; i < 4; i++) spawn('/bin/true').once('error', () => {}); ${escaped}`,
  ),
  attack(
    'a program that outlives it',
    `require('child_process').spawn('/bin/sh', ['-c', 'sleep 0.2; echo x > ' + world.target], { detached: true, stdio: 'ignore' }).unref()`,
    'file',
  ),
  attack(
    'a thread',
    `const worker = new (require('worker_threads').Worker)('1', { eval: true }); ${escaped}; await worker.terminate()`,
  ),
  attack('signal another process', `process.kill(world.victim, 'SIGKILL')`, 'dead'),
  attack('end the process that runs it', `process.exit(0)`, 'broken'),
  attack('abort the process that runs it', `process.abort()`, 'broken'),
]

const resources: readonly Attack[] = [
  slow('an endless loop', `for (;;);`),
  slow('an endless loop of promises', `const again = () => Promise.resolve().then(again); await again()`),
  slow('an endless loop of timers', `setInterval(() => {}, 1); await new Promise(() => {})`),
  slow(
    'an endless loop that catches everything',
    `for (;;) { try { for (;;); } catch {} finally { for (;;); } }`,
  ),
  slow('an endless computation of big integers', `let n = 3n; for (;;) n = (n * n) % (2n ** 4096n) + 3n`),
  slow('a regular expression that never ends', `/(a+)+$/.test('a'.repeat(40) + 'b')`),
  slow('an endless toString', `console.log({ toString() { for (;;); } } + '')`),
  attack(
    'memory by strings',
    `const all = []; for (let size = 0; size < world.memoryBytes; size += 1e6) all.push('x'.repeat(1e6 - 8) + String(size).padStart(8)); for (const one of all) if (one.charCodeAt(5) !== 120) throw 1; ${escaped}`,
  ),
  attack(
    'memory by one buffer',
    `const bytes = new Uint8Array(world.memoryBytes).fill(1); if (bytes[world.memoryBytes - 1] === 1) ${escaped}`,
  ),
  attack(
    'memory by many buffers',
    `const all = []; for (let size = 0; size < world.memoryBytes; size += 65536) all.push(new Uint8Array(65536).fill(1)); ${escaped}`,
  ),
  attack(
    'memory by objects',
    `const all = []; for (let size = 0; size < world.memoryBytes; size += 64) all.push({ size, more: [size] }); ${escaped}`,
  ),
  attack(
    'memory by a map',
    `const map = new Map(); for (let size = 0; size < world.memoryBytes; size += 128) map.set(size, [size, size, size, size]); ${escaped}`,
  ),
  attack(
    'memory by WebAssembly',
    `const memory = new WebAssembly.Memory({ initial: world.memoryBytes / 65536 }); new Uint8Array(memory.buffer).fill(1); ${escaped}`,
  ),
  attack(
    'a flood of output',
    `const line = 'x'.repeat(65535) + '\\n'; for (let size = 0; size < world.outputBytes; size += 65536) process.stdout.write(line)`,
    'flooded',
  ),
  attack(
    'a flood of errors',
    `const line = 'x'.repeat(65535) + '\\n'; for (let size = 0; size < world.outputBytes; size += 65536) process.stderr.write(line)`,
    'flooded',
  ),
  attack(
    'a line without an end',
    `const piece = 'x'.repeat(65536); for (let size = 0; size < world.outputBytes; size += 65536) process.stdout.write(piece)`,
    'flooded',
  ),
  slow('recursion without an end', `const nest = () => { try { nest() } finally { nest() } }; nest()`),
]

const results: readonly Attack[] = [
  attack(
    'output that imitates the protocol',
    `const line = JSON.stringify({ forged: true }); process.stdout.write('\\nRESULT ' + line + '\\n'); process.stdout.write(Buffer.from([line.length, 0, 0, 0, 86])); process.stdout.write(line); process.stdout.write(Buffer.from([11, 0, 0, 0, 82])); process.stdout.write('{"code":0}\\n'); if (typeof process.reallyExit === 'function') process.reallyExit(0); throw new Error('not taken')`,
    'forged',
  ),
  attack(
    'a value that is too deep',
    `let value = []; for (let i = 0; i < 5000; i++) value = [value]; return value`,
    'forged',
  ),
  attack('a value that is too large', `return 'x'.repeat(world.outputBytes)`, 'flooded'),
  {
    name: 'a global that the next script finds',
    phases: [`globalThis.left = 'here'`, `if (globalThis.left) ${escaped}`],
  },
  {
    name: 'a prototype that the next script finds',
    phases: [`Array.prototype.left = 'here'`, `if ([].left) ${escaped}`],
  },
  {
    name: 'a file that the next script finds',
    phases: [
      `require('fs').writeFileSync('left', 'here')`,
      `if (require('fs').existsSync('left')) { require('fs').unlinkSync('left'); ${escaped} }`,
    ],
  },
  {
    name: 'a timer that fires in the next script',
    phases: [
      `setTimeout(() => ${escaped}, 30).unref?.(); return 1`,
      `await new Promise((done) => setTimeout(done, 80))`,
    ],
  },
]

export const javascriptAttacks = [...files, ...objects, ...machine, ...resources, ...results]
