import { constants } from 'node:fs'
import { access, mkdir } from 'node:fs/promises'
import { resolve } from 'node:path'
import { HandaxeError } from '../contracts/errors.ts'
import type { CommandContext } from './command.ts'
import { switchOption, textOption } from './option-values.ts'

export interface ArtifactsFolder {
  path: string
  /** Whether files that are there already may be replaced. */
  overwrite: boolean
}

/**
 * The folder of `--artifacts`, made where it is missing; null without the option. Asked for before anything is executed:
 * what ran and was paid for is not to end in a folder that cannot be written. Throws `invalid_request`.
 */
export async function artifactsFolder({ options, workingFolder }: CommandContext): Promise<ArtifactsFolder | null> {
  const given = textOption(options, 'artifacts')
  const overwrite = switchOption(options, 'overwrite')
  if (given === undefined) {
    if (!overwrite) return null
    throw new HandaxeError('invalid_request', '--overwrite needs a folder', {
      hint: 'Example: --artifacts out --overwrite',
    })
  }
  const path = resolve(workingFolder, given)
  try {
    await mkdir(path, { recursive: true })
    await access(path, constants.W_OK | constants.X_OK)
    return { path, overwrite }
  } catch (error) {
    throw artifactsError(path, error)
  }
}

/** The error for what the file system said; `path` is the folder or the file that could not be written. */
export function artifactsError(path: string, error: unknown): HandaxeError {
  const code = (error as NodeJS.ErrnoException).code ?? String(error)
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return new HandaxeError('disk_full', `There is no space left for the files of --artifacts: ${path}`, {
      hint: 'Free some space there, or name a folder on another disk.',
      cause: error,
    })
  }
  return new HandaxeError('invalid_request', `The files of --artifacts cannot be written to ${path} (${code})`, {
    hint: 'Name a folder that you may write to.',
    cause: error,
  })
}
