/** What runs in the Node process of the Pyodide box: loads Pyodide, connects its streams, runs the job. It is text. */
import { pythonBootstrap } from './python_bootstrap.ts'

const program = `${pythonBootstrap}

def main(text, report):
    import os

    job = json.loads(text)
    os.environ.clear()
    os.environ.update({"HOME": os.getcwd(), **job["environment"]})
    code = run(job, report)
    sys.stdout.flush()
    sys.stderr.flush()
    return code


main
`

export const pyodideDriver = `
import { constants, readFileSync, readSync, writeFileSync, writeSync } from 'node:fs'
import { pathToFileURL } from 'node:url'

// Pyodide asks a removed interface for these constants, which the permission model refuses.
process.binding = () => ({ fs: constants })

const folder = import.meta.dirname
const indexURL = process.argv[2]
const { loadPyodide } = await import(pathToFileURL(indexURL + 'pyodide.mjs').href)
const pyodide = await loadPyodide({ indexURL })
const writer = (descriptor) => ({
  isatty: false,
  write(bytes) {
    for (let at = 0; at < bytes.length; ) at += writeSync(descriptor, bytes, at)
    return bytes.length
  },
})
pyodide.setStdin({ isatty: false, read: (buffer) => readSync(0, buffer) })
pyodide.setStdout(writer(1))
pyodide.setStderr(writer(2))
const run = pyodide.runPython(${JSON.stringify(program)})
process.exitCode = run(
  readFileSync(folder + '/job.json', 'utf8'),
  (report) => writeFileSync(folder + '/report.json', report),
)
`
