/**
 * The modules that the kernel itself is: others may require them or conflict with them, nobody may bring them.
 */

export const kernelModules: ReadonlyMap<string, string> = new Map([
  ['service_router', '1.0.0'],
  ['task_manager', '1.0.0'],
])
