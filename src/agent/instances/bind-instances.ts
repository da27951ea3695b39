import { HandaxeError } from '../../contracts/errors.ts'
import type { JsonObject } from '../../contracts/json.ts'
import type { EarlierInstance, MakeStep } from '../../contracts/plan.ts'
import { GUEST_PATHS } from '../../contracts/sandbox.ts'
import type { SolvedScript, ToolTest } from '../../contracts/tool.ts'
import { readPath } from '../answer/read-path.ts'
import { bindArguments } from '../bind-arguments.ts'
import { readReferences } from '../plan/read-references.ts'
import type { RunContext } from '../run/run-context.ts'
import { untilAborted } from '../run/until-aborted.ts'
import { cutEnd } from '../../domain/text/cut-middle.ts'
import { isSameFile } from './describe-file.ts'
import { instanceLabel } from './render-instances.ts'

export interface BoundInstances {
  scripts: SolvedScript[]
  /** What the programs found, as tests of the tool that is made of them. */
  tests: ToolTest[]
  /** Instances that cannot be tests, and why. */
  dropped: { name: string; reason: string }[]
}

/** How the test begins that an earlier program's value becomes; the words of its request follow. */
export const INSTANCE_NAME = 'gives what a program found for: '

/**
 * What the programs found that a tool is made of, as its tests: the value that was recorded then, with the arguments that the
 * planner names now. A file is taken only where it is the very file that the program read. What cannot be reconstructed is
 * named with its reason.
 */
export async function bindInstances(context: RunContext, { from = [] }: MakeStep): Promise<BoundInstances> {
  const bound: BoundInstances = { scripts: [], tests: [], dropped: [] }
  for (const instance of from) {
    const script = findInstance(context, instance)
    if (script === undefined) continue
    bound.scripts.push(script)
    const name = `${INSTANCE_NAME}${cutEnd(script.request.replaceAll(/\s+/g, ' '), 80)}`
    const test = await bindInstance(context, { script, instance })
    if ('reason' in test) bound.dropped.push({ name, reason: test.reason })
    else bound.tests.push({ name, kind: 'example', ...test, fromRequest: true })
  }
  return bound
}

/** The program that the planner means by its label. */
export function findInstance({ progress }: RunContext, { script }: EarlierInstance): SolvedScript | undefined {
  return progress.instances.find((_, index) => instanceLabel(index) === script)
}

type Binding = { arguments: JsonObject; expected: SolvedScript['value'] } | { reason: string }

async function bindInstance(
  context: RunContext,
  { script, instance }: { script: SolvedScript; instance: EarlierInstance },
): Promise<Binding> {
  const { signal, request } = context
  if (instance.arguments === null) return { reason: 'the data of that request are not there any more' }
  const expected = readPath(script.value, instance.path)
  if (expected === undefined) return { reason: `the program's value has nothing at ${JSON.stringify(instance.path)}` }
  const changed = await findChanged(context, { script, args: instance.arguments })
  if (changed !== null) return { reason: `the program did not read this ${changed}` }
  const sandbox = await untilAborted(context.sandbox(), signal)
  try {
    const options = { files: request.files, stepValues: {}, signal }
    const values = await untilAborted(bindArguments(sandbox, instance.arguments, options), signal)
    if (JSON.stringify(values).includes(`"${GUEST_PATHS.input}/`)) {
      return { reason: 'it reads an input file, and a test has none' }
    }
    return { arguments: values, expected }
  } catch (error) {
    if (!HandaxeError.isInstance(error) || error.code !== 'invalid_arguments') throw error
    return { reason: `its arguments cannot be bound: ${error.message}` }
  }
}

/** The first file among the arguments that is not what the program read; null where there is none. */
async function findChanged(
  { request }: RunContext,
  { script, args }: { script: SolvedScript; args: JsonObject },
): Promise<string | null> {
  const reading = readReferences(args)
  const named = 'references' in reading ? reading.references.flatMap(({ file }) => (file === null ? [] : [file])) : []
  for (const name of new Set(named)) {
    const file = request.files.find((one) => one.name === name)
    const known = script.files.find((one) => one.name === name)
    if (file === undefined || known === undefined || !(await isSameFile(known.description, file))) return name
  }
  return null
}
