import type { Config } from '../app/resolve-config.ts'
import { tellOnce } from '../app/tell-once.ts'
import type { Run } from '../contracts/agent.ts'
import type { Budget } from '../contracts/limits.ts'
import type { RunEvent } from '../contracts/events.ts'
import type { RunResult } from '../contracts/run.ts'
import type { CommandContext } from './command.ts'
import { numberOption, textOption } from './option-values.ts'
import type { Progress } from './render/progress.ts'
import { nameLargeValues } from '../domain/json/stored-value.ts'
import { toJsonText } from '../domain/json/to-json-text.ts'

/** Shows the events of a run until it has ended; with `events` as lines of JSON. */
export async function followRun(
  run: Run,
  context: CommandContext & { config: Pick<Config, 'folders'> },
  progress: Progress | null,
  events: boolean,
): Promise<RunResult> {
  try {
    for await (const event of run) {
      if (events) context.terminal.writeResult(`${toJsonText(event)}\n`)
      if (isNews(event, context.config)) progress?.show(event)
    }
    return await run.result
  } finally {
    progress?.end()
  }
}

/** That a price is not known is told once for each model; `models`, `doctor` and the sum of each run say it, too. */
function isNews(event: RunEvent, { folders }: Pick<Config, 'folders'>): boolean {
  return event.type !== 'warning' || event.code !== 'price_unknown' || tellOnce(folders.state, event.message)
}

/** Which models answer, by the options that `run` and what else calls models take. */
export function modelSelection({ options, terminal }: CommandContext) {
  const model = textOption(options, 'model')
  const recordPath = textOption(options, 'record')
  const replayPath = textOption(options, 'replay')
  const manualFolder = textOption(options, 'manual-folder')
  return {
    ...(model === undefined ? {} : { model }),
    ...(recordPath === undefined ? {} : { recordPath }),
    ...(replayPath === undefined ? {} : { replayPath }),
    ...(manualFolder === undefined ? {} : { manualFolder }),
    onManualPrompt: ({ promptPath, replyPath }: { promptPath: string; replyPath: string }) =>
      terminal.writeProgress(`  read   ${promptPath}\n  answer ${replyPath}\n`),
  }
}

/** Bounds by the options; those that are not given are left to the configuration. */
export function budgetOptions({ options }: CommandContext): Partial<Budget> {
  const limits: [keyof Budget, number | undefined][] = [
    ['costUsd', numberOption(options, 'max-cost-usd', { whole: false })],
    ['tokens', numberOption(options, 'max-tokens', { whole: true })],
    ['modelCalls', numberOption(options, 'max-calls', { whole: true })],
    ['wallMs', numberOption(options, 'timeout-ms', { whole: true })],
  ]
  return Object.fromEntries(limits.filter(([, value]) => value !== undefined))
}

/** The object of `--json`: the result, with what it used at the top level under the names that programs look for. Large values are named by their hash. */
export function toJsonReport(result: RunResult): Record<string, unknown> {
  const { usage, ...rest } = result
  return { ...rest, steps: nameLargeValues(rest.steps), ...usage }
}
