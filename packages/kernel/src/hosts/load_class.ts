/**
 * An artifact's code to the class that it exports as `Module`, by `vm.compileFunction`: unlike an import, what comes out
 * is collected when nothing holds it any more. What the code may require is decided here.
 */
import { createRequire, isBuiltin } from 'node:module'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { compileFunction, constants } from 'node:vm'
import type { JsonObject, ModuleContext, ModuleResult, SetupContext } from '@nexus/sdk'
import { hookNames, metaNames, sharedPackages } from '../artifact_interface.ts'
import { ModuleFailure, type HostedModule } from '../host.ts'
import { sharedSdk } from './shared_sdk.ts'

/** As much of a hosted module as its class comes from. */
export type ModuleCode = Pick<HostedModule, 'manifest' | 'artifact' | 'folder'>

/** What a module's class makes: a `BaseModule` of which nothing is abstract any more. */
export interface LoadedModule {
  readonly config: JsonObject
  setup(context: SetupContext): Promise<void>
  execute(context: ModuleContext): Promise<ModuleResult>
  teardown(): Promise<void>
  unavailable(task: string): Promise<string | undefined>
  validateConfig(config: JsonObject): readonly string[]
}

export type ModuleClass = new (config: JsonObject) => LoadedModule

/** Where the code says that it is, in the entry's folder, so that what it imports at run time is found from there. */
export function artifactFilename({ manifest, artifact, folder }: ModuleCode): string {
  const entry = join(folder, manifest.entry_points.main)
  return join(dirname(entry), `${manifest.id}@${artifact.digest.slice(0, 16)}.cjs`)
}

export function loadClass(module: ModuleCode): ModuleClass {
  const entry = join(module.folder, module.manifest.entry_points.main)
  const holder: { exports: Record<string, unknown> } = { exports: {} }
  const run = compileFunction(
    module.artifact.code,
    ['exports', 'require', 'module', metaNames.filename, metaNames.dirname, metaNames.url],
    {
      filename: artifactFilename(module),
      importModuleDynamically: constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
    },
  )
  run(holder.exports, requireFor(module, entry), holder, entry, dirname(entry), pathToFileURL(entry).href)
  return withHooks(classIn(holder.exports, module), holder.exports)
}

/** `entry_points.setup` runs before the module's own, `entry_points.teardown` after it. */
function withHooks(Module: ModuleClass, exports: Record<string, unknown>): ModuleClass {
  const setUp = hookIn(exports, hookNames.setup)
  const tearDown = hookIn(exports, hookNames.teardown)
  if (setUp === undefined && tearDown === undefined) return Module
  return class extends Module {
    override async setup(context: SetupContext): Promise<void> {
      await setUp?.(context)
      await super.setup?.(context)
    }

    override async teardown(): Promise<void> {
      try {
        await super.teardown?.()
      } finally {
        await tearDown?.()
      }
    }
  }
}

type Hook = (context?: SetupContext) => unknown

function hookIn(exports: Record<string, unknown>, name: string): Hook | undefined {
  const hook = exports[name]
  return typeof hook === 'function' ? (hook as Hook) : undefined
}

function requireFor({ manifest }: ModuleCode, entry: string): (name: string) => unknown {
  const native = createRequire(entry)
  const shared = sharedPackages(manifest)
  return (name) => {
    if (sharedSdk.has(name)) return sharedSdk.get(name)
    if (isBuiltin(name) || shared.some((own) => name === own || name.startsWith(`${own}/`)))
      return native(name)
    throw new Error(
      `Module "${manifest.id}" requires "${name}" at run time, which is not part of it. List the package under dependencies.npm.`,
    )
  }
}

function classIn(exports: Record<string, unknown>, { manifest }: ModuleCode): ModuleClass {
  const found = exports['Module']
  if (typeof found === 'function' && typeof found.prototype?.execute === 'function')
    return found as ModuleClass
  const names = Object.keys(exports).join(', ') || 'nothing'
  const wanted = `${manifest.entry_points.main} must export a class named "Module" with a method "execute"`
  throw new ModuleFailure(`Module "${manifest.id}": ${wanted}; it exports ${names}.`)
}
