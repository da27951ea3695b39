import { createInterface } from 'node:readline/promises'
import { removeTool } from '../../app/operations.ts'
import { HandaxeError } from '../../contracts/errors.ts'
import type { CommandContext } from '../command.ts'
import { switchOption } from '../option-values.ts'

export async function runCommand(context: CommandContext): Promise<number> {
  const name = context.positionals[0] ?? ''
  if (!switchOption(context.options, 'yes') && !(await confirm(context, name))) {
    context.terminal.writeProgress('Nothing was removed.\n')
    return 1
  }
  await removeTool(await context.openApp(), name)
  context.terminal.writeProgress(`${name} was removed.\n`)
  return 0
}

async function confirm({ terminal, signal }: CommandContext, name: string): Promise<boolean> {
  if (!terminal.interactive) {
    throw new HandaxeError(
      'invalid_request',
      'Removing a tool needs a confirmation, and there is no terminal to ask on',
      {
        hint: `handaxe tools remove ${name} --yes`,
      },
    )
  }
  const prompt = createInterface({ input: process.stdin, output: process.stderr })
  try {
    return /^y(es)?$/i.test((await prompt.question(`Remove ${name} with all its versions? [y/N] `, { signal })).trim())
  } finally {
    prompt.close()
  }
}
