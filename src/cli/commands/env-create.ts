import { resolve } from 'node:path'
import { loadConfig } from '../../app/config.ts'
import { createEnvironment } from '../../app/environments.ts'
import { readRequirements } from '../../app/read-requirements.ts'
import type { Environment } from '../../contracts/environment.ts'
import type { ToolLanguage } from '../../contracts/sandbox.ts'
import type { CommandContext } from '../command.ts'
import { choiceOption, listOption, switchOption } from '../option-values.ts'
import { formatBytes, plural } from '../render/format.ts'
import { hangingText, safeText } from '../terminal.ts'

const LANGUAGES: readonly ToolLanguage[] = ['python', 'javascript']

export async function runCommand(context: CommandContext): Promise<number> {
  const { options, terminal, workingFolder, environment, signal } = context
  const [name = '', ...packages] = context.positionals
  const language = choiceOption(options, 'language', LANGUAGES) ?? 'python'
  for (const file of listOption(options, 'requirements')) {
    packages.push(...(await readRequirements(resolve(workingFolder, file), language)))
  }
  const created = await createEnvironment(
    loadConfig({ environment, workingFolder }),
    {
      name,
      language,
      packages,
      allowSource: switchOption(options, 'allow-source'),
      refresh: switchOption(options, 'refresh'),
    },
    { onProgress: (line) => terminal.writeProgress(`· ${hangingText(line)}\n`), signal },
  )
  if (switchOption(options, 'json')) terminal.writeResult(`${JSON.stringify(created)}\n`)
  else terminal.writeProgress(describe(created, context))
  return 0
}

function describe({ name, lock, base, bytes, modules, warnings }: Environment, { terminal }: CommandContext): string {
  const versions = lock.map((one) => `${one.name} ${one.version}`).join(', ')
  const imports = modules.flatMap(({ names }) => names).join(', ')
  const lines = [
    `${name}: ${plural(lock.length, 'package')}, ${formatBytes(bytes)}`,
    `    ${versions}`,
    ...(base.length === 0 ? [] : [`    on ${base.map((one) => `${one.name} ${one.version}`).join(', ')}`]),
    ...(imports === '' ? [] : [`    imports: ${imports}`]),
  ]
  const warned = warnings.map((warning) => terminal.err.yellow(`! ${hangingText(warning)}`))
  return `${[...lines.map(safeText), ...warned].join('\n')}\n`
}
