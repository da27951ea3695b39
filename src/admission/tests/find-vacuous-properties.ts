import type { Sandbox, ToolLanguage } from '../../contracts/sandbox.ts'
import type { ToolTest } from '../../contracts/tool.ts'
import { joinAssets } from '../../util/join-assets.ts'
import { boundSandbox } from '../bound-sandbox.ts'
import { eachLimited } from '../each-limited.ts'
import type { RunTests, ToolUnderTest } from '../subject.ts'

/** Tools that do nothing right, by what they give; functions of the guest programs of the same names. */
const STUBS = [
  'wavers',
  'gives_lists',
  'gives_nothing',
  'gives_text',
  'counts',
  'gives_zero',
  'gives_empty_list',
  'refuses',
] as const

const GUESTS: Readonly<Record<ToolLanguage, string>> = { python: 'stub_tool.py', javascript: 'stub-tool.mjs' }

/** The stubs answer at once: what takes longer waits for an answer that they never give. */
const LIMITS = { wallMs: 5000, cpuMs: 2000 }
const CONCURRENT_TESTS = 4

/**
 * The properties that hold for everything, by name: they pass with tools that give nothing, text, ever other numbers and
 * lists, and with one that refuses all. One that fails with a single one of them can tell something. Needs no code, so it can
 * be asked as soon as the tests are written.
 */
export async function findVacuousProperties({
  sandbox,
  signature,
  needs,
  tests,
  runTests,
  signal,
}: {
  sandbox: Sandbox
  /** Of the tool that the tests are for: the name by which they import it. */
  signature: ToolUnderTest['signature']
  /** What the tests may import besides: a property that could not would seem to fail. */
  needs?: ToolUnderTest['needs']
  tests: readonly ToolTest[]
  runTests: RunTests
  signal?: AbortSignal
}): Promise<string[]> {
  const properties = tests.filter((test) => test.kind === 'property')
  const code = await joinAssets([`admission/guest/${GUESTS[signature.language]}`])
  const bound = boundSandbox(sandbox, LIMITS)
  const vacuous = new Set(properties.map((test) => test.name))
  await eachLimited(properties, CONCURRENT_TESTS, async (test) => {
    for (const stub of STUBS) {
      signal?.throwIfAborted()
      const subject = { code, signature: { ...signature, function: stub }, tools: [], ...(needs ? { needs } : {}) }
      const [result] = await runTests({
        sandbox: bound.sandbox,
        subject,
        tests: [test],
        ...(signal ? { signal } : {}),
      })
      if (result !== undefined && result.failure !== null) {
        vacuous.delete(test.name)
        return
      }
    }
  })
  return properties.map((test) => test.name).filter((name) => vacuous.has(name))
}
