import { join } from 'node:path'
import type { Folders } from './folders.ts'

/** The user's file and the project's, of which the later one wins. Either may be missing. */
export function configFilePaths(folders: Folders, workingFolder: string): string[] {
  return [join(folders.config, 'config.json'), join(workingFolder, 'handaxe.json')]
}
