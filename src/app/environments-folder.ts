import { join } from 'node:path'
import type { Folders } from './folders.ts'

/** Where package environments are kept. */
export function environmentsFolder({ folders }: { folders: Folders }): string {
  return join(folders.data, 'environments')
}
