/**
 * `service_router`: what can be asked for here, and who does it. It only tells; who gets a task is decided by the kernel.
 */
import type { Kernel, ModuleInfo, NativeModule } from '@nexus/kernel'
import type { Json } from '@nexus/sdk'
import { nativeModule } from './native.ts'

export function serviceRouter(kernel: () => Kernel): NativeModule {
  return nativeModule('service_router', '1.0.0', {
    'service_router.capabilities': {
      description:
        'Lists every capability that is installed, with its module, its schemas and its alternatives.',
      input_schema: { type: 'object', additionalProperties: false },
      output_schema: {
        type: 'object',
        required: ['capabilities'],
        properties: { capabilities: { type: 'array', items: { type: 'object' } } },
      },
      idempotent: true,
      perform: () => ({ capabilities: capabilitiesOf(kernel()) }),
    },
    'service_router.available': {
      description:
        'Says whether a capability can be used here and now, and why not: its module is asked, which starts it.',
      input_schema: {
        type: 'object',
        required: ['task'],
        additionalProperties: false,
        properties: { task: { type: 'string' } },
      },
      output_schema: {
        type: 'object',
        required: ['available'],
        properties: { available: { type: 'boolean' }, why: { type: 'string' } },
      },
      idempotent: true,
      perform: ({ task }) => availability(kernel(), typeof task === 'string' ? task : ''),
    },
  })
}

function capabilitiesOf(kernel: Kernel): Json[] {
  const modules = kernel.modules()
  const byId = new Map(modules.map((module) => [module.id, module]))
  return kernel.routes().map(({ capability, module, version, type, provided }) => ({
    task: capability,
    module,
    version,
    type,
    description: provided.description ?? byId.get(module)?.description ?? '',
    input_schema: (provided.input_schema ?? true) as Json,
    output_schema: (provided.output_schema ?? true) as Json,
    idempotent: provided.idempotent ?? false,
    ...(provided.patterns && { patterns: provided.patterns as Json }),
    requirements: { ...kernel.generation.modules.get(module)?.manifest.requirements },
    healthy: byId.get(module)?.state !== 'faulty',
    alternatives: alternativesTo(module, capability, modules),
  }))
}

async function availability(kernel: Kernel, task: string): Promise<Json> {
  const route = kernel.route(task)
  if (!route) return { available: false, why: kernel.explainMissing(task) }
  const why = await route.unavailable()
  return why === undefined ? { available: true } : { available: false, why }
}

/** The other modules that provide it: each is asked for as `module/task`. */
function alternativesTo(chosen: string, capability: string, modules: readonly ModuleInfo[]): string[] {
  return modules
    .filter(({ id, state }) => id !== chosen && state !== 'faulty')
    .filter(({ provides }) => provides.some(({ task }) => task === capability))
    .map(({ id }) => id)
}
