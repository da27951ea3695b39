import type { CommandContext } from '../command.ts'
import { switchOption, textOption } from '../option-values.ts'
import { formatTable } from '../render/format.ts'

export async function runCommand(context: CommandContext): Promise<number> {
  const model = textOption(context.options, 'model')
  const gateway = await (await context.openApp(model === undefined ? {} : { model })).gateway()
  const models = gateway.describe()
  if (switchOption(context.options, 'json')) {
    // What a gateway counted says nothing here: this one has just been opened.
    const shown = models.map(({ tier, model: id, key, price }) => ({ tier, model: id, key, price }))
    context.terminal.writeResult(`${JSON.stringify(shown)}\n`)
    return 0
  }
  const rows = models.map(({ tier, model: id, key, price }) => [
    tier,
    id,
    key === null ? 'no key needed' : `${key.variable} ${key.present ? 'is set' : 'is missing'}`,
    price === null
      ? 'price not known: set "prices" in the configuration'
      : `$${price.inputUsd} in, $${price.outputUsd} out per million tokens (${price.date})`,
  ])
  context.terminal.writeResult(`${formatTable([['TIER', 'MODEL', 'KEY', 'PRICE'], ...rows])}\n`)
  return 0
}
