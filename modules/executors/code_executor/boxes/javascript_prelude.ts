/**
 * What runs in the script's process before the script: its variables, a `require` for modules too, and a report of the
 * error that ends it. It is text, since it runs in another process. It adds nothing to what the script may do.
 */
export const javascriptPrelude = `
import { readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { inspect } from 'node:util'

const folder = import.meta.dirname
const write = writeFileSync

process.on('uncaughtExceptionMonitor', (error) => {
  const message = error instanceof Error ? error.name + ': ' + error.message : 'Uncaught ' + inspect(error)
  const line = /script\\.[cm]js:(\\d+)/.exec(error?.stack ?? '')?.[1]
  const report = { message: message.slice(0, 4000), ...(line !== undefined && { line: Number(line) }) }
  write(folder + '/report.json', JSON.stringify(report))
})

globalThis.require = createRequire(process.cwd() + '/')
for (const [name, value] of Object.entries(JSON.parse(readFileSync(folder + '/variables.json', 'utf8')))) {
  Object.defineProperty(globalThis, name, { value, writable: true, enumerable: true, configurable: true })
}
`
