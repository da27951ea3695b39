import type { JsonSchema } from '../../contracts/json.ts'
import type { ToolSpecification } from '../../contracts/run.ts'
import type { Sandbox, ToolModule } from '../../contracts/sandbox.ts'
import type { ToolSignature, ToolTest } from '../../contracts/tool.ts'
import { checkMutants } from '../mutation/check-mutants.ts'
import { compareValues } from '../../domain/compare/compare-values.ts'
import { judgeMutants } from '../mutation/judge-mutants.ts'
import type { JudgeOutcome } from '../observation/outcome.ts'
import type { RunTests, ToolUnderTest } from '../subject.ts'
import { adaptTool } from './adapt-tool.ts'
import type { Neighbour } from './find-twins.ts'
import { parametersOf } from './schema-parts.ts'

/** Enough for a verdict; a start of Node for each test of each mutant takes its time. */
const MUTANTS = { limit: 10, wallMs: 5000 }

export interface ReadyTool {
  name: string
  version: number
  reason: string
  /** What to give to a program that imports the tool under the name of the specification. */
  modules: ToolModule[]
}

/**
 * Is the specified tool in the library already? Asked when the tests are there and the code is not: a neighbour with the same
 * parameters that passes them all is the tool, if these tests would see small mistakes in it (else passing says little, and
 * the code is written and compared). The nearest one that does; null where none does.
 */
export async function findReadyTool(options: {
  sandbox: Sandbox
  specification: ToolSpecification
  tests: readonly ToolTest[]
  /** Nearest first. */
  neighbours: readonly Neighbour[]
  runTests: RunTests
  judge?: JudgeOutcome
  /** Least share of mistakes that the tests have to see; default that of `mutationVerdict`. */
  threshold?: number
  signal?: AbortSignal
}): Promise<ReadyTool | null> {
  const { sandbox, specification, tests, neighbours, runTests, judge, threshold, signal } = options
  const common = { sandbox, tests, runTests, ...(signal ? { signal } : {}) }
  for (const { version, tools } of neighbours) {
    signal?.throwIfAborted()
    if (version.language !== specification.language || !hasParameters(version.inputSchema, specification)) continue
    const neighbour: ToolUnderTest = { code: version.code, signature: version, tools, needs: version.needs }
    const signature: ToolSignature = { ...version, name: specification.name }
    const names = new Map(parametersOf(version.inputSchema).map(({ name }) => [name, name]))
    const subject = await adaptTool(neighbour, signature, names)
    if (subject === null) continue
    const results = await runTests({ ...common, subject, stopAtFailure: true })
    if (results.some((result) => result.failure !== null)) continue
    const mutation = await checkMutants({ ...common, ...(judge ? { judge } : {}), tool: subject, ...MUTANTS })
    const judged = {
      ...common,
      compare: compareValues,
      tool: subject,
      ...(threshold === undefined ? {} : { threshold }),
    }
    const { verdict, reason } = await judgeMutants(mutation, judged)
    if (verdict !== 'strong') continue
    const { name, language } = signature
    const module = { name, language, code: subject.code, function: subject.signature.function }
    return {
      name: version.name,
      version: version.version,
      reason: `it passes all ${tests.length} tests, and ${reason}`,
      modules: [module, ...subject.tools],
    }
  }
  return null
}

/** True where every parameter of the specification is there by its name, and nothing else is required. */
function hasParameters(schema: JsonSchema, { parameters }: ToolSpecification): boolean {
  const there = parametersOf(schema)
  const wanted = new Set(parameters.map(({ name }) => name))
  const names = new Set(there.map(({ name }) => name))
  return (
    parameters.every(({ name }) => names.has(name)) &&
    there.every(({ name, required }) => !required || wanted.has(name))
  )
}
