/**
 * The one file that a Node process of a module runs: `child/main.ts` with the SDK and all that they import. Bundled, since
 * a process that loads the sources one by one starts 300 ms later and takes twice the memory, and so that a process may
 * read one file of ours and no more. It is built when its sources have changed, and kept in the host's folder.
 */
import { join } from 'node:path'
import { openArtifactStore } from '../../artifact.ts'
import { openBuildCache } from '../../build_cache.ts'

const source = join(import.meta.dirname, 'child')
const entry = 'main.ts'

/** The path of the bundle. */
export async function nodeRuntime(folder: string): Promise<string> {
  const store = openArtifactStore(folder)
  const cache = openBuildCache(store.folder, `process runtime, node ${process.versions.node}`)
  const pathOf = (digest: string): string => join(store.folder, `${digest}.cjs`)
  const known = cache.lookup(source, entry)
  if (known !== undefined && store.get(known) !== undefined) return pathOf(known)
  const { code, inputs } = await bundle()
  const { digest } = store.put(code)
  cache.record(source, entry, inputs, digest)
  cache.save()
  return pathOf(digest)
}

/** By a program of its own that ends with it, which costs a moment once after an update, and shares nothing. */
async function bundle(): Promise<{ code: string; inputs: string[] }> {
  const { buildSync } = await import('esbuild')
  const { metafile, outputFiles } = buildSync({
    absWorkingDir: source,
    bundle: true,
    charset: 'utf8',
    entryPoints: [entry],
    format: 'cjs',
    legalComments: 'none',
    logLevel: 'silent',
    metafile: true,
    outfile: 'runtime.cjs',
    platform: 'node',
    target: 'node26',
    tsconfigRaw: {},
    write: false,
  })
  return { code: outputFiles[0]?.text ?? '', inputs: Object.keys(metafile.inputs) }
}
