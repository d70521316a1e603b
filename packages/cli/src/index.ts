/**
 * @nexus/cli: the nexus command, and its live view of a run for those who run one from a program of their own.
 */
export { main } from './main.ts'
export { showLive } from './output/live.ts'
export { terminal, type Streams, type Terminal } from './output/terminal.ts'
