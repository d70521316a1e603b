/**
 * What a script in QuickJS prints with: `console`, and `inspect` as its readers know it from Node. It is text, since it
 * runs inside the virtual machine, as untrusted as the script itself; it reaches nothing but `host.write`.
 */
export const guestConsole = String.raw`
const quote = (text) => "'" + text.replaceAll('\\', '\\\\').replaceAll("'", "\\'").replaceAll('\n', '\\n') + "'"
const inspectKey = (key) =>
  typeof key === 'symbol' ? '[' + String(key) + ']' : /^[A-Za-z_$][\w$]*$/.test(key) ? key : quote(key)

function inspect(value, options) {
  const depthMax = options && typeof options === 'object' && 'depth' in options ? (options.depth ?? Infinity) : 2
  const seen = []
  const list = (open, parts, close, indent) => {
    if (parts.length === 0) return open.trim() + close.trim()
    const short = parts.join(', ')
    if (short.length + indent < 72 && !short.includes('\n')) return open + ' ' + short + ' ' + close
    const pad = ' '.repeat(indent + 2)
    return open + '\n' + pad + parts.join(',\n' + pad) + '\n' + ' '.repeat(indent) + close
  }
  const show = (value, depth, indent) => {
    if (typeof value === 'string') return depth === 0 && !options ? value : quote(value)
    if (typeof value === 'bigint') return value + 'n'
    if (typeof value === 'symbol') return String(value)
    if (Object.is(value, -0)) return '-0'
    if (value === null || (typeof value !== 'object' && typeof value !== 'function')) return String(value)
    if (typeof value === 'function') return (/^class\b/.test(String(value)) ? '[class ' : '[Function: ') + (value.name || '(anonymous)') + ']'
    if (seen.includes(value)) return '[Circular *1]'
    if (value instanceof Error) return value.stack ? String(value) + '\n' + String(value.stack).trimEnd() : '[' + String(value) + ']'
    if (value instanceof Date) return Number.isNaN(+value) ? 'Invalid Date' : value.toISOString()
    if (value instanceof RegExp) return String(value)
    if (value instanceof Promise) return 'Promise { ... }'
    const name = value.constructor?.name
    if (depth > depthMax) return Array.isArray(value) ? '[Array]' : '[' + (name || 'Object') + ']'
    seen.push(value)
    try {
      return showObject(value, name, depth, indent)
    } finally {
      seen.pop()
    }
  }
  const showObject = (value, name, depth, indent) => {
    const below = (item) => show(item, depth + 1, indent + 2)
    const more = (items, left) => (left > 0 ? [...items, '... ' + left + ' more item' + (left > 1 ? 's' : '')] : items)
    if (Array.isArray(value) || ArrayBuffer.isView(value)) {
      const items = Array.from(value.length > 100 ? value.slice(0, 100) : value, below)
      const title = Array.isArray(value) ? '[' : name + '(' + value.length + ') ['
      return list(title, more(items, value.length - 100), ']', indent)
    }
    if (value instanceof Map) return list('Map(' + value.size + ') {', [...value].map(([k, v]) => below(k) + ' => ' + below(v)), '}', indent)
    if (value instanceof Set) return list('Set(' + value.size + ') {', [...value].map(below), '}', indent)
    const keys = Reflect.ownKeys(value).filter((key) => Object.prototype.propertyIsEnumerable.call(value, key))
    const title = Object.getPrototypeOf(value) === null ? '[Object: null prototype] {' : name && name !== 'Object' ? name + ' {' : '{'
    const entry = (key) => {
      const { get, set, value: held } = Object.getOwnPropertyDescriptor(value, key)
      const shown = get ? (set ? '[Getter/Setter]' : '[Getter]') : set ? '[Setter]' : below(held)
      return inspectKey(key) + ': ' + shown
    }
    return list(title, keys.map(entry), '}', indent)
  }
  return show(value, 0, 0)
}

function format(first, ...rest) {
  let left = rest
  let text = first
  if (typeof first === 'string' && rest.length > 0) {
    text = first.replace(/%[sdifjoOc%]/g, (mark) => {
      if (mark === '%%') return '%'
      if (left.length === 0) return mark
      const [value, ...others] = left
      left = others
      if (mark === '%s') return typeof value === 'string' ? value : inspect(value, { depth: 0 })
      if (mark === '%d') return String(Number(value))
      if (mark === '%i') return String(parseInt(value))
      if (mark === '%f') return String(parseFloat(value))
      if (mark === '%j') return JSON.stringify(value)
      return mark === '%c' ? '' : inspect(value, {})
    })
  }
  return [text, ...left].map((value) => (typeof value === 'string' ? value : inspect(value, {}))).join(' ')
}

function makeConsole(write) {
  const counts = new Map()
  const timers = new Map()
  let indent = ''
  const print = (channel) => (...values) => {
    const text = values.length === 0 ? '' : format(...values)
    write(channel, indent + (indent === '' ? text : text.replaceAll('\n', '\n' + indent)) + '\n')
  }
  const [out, err] = [print(1), print(2)]
  return {
    log: out, info: out, debug: out, error: err, warn: err,
    dir: (value, options) => out(inspect(value, options ?? {})),
    table: (rows) => out(rows),
    trace: (...values) => err('Trace: ' + format(...values)),
    assert: (test, ...values) => void (test || err('Assertion failed' + (values.length ? ': ' + format(...values) : ''))),
    group: (...values) => { if (values.length) out(...values); indent += '  ' },
    groupEnd: () => { indent = indent.slice(2) },
    count: (label = 'default') => { counts.set(label, (counts.get(label) ?? 0) + 1); out(label + ': ' + counts.get(label)) },
    time: (label = 'default') => void timers.set(label, +new Date()),
    timeEnd: (label = 'default') => { out(label + ': ' + (new Date() - timers.get(label)) + 'ms'); timers.delete(label) },
  }
}
`
