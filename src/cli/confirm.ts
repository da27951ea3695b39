import { createInterface } from 'node:readline/promises'
import { HandaxeError } from '../contracts/errors.ts'
import type { CommandContext } from './command.ts'

/**
 * Asks a person for a yes; everything else is a no. Throws `invalid_request` where there is no terminal to ask on: `what`
 * needs the yes, and `command` gives it beforehand.
 */
export async function confirm(
  { terminal, signal }: Pick<CommandContext, 'terminal' | 'signal'>,
  { question, what, command }: { question: string; what: string; command: string },
): Promise<boolean> {
  if (!terminal.interactive) {
    throw new HandaxeError('invalid_request', `${what} needs a confirmation, and there is no terminal to ask on`, {
      hint: command,
    })
  }
  const prompt = createInterface({ input: process.stdin, output: process.stderr })
  try {
    return /^y(es)?$/i.test((await prompt.question(`${question} [y/N] `, { signal })).trim())
  } finally {
    prompt.close()
  }
}
