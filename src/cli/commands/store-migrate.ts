import { resolve } from 'node:path'
import { loadConfig } from '../../app/config.ts'
import { moveStore, type MoveStoreOptions } from '../../app/move-store.ts'
import { HandaxeError } from '../../contracts/errors.ts'
import type { CommandContext } from '../command.ts'
import { switchOption, textOption } from '../option-values.ts'
import { plural } from '../render/format.ts'
import { safeText } from '../terminal.ts'

export async function runCommand(context: CommandContext): Promise<number> {
  const { options, signal, terminal } = context
  const to = textOption(options, 'to')
  if (to === undefined) {
    throw new HandaxeError('invalid_request', '--to is missing: where is the store to go?', {
      hint: 'handaxe store migrate --to postgres://user@host:5432/database',
    })
  }
  const from = textOption(options, 'from') ?? configuredStore(context)
  const moved = await moveStore({
    from: toPlace(context, from),
    to: toPlace(context, to),
    signal,
    ...showProgress(context),
  })
  if (switchOption(options, 'json')) {
    terminal.writeResult(`${JSON.stringify(moved)}\n`)
    return 0
  }
  const what = moved.wasThere ? 'is there already, the same' : 'was copied and read back'
  const lines = [
    ...moved.tables.map(
      ({ table, rows, sha256 }) => `  ${table}: ${plural(rows, 'row')}, sha256 ${sha256.slice(0, 16)}…`,
    ),
    `${safeText(moved.from)} ${what}: ${plural(moved.rows, 'row')} in ${safeText(moved.to)}`,
    ...(moved.wasThere
      ? []
      : ['To use it from now on, set HANDAXE_STORE, or `store` in the configuration. Files of runs did not move.']),
  ]
  terminal.writeProgress(`${lines.join('\n')}\n`)
  return 0
}

function configuredStore({ environment, workingFolder }: CommandContext): string {
  return loadConfig({ environment, workingFolder }).storePath
}

/** Addresses stay; paths are those of the shell. */
function toPlace({ workingFolder }: CommandContext, place: string): string {
  return place.includes('://') ? place : resolve(workingFolder, place)
}

/** One line for each table and phase; on a terminal it counts. */
function showProgress({ terminal }: CommandContext): Pick<MoveStoreOptions, 'onProgress'> {
  return {
    onProgress: ({ phase, table, rows, total }) => {
      const text = `· ${phase === 'copy' ? 'copying' : 'verifying'} ${table}: ${rows} of ${total}`
      const isDone = rows >= total
      if (terminal.live) terminal.writeProgress(`\r\u001b[2K${text}${isDone ? '\n' : ''}`)
      else if (isDone) terminal.writeProgress(`${text}\n`)
    },
  }
}
