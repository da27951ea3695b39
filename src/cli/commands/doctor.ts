import { loadConfig } from '../../app/config.ts'
import { runDoctor, type Check } from '../../app/run-doctor.ts'
import type { CommandContext } from '../command.ts'
import { switchOption } from '../option-values.ts'
import { sandboxSelection } from '../sandbox-options.ts'
import { hangingText, safeText, type Terminal } from '../terminal.ts'

const EXIT_CODE_UNHEALTHY = 4

export async function runCommand(context: CommandContext): Promise<number> {
  const config = loadConfig({ environment: context.environment, workingFolder: context.workingFolder })
  const report = await untilInterrupted(runDoctor(config, sandboxSelection(context.options)), context.signal)
  const { terminal } = context
  terminal.writeResult(
    switchOption(context.options, 'json')
      ? `${JSON.stringify(report)}\n`
      : report.checks.map((check) => renderCheck(check, terminal.out)).join(''),
  )
  return report.healthy ? 0 : EXIT_CODE_UNHEALTHY
}

/** What is looked at ends by itself, within seconds, and leaves nothing: nobody has to wait for it. */
function untilInterrupted<Value>(work: Promise<Value>, signal: AbortSignal): Promise<Value> {
  const interrupted = new Promise<never>((_, reject) => {
    if (signal.aborted) reject(signal.reason as Error)
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true })
  })
  return Promise.race([work, interrupted])
}

function renderCheck({ name, status, detail, remedy }: Check, colors: Terminal['out']): string {
  const sign = { ok: colors.green('✓'), info: colors.dim('·'), warning: colors.yellow('!'), problem: colors.red('✗') }[
    status
  ]
  return `${sign} ${name}: ${hangingText(detail)}\n${remedy === null ? '' : `    → ${safeText(remedy)}\n`}`
}
