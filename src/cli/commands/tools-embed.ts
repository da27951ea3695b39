import { embedTools } from '../../app/embed-tools.ts'
import type { CommandContext } from '../command.ts'
import { switchOption } from '../option-values.ts'
import { plural } from '../render/format.ts'
import { safeText } from '../terminal.ts'

export async function runCommand(context: CommandContext): Promise<number> {
  const { options, signal, terminal } = context
  const outcome = await embedTools(await context.openApp(), {
    again: switchOption(options, 'again'),
    signal,
    onProgress: ({ embedded, missing }) => terminal.writeProgress(`· ${embedded} done, ${missing} to go\n`),
  })
  if (switchOption(options, 'json')) {
    terminal.writeResult(`${JSON.stringify(outcome)}\n`)
    return 0
  }
  const { model, embedded, unchanged, inputTokens, costUsd, trust } = outcome
  const cost = costUsd === null ? 'price not known' : `$${costUsd.toFixed(6)}`
  const kept = unchanged === 0 ? '' : `, ${unchanged} unchanged`
  const tried =
    trust.share === 0
      ? 'they are left aside: words alone find more'
      : `they count for ${Math.round(100 * trust.share)} %, words for the rest`
  terminal.writeResult(
    `${safeText(model)}: ${plural(embedded, 'tool')} embedded${kept}, ${inputTokens} tokens, ${cost}\n` +
      `Tried on ${plural(trust.probes, 'example request')}: ${tried}.\n`,
  )
  return 0
}
