/**
 * @nexus/server: HTTP over an open Nexus.
 */
export { defaultLimits, type Limits } from './limits.ts'
export { defaultPort, serve, type Served, type ServeOptions } from './server.ts'
export {
  forgottenToWire,
  generationToWire,
  moduleToWire,
  receiptToWire,
  runToWire,
  workflowToWire,
} from './wire.ts'
