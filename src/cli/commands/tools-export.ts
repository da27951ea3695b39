import { resolve } from 'node:path'
import { exportLibrary } from '../../app/exchange/export-library.ts'
import { EXPORT_FORMATS } from '../../contracts/exchange.ts'
import type { CommandContext } from '../command.ts'
import { choiceOption, switchOption, textOption } from '../option-values.ts'
import { plural } from '../render/format.ts'
import { safeText } from '../terminal.ts'

export async function runCommand(context: CommandContext): Promise<number> {
  const { options, positionals, terminal, workingFolder } = context
  const packageName = textOption(options, 'package-name')
  const result = await exportLibrary(await context.openApp(), {
    format: choiceOption(options, 'format', EXPORT_FORMATS) ?? 'skill',
    folder: resolve(workingFolder, positionals.at(-1) ?? '.'),
    names: positionals.slice(0, -1),
    requests: !switchOption(options, 'omit-requests'),
    overwrite: switchOption(options, 'overwrite'),
    ...(packageName === undefined ? {} : { packageName }),
  })
  if (switchOption(options, 'json')) {
    terminal.writeResult(`${JSON.stringify(result)}\n`)
    return 0
  }
  const lines = [
    `${plural(result.tools.length, 'tool')} as ${result.format} in ${result.folder}, ${plural(result.files.length, 'file')}, root hash ${result.rootHash.slice(0, 16)}…`,
    ...result.leftOut.map(({ name, reason }) => `left out: ${name} ${reason}`),
    ...result.removed.map((path) => `removed: ${path}`),
    ...result.notes,
  ]
  terminal.writeProgress(`${lines.map(safeText).join('\n')}\n`)
  return 0
}
