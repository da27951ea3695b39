import { testTool } from '../../app/life/test-tool.ts'
import type { CommandContext } from '../command.ts'
import { switchOption } from '../option-values.ts'
import { formatTable } from '../render/format.ts'
import { safeLine } from '../terminal.ts'
import { toJsonText } from '../../domain/json/to-json-text.ts'

export async function runCommand({ options, positionals, signal, terminal, openApp }: CommandContext): Promise<number> {
  const run = await testTool(await openApp(), positionals[0] ?? '', { signal })
  const results = run.results.map(({ test, failure, undecided = false }) => ({
    test: test.name,
    kind: test.kind,
    failure,
    undecided,
  }))
  if (switchOption(options, 'json')) terminal.writeResult(`${toJsonText({ ...run, results })}\n`)
  else if (results.length === 0) terminal.writeProgress(`${run.name} version ${run.version} has no tests.\n`)
  else {
    const rows = results.map(({ test, kind, failure, undecided }) => [
      failure === null ? 'passed' : undecided ? 'not judged' : 'FAILED',
      kind,
      safeLine(test),
      failure === null ? '' : safeLine(failure, 2000),
    ])
    const open = run.undecided === 0 ? '' : `, ${run.undecided} not judged (the machine was too busy: run it again)`
    terminal.writeResult(`${formatTable([['OUTCOME', 'KIND', 'TEST', ''], ...rows])}\n`)
    terminal.writeProgress(`${run.name} version ${run.version}: ${run.passed} passed, ${run.failed} failed${open}.\n`)
  }
  return run.failed + run.undecided > 0 || results.length === 0 ? 1 : 0
}
