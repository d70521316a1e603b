/** What confines the modules that are not trusted, on this machine, for people. It starts no module. */
import type { Language } from '../../manifest.ts'
import { findBubblewrap } from './bubblewrap.ts'
import { findConfinement, type Confinement } from './confinement.ts'
import { findPython, pythonSdk } from './python.ts'

export interface ConfinementHere {
  readonly language: Language
  readonly detail: string
}

/** For each language that a process of its own runs. */
export async function confinementHere(): Promise<readonly ConfinementHere[]> {
  const bubblewrap = (await findBubblewrap()) !== undefined
  const model = "Node's permission model: hosts of the network are not told apart"
  return [
    { language: 'javascript', detail: bubblewrap ? `bubblewrap and ${model}` : model },
    { language: 'python', detail: await pythonDetail(bubblewrap) },
  ]
}

async function pythonDetail(bubblewrap: boolean): Promise<string> {
  const python = await findPython()
  if ('missing' in python) return `none run: ${python.missing}`
  if (bubblewrap) return 'bubblewrap: hosts of the network are not told apart'
  const found = await findConfinement(python, pythonSdk)
  return 'missing' in found ? unconfinedDetail(found.missing) : describeConfinement(found)
}

export function unconfinedDetail(missing: string): string {
  return `not confined, they have all rights of this user: there is no bubblewrap that works, and no Landlock with seccomp (${missing})`
}

/** Which layers, and what they leave open. */
export function describeConfinement({ landlock }: Confinement): string {
  const open = [
    ...(landlock < 4
      ? ['neither hosts nor ports of the network are told apart']
      : ['hosts of the network are not told apart']),
    ...(landlock < 6 ? ['modules that may start programs may send signals'] : []),
  ]
  return `Landlock (version ${landlock}) and seccomp: ${open.join('; ')}`
}
