import { resolve } from 'node:path'
import { loadConfig } from '../../app/config.ts'
import { runDockerSetup, runSetup, undoSetup } from '../../app/run-setup.ts'
import { HandaxeError } from '../../contracts/errors.ts'
import type { CommandContext } from '../command.ts'
import { switchOption, textOption } from '../option-values.ts'
import { safeText } from '../terminal.ts'

export async function runCommand(context: CommandContext): Promise<number> {
  const config = loadConfig({ environment: context.environment, workingFolder: context.workingFolder })
  const shared = {
    onProgress: (line: string) => context.terminal.writeProgress(`· ${safeText(line)}\n`),
    signal: context.signal,
  }
  const rootfs = textOption(context.options, 'rootfs')
  if (switchOption(context.options, 'undo') && (switchOption(context.options, 'docker') || rootfs !== undefined)) {
    throw new HandaxeError('invalid_request', '--undo goes with neither --docker nor --rootfs', {
      hint: 'An image is removed by `docker rmi`',
    })
  }
  if (switchOption(context.options, 'docker')) {
    const rootFolder = rootfs === undefined ? null : resolve(context.workingFolder, rootfs)
    return reportImage(context, await runDockerSetup(config, { ...shared, rootFolder }))
  }
  if (rootfs !== undefined) {
    throw new HandaxeError('invalid_request', '--rootfs needs --docker', { hint: 'It makes the image of that backend' })
  }
  if (switchOption(context.options, 'undo')) {
    const undone = await undoSetup(config, shared)
    if (switchOption(context.options, 'json')) context.terminal.writeResult(`${JSON.stringify({ undone })}\n`)
    else if (undone.length === 0) context.terminal.writeProgress('· nothing is to be taken back\n')
    return 0
  }
  const report = await runSetup(config, shared)
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

function reportImage({ options, terminal }: CommandContext, report: { image: string; built: boolean }): number {
  if (switchOption(options, 'json')) terminal.writeResult(`${JSON.stringify({ docker: report })}\n`)
  else terminal.writeProgress(`· ${report.image} ${report.built ? 'is made' : 'is there'} and works\n`)
  return 0
}
