/**
 * Where the packages of the operator are found for a script in QuickJS, and how modules and CommonJS mix. Nothing outside
 * of that one folder is read, links followed. It is text, and part of the driver's program.
 */
export const packages = String.raw`
function resolveFile(base, name) {
  if (packagesFolder === '' || name.startsWith('node:')) return undefined
  let file
  try {
    if (name.startsWith('/')) file = name
    else file = /^\.{1,2}\//.test(name) && base !== undefined ? createRequire(base).resolve(name) : packageFile(base, name)
  } catch {
    return undefined
  }
  if (file === undefined || !file.startsWith('/')) return undefined
  const real = realpathSync(file)
  return real.startsWith(realpathSync(packagesFolder) + '/') ? real : undefined
}
/** A package that is nested in the one that asks for it comes first, as Node has it. */
function packageFile(base, name) {
  const [, owner, rest] = /^((?:@[^/]+\/)?[^./][^/]*)(?:\/(.*))?$/.exec(name) ?? []
  if (owner === undefined || name.includes('..')) return undefined
  const places = [packagesFolder]
  for (let folder = base ?? ''; folder.startsWith(packagesFolder + '/'); folder = folder.slice(0, folder.lastIndexOf('/')))
    places.splice(-1, 0, folder + '/node_modules')
  for (const place of places) {
    let described
    try { described = JSON.parse(readFileSync(place + '/' + owner + '/package.json', 'utf8')) } catch { described = {} }
    const file = exported(described, rest)
    if (file !== undefined) return place + '/' + owner + '/' + file
    try { return createRequire(packagesFolder + '/script.js').resolve(place + '/' + name) } catch {}
  }
  return undefined
}
function exported({ exports, module, main }, rest) {
  if (exports === undefined) return rest === undefined && main === undefined ? module : undefined
  const isMap = typeof exports === 'object' && exports !== null && Object.keys(exports).some((key) => key.startsWith('.'))
  let entry = isMap ? exports[rest === undefined ? '.' : './' + rest] : rest === undefined ? exports : undefined
  while (entry && typeof entry === 'object') entry = entry.require ?? entry.node ?? entry.import ?? entry.default
  return entry ?? undefined
}
function readPackageFile(file) {
  if (packagesFolder === '' || !realpathSync(file).startsWith(realpathSync(packagesFolder) + '/')) throw new Error('no such file')
  return readFileSync(file, 'utf8')
}
function isModuleFile(file) {
  if (/\.mjs$/.test(file)) return true
  if (!/\.js$/.test(file)) return false
  for (let folder = file; folder.length > packagesFolder.length; ) {
    folder = folder.slice(0, folder.lastIndexOf('/'))
    try { return JSON.parse(readFileSync(folder + '/package.json', 'utf8')).type === 'module' } catch {}
  }
  return false
}

function normalize(vm, base, name) {
  if (name.startsWith('node:') || builtinModules.includes(name)) return name.startsWith('node:') ? name : 'node:' + name
  return resolveFile(base.startsWith('/') ? base : undefined, name) ?? name
}
function moduleSource(vm, world, name) {
  if (name.startsWith('/') && isModuleFile(name)) return readPackageFile(name)
  const names = world.names(name).split(',').filter((key) => key !== '')
  const named = names.map((key) => 'export const ' + key + ' = it.' + key + ';').filter((text) => !/ (?:delete|default|new|in|do) /.test(text))
  return 'const it = globalThis.require(' + JSON.stringify(name) + ');' + named.join('') + 'export default it'
}
`
