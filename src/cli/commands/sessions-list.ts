import { loadSettings } from '../../app/load-settings.ts'
import { listSessions } from '../../app/sessions.ts'
import type { CommandContext } from '../command.ts'
import { switchOption } from '../option-values.ts'
import { describeSessionValue } from '../render/session.ts'
import { safeLine } from '../terminal.ts'

export async function runCommand({ environment, workingFolder, options, terminal }: CommandContext): Promise<number> {
  const sessions = await listSessions(await loadSettings(environment, workingFolder))
  if (switchOption(options, 'json')) terminal.writeResult(`${JSON.stringify({ sessions })}\n`)
  else if (sessions.length === 0) terminal.writeResult('no sessions\n')
  for (const { name, savedAt, values, problem } of switchOption(options, 'json') ? [] : sessions) {
    terminal.writeResult(`${safeLine(name)}  ${problem === null ? (savedAt ?? 'empty') : safeLine(problem, 1000)}\n`)
    terminal.writeResult(values.map(describeSessionValue).join(''))
  }
  return 0
}
