import { testTool } from '../../app/life/test-tool.ts'
import type { CommandContext } from '../command.ts'
import { switchOption } from '../option-values.ts'
import { formatTable } from '../render/format.ts'
import { safeText } from '../terminal.ts'
import { toJsonText } from '../../domain/json/to-json-text.ts'

export async function runCommand({ options, positionals, signal, terminal, openApp }: CommandContext): Promise<number> {
  const run = await testTool(await openApp(), positionals[0] ?? '', { signal })
  const results = run.results.map(({ test, failure }) => ({ test: test.name, kind: test.kind, failure }))
  if (switchOption(options, 'json')) terminal.writeResult(`${toJsonText({ ...run, results })}\n`)
  else if (results.length === 0) terminal.writeProgress(`${run.name} version ${run.version} has no tests.\n`)
  else {
    const rows = results.map(({ test, kind, failure }) => [
      failure === null ? 'passed' : 'FAILED',
      kind,
      safeText(test),
      failure === null ? '' : safeText(failure),
    ])
    terminal.writeResult(`${formatTable([['OUTCOME', 'KIND', 'TEST', ''], ...rows])}\n`)
    terminal.writeProgress(`${run.name} version ${run.version}: ${run.passed} passed, ${run.failed} failed.\n`)
  }
  return run.failed > 0 || results.length === 0 ? 1 : 0
}
