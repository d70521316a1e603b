/**
 * Documents that are named on the command line, and what is looked for beside them.
 */
import type { CheckedWorkflow, Nexus } from '@nexus/nexus'
import { dirname, resolve } from 'node:path'

/** What a document names beside it is looked for in the folder of its file. */
export function checkFile(nexus: Nexus, text: string, file: string): CheckedWorkflow {
  return file === '-' ? nexus.check(text, 'standard input') : nexus.check(text, file, dirname(resolve(file)))
}

/** Workflows that a document runs are looked for beside it, and in the folders that are given. */
export function workflowFolders(file: string, folders: readonly string[] = []): readonly string[] {
  return [...folders, file === '-' ? process.cwd() : dirname(file)].map((folder) => resolve(folder))
}
