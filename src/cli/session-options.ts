import { rmdir } from 'node:fs/promises'
import type { Config } from '../app/resolve-config.ts'
import type { SessionResult } from '../app/sessions.ts'
import { HandaxeError } from '../contracts/errors.ts'
import type { Execution, Sandbox } from '../contracts/sandbox.ts'
import type { OptionValues } from './command.ts'
import { listOption, textOption } from './option-values.ts'

export interface SessionChoice {
  name: string
  keep: string[]
}

/** What `--session` and `--keep` ask for; null without a session. Throws `invalid_request`. */
export function sessionOptions(options: OptionValues): SessionChoice | null {
  const name = textOption(options, 'session')
  const keep = listOption(options, 'keep')
  if (name !== undefined) return { name, keep }
  if (keep.length === 0) return null
  throw new HandaxeError('invalid_request', '--keep needs a session to keep it in', { hint: 'Example: --session NAME' })
}

/** The code of sessions is loaded for those who have one. */
export async function executeInSession(
  sandbox: Sandbox,
  config: Config,
  execution: Execution,
  { name, keep }: SessionChoice,
): Promise<SessionResult> {
  const { openNamedSession } = await import('../app/sessions.ts')
  const result = await openNamedSession(config, name, sandbox).execute({ ...execution, keep })
  // Values of the session may have been all that came: the folder is empty then.
  if (execution.artifactsFolder !== undefined && result.artifacts.length === 0) {
    await removeEmptyFolder(execution.artifactsFolder)
  }
  return result
}

async function removeEmptyFolder(path: string): Promise<void> {
  try {
    await rmdir(path)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code !== 'ENOENT' && code !== 'ENOTEMPTY') throw error
  }
}
