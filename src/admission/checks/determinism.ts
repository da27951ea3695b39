import { bindTestFiles } from '../../domain/tests/test-files.ts'
import { withSignal, type Check } from '../check.ts'
import { checkDeterminism } from '../determinism/check-determinism.ts'
import { generateInputs } from '../twins/generate-inputs.ts'

/** Generated inputs beside the arguments of the tests. */
const GENERATED_CALLS = 60

/** The same calls in two environments, with another clock, time zone, seed, folder and order. */
export const determinismCheck: Check = {
  name: 'determinism',
  executes: true,
  skip: () => null,
  async run(context) {
    const { sandbox, subject, means } = context
    const { tool, tests, inputs = [] } = subject
    const { calls: examples, inputs: files } = bindTestFiles(tests)
    const calls = generateInputs(tool.signature.inputSchema, 1, examples.length + GENERATED_CALLS, { examples })
    const found = await checkDeterminism({
      sandbox,
      tool,
      calls,
      compare: means.compare,
      inputs: [...inputs, ...files],
      ...withSignal(context),
    })
    const observed = { calls, outcomes: found.outcomes }
    return { findings: found.findings, facts: { repeatedCalls: found.compared, observed } }
  },
}
