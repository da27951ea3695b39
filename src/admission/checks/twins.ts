import type { JsonObject } from '../../contracts/json.ts'
import type { Twin, TwinFinding } from '../../domain/admission/finding.ts'
import { withSignal, type Check } from '../check.ts'
import { findTwins, type TriedNeighbour } from '../twins/find-twins.ts'

/** Does a tool of the library do the same already? */
export const twinsCheck: Check = {
  name: 'twins',
  executes: true,
  skip({ subject }) {
    return subject.neighbours.length === 0 || subject.tests.length === 0 ? 'nothing-to-check' : null
  },
  async run(context) {
    const { sandbox, subject, means } = context
    const { tool, tests, neighbours, otherLanguages = false } = subject
    const { runTests, compare } = means
    const found = await findTwins({
      sandbox,
      tool,
      tests,
      neighbours,
      otherLanguages,
      runTests,
      compare,
      ...withSignal(context),
    })
    const { twin, tried, stopped } = found
    const passing = tried.filter((one) => one.verdict === 'passes')
    return {
      findings: [...passing.map(toNotToldApart), ...(twin === null ? [] : [toTwin(twin)])],
      unseen: passing.map(tellingInput).filter((input) => input !== null),
      facts: {
        twin: twin === null ? null : pickTwin(twin),
        neighbours: tried.map(({ name, version, verdict }) => ({ name, version, verdict })),
      },
      stopped,
    }
  },
}

function tellingInput({ behaviour }: TriedNeighbour): JsonObject | null {
  return behaviour?.firstDifference?.input ?? null
}

function toNotToldApart(neighbour: TriedNeighbour): TwinFinding {
  const { name, version } = neighbour
  return { check: 'twins', code: 'not-told-apart', name, version, arguments: tellingInput(neighbour) }
}

function pickTwin({ name, version, reason, renamed, modules }: TriedNeighbour): Twin {
  return { name, version, reason, renamed, modules }
}

function toTwin({ name, version, reason }: TriedNeighbour): TwinFinding {
  return { check: 'twins', code: 'twin', name, version, reason }
}
