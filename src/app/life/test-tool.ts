import type { TestResult } from '../../domain/admission/report.ts'
import type { App } from '../open-app.ts'
import { steadySandbox } from '../../domain/failures/execute-steadily.ts'
import { parseToolReference } from '../parse-tool-reference.ts'
import { runTests } from '../run-tests.ts'

export interface ToolTestRun {
  name: string
  version: number
  results: TestResult[]
  passed: number
  failed: number
  /** Neither passed nor failed: this machine was too busy. */
  undecided: number
}

/** Runs the tests of a version, each in a fresh sandbox. Changes nothing. Rejects with `unknown_tool`. */
export async function testTool(
  app: Pick<App, 'library' | 'sandbox'>,
  reference: string,
  { signal }: { signal?: AbortSignal } = {},
): Promise<ToolTestRun> {
  const { name, version } = parseToolReference(reference)
  const library = await app.library()
  const tool = await library.get(name, version)
  const subject = { code: tool.code, signature: tool, tools: await library.closure(tool.pins), needs: tool.needs }
  const sandbox = steadySandbox(await app.sandbox())
  const results = await runTests({ sandbox, subject, tests: tool.tests, ...(signal ? { signal } : {}) })
  const undecided = results.filter((result) => result.undecided).length
  const failed = results.filter(({ failure }) => failure !== null).length - undecided
  const passed = results.length - failed - undecided
  return { name: tool.name, version: tool.version, results, passed, failed, undecided }
}
