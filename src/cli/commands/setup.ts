import { loadConfig } from '../../app/config.ts'
import { runSetup } from '../../app/run-setup.ts'
import type { CommandContext } from '../command.ts'
import { switchOption } from '../option-values.ts'

export async function runCommand(context: CommandContext): Promise<number> {
  const config = loadConfig({ environment: context.environment, workingFolder: context.workingFolder })
  const report = await runSetup(config, {
    onProgress: (line) => context.terminal.writeProgress(`· ${line}\n`),
    signal: context.signal,
  })
  if (switchOption(context.options, 'json')) {
    context.terminal.writeResult(`${JSON.stringify(report)}\n`)
    return 0
  }
  const { python, ...packages } = Object.fromEntries(Object.entries(report.python.versions)) as Record<string, string>
  const source = report.python.source === 'pypi' ? 'PyPI' : 'the distribution'
  const versions = Object.entries(packages).map(([name, version]) => `${name} ${version}`)
  context.terminal.writeProgress(`· Python ${python} with ${versions.join(', ')} from ${source}\n`)
  return 0
}
