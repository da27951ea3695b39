import { WORLDS } from '../../../src/admission/determinism/worlds.ts'
import { observeCalls } from '../../../src/admission/observation/observe-calls.ts'
import type { TestedTool } from '../../../src/admission/twins/fingerprint-tools.ts'
import type { JsonObject } from '../../../src/contracts/json.ts'
import type { Sandbox } from '../../../src/contracts/sandbox.ts'
import type { ToolTest } from '../../../src/contracts/tool.ts'
import { signature } from '../../admission/subjects.ts'
import type { FurtherPair, FurtherTool } from '../../fixtures/library/twins/further-pairs.ts'
import type { PlantedPair } from './load-twins.ts'

/** The pairs as tools of a library: their tests are what each really gives for the examples of the pair. */
export function loadFurtherPairs(sandbox: Sandbox, pairs: readonly FurtherPair[]): Promise<PlantedPair[]> {
  return Promise.all(
    pairs.map(async (pair, index) => {
      const places = pair.places ?? Object.keys(pair.first.parameters).map((_, place) => place)
      const own = Object.keys(pair.second.parameters)
      const examples = pair.examples.map((values) => own.map((_, place) => values[places.indexOf(place)] ?? null))
      const first = await toTool(sandbox, {
        ...pair.first,
        name: `first_${index}`,
        examples: pair.examples,
        table: pair.table,
      })
      const second = await toTool(sandbox, { ...pair.second, name: `second_${index}`, examples, table: undefined })
      return { title: pair.title, isTwin: pair.isTwin, tools: [first, second] }
    }),
  )
}

async function toTool(
  sandbox: Sandbox,
  {
    language,
    parameters,
    code,
    name,
    examples,
    table,
  }: FurtherTool & Pick<FurtherPair, 'examples'> & { name: string; table: string | undefined },
): Promise<TestedTool> {
  const tool = { code, signature: { ...signature(language, parameters), name }, tools: [] }
  const names = Object.keys(parameters)
  const calls = examples.map((values): JsonObject =>
    Object.fromEntries(names.map((parameter, place) => [parameter, values[place] ?? null])),
  )
  const { outcomes } = await observeCalls({ sandbox, tool, calls, world: WORLDS.first })
  const tests = calls.map((given, index): ToolTest => {
    const outcome = outcomes[index]
    return outcome?.kind === 'value'
      ? { name: `${index}`, kind: 'example', arguments: given, expected: outcome.value }
      : { name: `${index}`, kind: 'error', arguments: given }
  })
  return { ...tool, tests: table === undefined ? tests : [...tests, writesTable(name, names, table)] }
}

/** As a tester writes it for a tool that takes a path: the program makes the file itself. */
function writesTable(tool: string, names: readonly string[], table: string): ToolTest {
  const path = names.find((name) => /path|file/.test(name)) ?? ''
  const others = names.filter((name) => name !== path).map((name) => `, ${name}="price"`)
  const program = `from tools import ${tool}
with open("/tmp/small.csv", "w") as file:
    file.write(${JSON.stringify(table)})
result(${tool}(${path}="/tmp/small.csv"${others.join('')}) is not None)
`
  return { name: 'reads a small table', kind: 'property', program }
}
