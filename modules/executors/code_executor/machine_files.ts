/**
 * The files of this machine that a task may name: those below the folders that the operator configured, `input_folders`.
 * What is outside is refused without being looked at, so that nobody finds out what is there.
 */
import { open, realpath } from 'node:fs/promises'
import { constants } from 'node:fs'
import { resolve, sep } from 'node:path'
import { TaskFault } from '@nexus/sdk'

/** Rejects with an authorization fault where the file is in none of the folders, links followed. */
export async function readMachineFile(
  path: string,
  { folders, bytesMax }: { folders: readonly string[]; bytesMax: number },
): Promise<Buffer> {
  const known = await Promise.all(folders.map((folder) => realpath(folder).catch(() => resolve(folder))))
  const isWithin = (file: string, places: readonly string[]): boolean =>
    places.some((folder) => file.startsWith(folder.endsWith(sep) ? folder : folder + sep))
  const written = resolve(path)
  if (path.includes('\0') || !isWithin(written, [...known, ...folders.map((folder) => resolve(folder))]))
    throw notAllowed(path)
  const real = await realpath(written).catch((cause: unknown) => {
    throw TaskFault.of('communication', `Cannot read ${path}: there is no such file.`, { cause })
  })
  if (!isWithin(real, known)) throw notAllowed(path)
  return readWhole(real, path, bytesMax)
}

/** Only a file proper: a pipe or a device might never end. */
async function readWhole(real: string, path: string, bytesMax: number): Promise<Buffer> {
  await using file = await open(real, constants.O_RDONLY | constants.O_NONBLOCK).catch((cause: unknown) => {
    throw TaskFault.of('communication', `Cannot read ${path}: this Nexus may not.`, { cause })
  })
  const found = await file.stat()
  if (!found.isFile()) throw TaskFault.of('communication', `Cannot read ${path}: it is no file.`)
  if (found.size > bytesMax)
    throw TaskFault.of('validation', `${path} has ${found.size} bytes, and ${bytesMax} are the most here.`)
  return file.readFile()
}

function notAllowed(path: string): TaskFault {
  return TaskFault.of(
    'authorization',
    `The file ${path} is not in a folder of code_executor's input_folders.`,
  )
}
