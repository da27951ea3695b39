import { verifyVersion } from '../../app/life/verify-version.ts'
import { parseToolReference } from '../../app/parse-tool-reference.ts'
import type { CommandContext } from '../command.ts'
import { switchOption } from '../option-values.ts'
import { hangingText } from '../terminal.ts'

export async function runCommand({ options, positionals, signal, terminal, openApp }: CommandContext): Promise<number> {
  const found = await verifyVersion(await openApp(), {
    ...parseToolReference(positionals[0] ?? ''),
    acceptDifferences: switchOption(options, 'accept'),
    signal,
  })
  const { name, version, verification, succession, objections, accepted, state, previousState, reason } = found
  if (switchOption(options, 'json')) {
    terminal.writeResult(`${JSON.stringify(found)}\n`)
    return accepted ? 0 : 1
  }
  const lines = [...verification.problems, ...objections, ...(succession?.differences ?? []), ...verification.notes]
  for (const line of lines) terminal.writeResult(`· ${hangingText(line)}\n`)
  const now = state === previousState ? `stays ${state}` : `is ${state} now`
  terminal.writeProgress(`${name} version ${version} ${now}: ${hangingText(reason)}.\n`)
  const acceptable = objections.length + (succession?.differences.length ?? 0) > 0
  if (!accepted && acceptable && verification.verdict === 'verified') {
    terminal.writeProgress(`Where that is what you want: handaxe tools verify ${name}@${version} --accept\n`)
  }
  return accepted ? 0 : 1
}
