/**
 * What an attack is. Its code is run by a bare runner, where it has to succeed, and in every box, where it must not.
 * It finds `world` among its globals, and prints ESCAPED where it got what no script may have.
 */

export interface Attack {
  readonly name: string
  /** One script after the other, where the second looks for what the first left. */
  readonly phases: readonly string[]
  /** How it is seen from outside that it succeeded; by what it prints, where this is not given. */
  readonly seen?: Sign
  /** The bare runner must be root for it, or it cannot succeed. */
  readonly needsRoot?: boolean
  /** Its bare runner is Pyodide as it comes. */
  readonly needsPyodide?: boolean
  /** It takes its time limit to find out. */
  readonly isSlow?: boolean
}

/**
 * `file`: the file world.target is there, also some time later. `dead`: world.victim is no more. `outlived`: it is not
 * over when its time is up. `broken`: what runs it did not come to its end. `forged`: the runner took over a result that
 * the script made up. `polluted`: a fresh object of the runner has a property that the script gave it. `flooded`: all
 * that it wrote was kept. `reached`: a server of the world saw a connection, whatever the script believes of its socket.
 */
export type Sign = 'reached' | 'file' | 'dead' | 'outlived' | 'broken' | 'forged' | 'polluted' | 'flooded'

/** What is there to be attacked. Plain JSON, since scripts get it as a variable. */
export interface WorldPlaces {
  /** A file that the runner's user may read; it has the text SECRET. */
  readonly secret: string
  /** A file that only root may read, with the same text. */
  readonly rootOnly: string
  /** A file of the runner's user, who may write it. */
  readonly own: string
  /** A path that is free and that the runner's user may write. */
  readonly target: string
  /** Where a server listens on 127.0.0.1. */
  readonly port: number
  /** Where another listens on a Unix socket, and a third for datagrams. */
  readonly socket: string
  readonly datagrams: string
  /** A process of the same user, with SECRET in its environment. */
  readonly victim: number
  /** More than the box allows. */
  readonly memoryBytes: number
  readonly outputBytes: number
  readonly diskBytes: number
}
