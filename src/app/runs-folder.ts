import { join } from 'node:path'
import { HandaxeError } from '../contracts/errors.ts'
import type { Config } from './resolve-config.ts'

/** Where each run has a folder for its artifacts, outputs and large values. */
export function runsFolder({ folders }: Pick<Config, 'folders'>): string {
  return join(folders.data, 'runs')
}

/** The folder of one run. An id comes out of a store that others may write to: it must not lead elsewhere. */
export function runFolder(config: Pick<Config, 'folders'>, runId: string): string {
  if (/^[\w-]{1,100}$/.test(runId)) return join(runsFolder(config), runId)
  throw new HandaxeError('unknown_run', `${JSON.stringify(runId)} is no run's id`, { hint: 'See `handaxe runs list`.' })
}
