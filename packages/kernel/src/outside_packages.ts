/**
 * How an artifact reaches the packages that are not in it. A static import of one goes through a small file that
 * re-exports it, since esbuild would else give the default import of an ESM package its whole namespace; `import()` of an
 * npm package stays what it is, and `import()` of the SDK becomes the host's own SDK.
 */
import type { Plugin } from 'esbuild'

const namespace = 'outside'

export function outsidePackages(options: { sdk: readonly string[]; npm: readonly string[] }): Plugin {
  const isSdk = (name: string): boolean => options.sdk.includes(name)
  const isNpm = (name: string): boolean =>
    options.npm.some((own) => name === own || name.startsWith(`${own}/`))
  return {
    name: namespace,
    setup(build) {
      build.onResolve({ filter: /^[@\w]/ }, ({ path, kind, namespace: importer }) => {
        if (!isSdk(path) && !isNpm(path)) return undefined
        const wraps = isSdk(path) ? kind === 'dynamic-import' : kind === 'import-statement'
        return wraps && importer !== namespace ? { path, namespace } : { path, external: true }
      })
      build.onLoad({ filter: /.*/, namespace }, ({ path }) => {
        const name = JSON.stringify(path)
        return { contents: `export * from ${name}\nexport { default } from ${name}\n`, loader: 'js' }
      })
    },
  }
}
