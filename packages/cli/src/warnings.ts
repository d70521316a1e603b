/**
 * Keeps one warning of Node from people: that modules import at run time through an experimental part of `node:vm`. It is of
 * no use to whoever runs a command. Every other warning is shown as it would be.
 */

const loaderNote = 'vm.USE_MAIN_CONTEXT_DEFAULT_LOADER'
let isHidden = false

/** For processes of our own. Doing it twice is doing it once. */
export function hideLoaderWarning(): void {
  if (isHidden) return
  isHidden = true
  const others = process.listeners('warning')
  process.removeAllListeners('warning')
  process.on('warning', (warning) => {
    if (warning.name === 'ExperimentalWarning' && warning.message.startsWith(loaderNote)) return
    for (const listener of others) listener.call(process, warning)
  })
}
