import type { App } from '../app/open-app.ts'
import { HandaxeError } from '../contracts/errors.ts'
import type { CommandSpecification, OptionValues } from './command.ts'
import { COMMANDS } from './commands.ts'
import { parseCommandLine } from './parse-command-line.ts'
import { renderError } from './render/error.ts'
import { safeText, createTerminal, EXIT_CODE_OUTPUT_CLOSED, type Terminal } from './terminal.ts'
import { listenForInterrupts } from './interrupts.ts'
import { readVersion } from './version.ts'

/** Runs one command line to its end and returns the exit code. Nothing is thrown. */
export async function runCli(args: string[]): Promise<number> {
  const environment = process.env
  const terminal = createTerminal(environment)
  const exitCode = await runArguments(args, terminal, environment)
  const problem = await terminal.finishOutput()
  if (problem === null) return exitCode
  terminal.writeProgress(renderError(problem, terminal.err, { stack: false }))
  return problem.exitCode
}

async function runArguments(
  args: string[],
  terminal: Terminal,
  environment: Record<string, string | undefined>,
): Promise<number> {
  try {
    const parsed = parseCommandLine(args, COMMANDS)
    if (parsed.kind === 'version') {
      terminal.writeResult(`handaxe ${readVersion()}\n`)
      return 0
    }
    if (parsed.kind === 'help') {
      const { renderCommandHelp, renderOverview } = await import('./render/help.ts')
      terminal.writeResult(
        parsed.command === null ? renderOverview(COMMANDS, parsed.group) : renderCommandHelp(parsed.command),
      )
      return 0
    }
    return await runParsed(parsed, terminal, environment)
  } catch (error) {
    const isCancelled = HandaxeError.isInstance(error) && error.code === 'cancelled'
    if (isCancelled && terminal.outputClosed.aborted) return EXIT_CODE_OUTPUT_CLOSED
    // Whoever reads one JSON object gets one, also where nothing came of it.
    if (args.includes('--json')) terminal.writeResult(`${JSON.stringify({ error: describeError(error) })}\n`)
    terminal.writeProgress(renderError(error, terminal.err, { stack: Boolean(environment['HANDAXE_DEBUG']) }))
    return HandaxeError.isInstance(error) ? error.exitCode : 70
  }
}

function describeError(error: unknown): { code: string; message: string; hint: string | null } {
  if (HandaxeError.isInstance(error)) return { code: error.code, message: error.message, hint: error.hint ?? null }
  return { code: 'internal', message: error instanceof Error ? error.message : String(error), hint: null }
}

async function runParsed(
  parsed: { command: CommandSpecification; options: OptionValues; positionals: string[] },
  terminal: Terminal,
  environment: Record<string, string | undefined>,
): Promise<number> {
  const interrupts = listenForInterrupts()
  let app: App | null = null
  try {
    const { runCommand } = await parsed.command.load()
    return await runCommand({
      options: parsed.options,
      positionals: parsed.positionals,
      terminal,
      environment,
      workingFolder: process.cwd(),
      signal: interrupts.signal,
      openApp: async (selection) => {
        const [{ loadSettings }, { openApp }] = await Promise.all([
          import('../app/load-settings.ts'),
          import('../app/open-app.ts'),
        ])
        const onSandboxProgress = (line: string): void => {
          if (parsed.options['quiet'] !== true) terminal.writeProgress(`· ${safeText(line)}\n`)
        }
        const onVectorWarning = ({ message, hint }: { message: string; hint: string }): void =>
          terminal.writeProgress(`warning: ${safeText(message)}\n${hint === '' ? '' : `  ${safeText(hint)}\n`}`)
        const settings = await loadSettings(environment, process.cwd())
        app ??= openApp(settings, { onSandboxProgress, onVectorWarning, ...selection })
        return app
      },
    })
  } finally {
    await (app as App | null)?.close()
    interrupts.stop()
  }
}
