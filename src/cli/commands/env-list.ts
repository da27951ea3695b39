import { loadConfig } from '../../app/config.ts'
import { listEnvironments } from '../../app/environments.ts'
import type { CommandContext } from '../command.ts'
import { switchOption } from '../option-values.ts'
import { formatBytes, formatTable } from '../render/format.ts'
import { safeText } from '../terminal.ts'

export async function runCommand(context: CommandContext): Promise<number> {
  const { terminal, options, signal } = context
  const config = loadConfig({ environment: context.environment, workingFolder: context.workingFolder })
  const found = await listEnvironments(config, { verify: switchOption(options, 'verify'), signal })
  if (switchOption(options, 'json')) {
    terminal.writeResult(`${JSON.stringify(found)}\n`)
    return found.damaged.length === 0 ? 0 : 1
  }
  const rows = found.environments.map(({ name, language, packages, bytes, createdAt }) => [
    name,
    language,
    formatBytes(bytes),
    createdAt.slice(0, 10),
    packages.join(' '),
  ])
  if (rows.length > 0)
    terminal.writeResult(`${formatTable([['NAME', 'LANGUAGE', 'SIZE', 'MADE', 'PACKAGES'], ...rows])}\n`)
  for (const { name, problem } of found.damaged) {
    const line = `${name} is damaged: ${problem}\n  → handaxe env create ${name} --refresh with its packages, or env remove ${name}`
    terminal.writeProgress(`${terminal.err.red(safeText(line))}\n`)
  }
  if (rows.length === 0 && found.damaged.length === 0)
    terminal.writeProgress('There are no environments. `handaxe env create NAME PACKAGE…` builds one.\n')
  return found.damaged.length === 0 ? 0 : 1
}
