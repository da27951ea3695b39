import { isDeepStrictEqual } from 'node:util'
import type { JsonValue } from '../../contracts/json.ts'
import type { NewTool, ToolTest, ToolVersion } from '../../contracts/tool.ts'
import { diffTools } from '../../library/formats/diff-tools.ts'
import { readTests, toJsonTests } from '../../library/formats/tool-record.ts'
import { readSignature } from '../../library/read-signature.ts'
import { resolvePins } from './resolve-pins.ts'
import type { App } from '../open-app.ts'
import { parseToolReference } from '../parse-tool-reference.ts'
import { showDifference } from '../exchange/show-difference.ts'
import { verifyTool, type Succession, type Verification } from '../verify-tool.ts'
import { decide } from './verify-version.ts'
import { parseJson } from '../../domain/json/parse-json.ts'

/** What a person edits: the code, and the tests as JSON. */
export interface EditableTexts {
  code: string
  tests: string
}

export interface PreparedEdit {
  tool: ToolVersion
  /** The newest version of its name when the texts were given out. */
  newest: number
  /** With the ending of its language. */
  codeFile: string
  texts: EditableTexts
}

export interface EditOutcome {
  name: string
  /** `unchanged` and `refused`: nothing was saved. `candidate`: saved, and not used before somebody verifies it. */
  outcome: 'unchanged' | 'refused' | 'candidate' | 'verified'
  basedOn: number
  /** What it was saved as; null where it was not. */
  version: number | null
  problems: string[]
  notes: string[]
  /** Safe to print; empty where nothing changed. */
  difference: string
  succession: Succession | null
  reason: string
}

/** The version as texts to edit; the current one by default. Rejects with `unknown_tool`. */
export async function prepareEdit(app: Pick<App, 'library'>, reference: string): Promise<PreparedEdit> {
  const { name, version } = parseToolReference(reference)
  const library = await app.library()
  const tool = await library.get(name, version)
  const { versions } = await library.record(name)
  return {
    tool,
    newest: versions.at(-1)?.version ?? tool.version,
    codeFile: `${tool.name}.${tool.language === 'python' ? 'py' : 'mjs'}`,
    texts: { code: tool.code, tests: `${JSON.stringify(toJsonTests(tool.tests), null, 2)}\n` },
  }
}

/**
 * Verifies what a person made of a tool and saves it as a new version with the source `edited`. What does not pass its own
 * tests is refused; what does not pass those of the version that it was, or gives other values for its past calls, is saved as a
 * candidate. Rejects where the sandbox cannot execute.
 */
export async function saveEdit(
  app: Pick<App, 'library' | 'sandbox' | 'config'>,
  { tool, newest }: Pick<PreparedEdit, 'tool' | 'newest'>,
  texts: EditableTexts,
  { signal }: { signal?: AbortSignal } = {},
): Promise<EditOutcome> {
  const outcome: EditOutcome = {
    name: tool.name,
    outcome: 'unchanged',
    basedOn: tool.version,
    version: null,
    problems: [],
    notes: [],
    difference: '',
    succession: null,
    reason: '',
  }
  const refuse = (problems: string[]): EditOutcome => ({ ...outcome, outcome: 'refused', problems })
  const tests = parseTests(texts.tests)
  if ('problems' in tests) return refuse(tests.problems)
  if (texts.code === tool.code && isDeepStrictEqual(tests.tests, tool.tests)) return outcome
  const [library, sandbox] = [await app.library(), await app.sandbox()]
  const { code } = texts
  const { needs } = tool
  const common = { sandbox, ...(signal ? { signal } : {}) }
  const reading = await readSignature(
    sandbox,
    { language: tool.language, code, expectedName: tool.name },
    {
      environment: needs.environment,
      ...(signal ? { signal } : {}),
    },
  )
  if ('problems' in reading) return refuse(reading.problems)
  const { signature } = reading
  const [difference] = diffTools([tool], [{ ...tool, ...signature, code, tests: tests.tests }])
  if (difference !== undefined) outcome.difference = showDifference(difference)
  const modules = await library.closure(await resolvePins(library, signature.uses))
  const { whenToUse, exampleRequests, provenance } = tool
  const verification = await verifyTool({
    ...common,
    policy: 'edited',
    tool: {
      ...reading,
      code,
      tests: tests.tests,
      whenToUse,
      exampleRequests,
      request: provenance.request ?? '',
      needs,
    },
    tools: modules,
    predecessor: {
      version: tool.version,
      tests: tool.tests,
      calls: await library.keptCalls(tool.name, tool.version),
      limits: app.config.limits,
    },
  })
  outcome.notes.push(...verification.notes)
  if (verification.verdict === 'refused') return refuse(verification.problems)
  const { succession } = verification
  const { accepted, reason } = decide({ tests: tests.tests }, { verification, succession })
  const state = accepted ? 'verified' : 'candidate'
  const edited = toNewTool(tool, { signature, code, tests: tests.tests, verification, state, stateReason: reason })
  const saved = await library.save({ ...edited, heldAgainst: newest })
  const { name, version } = saved
  const isOvertaken = accepted && version > newest && saved.state === 'candidate'
  if (isOvertaken) {
    const hint = `handaxe tools verify ${name}@${version} holds it against what was saved meanwhile.`
    return { ...outcome, outcome: 'candidate', version, succession, reason: `${saved.stateReason}. ${hint}` }
  }
  if (accepted) {
    const calls = (succession?.calls ?? []).toReversed().map(({ call, value }) => ({ ...call, value }))
    await library.keepCalls(name, version, calls)
  }
  return { ...outcome, outcome: state, version, succession, reason }
}

function parseTests(text: string): { tests: ToolTest[] } | { problems: string[] } {
  let value: JsonValue
  try {
    value = parseJson(text)
  } catch (error) {
    return { problems: [`The tests are not valid JSON: ${(error as Error).message}`] }
  }
  const { tests, problems } = readTests(value)
  return problems.length === 0 ? { tests } : { problems }
}

function toNewTool(
  tool: ToolVersion,
  {
    signature,
    verification,
    ...edited
  }: Pick<NewTool, 'code' | 'tests'> & {
    signature: Pick<NewTool, 'name' | 'inputSchema'>
    verification: Verification
    state: 'verified' | 'candidate'
    stateReason: string
  },
): NewTool {
  const { version: _, codeHash: _1, pins: _2, aliasOf: _3, ...rest } = tool
  return {
    ...rest,
    ...signature,
    ...edited,
    admission: verification.admission,
    provenance: {
      runId: null,
      model: null,
      createdAt: verification.admission.at,
      source: 'edited',
      request: tool.provenance.request,
      repairs: 0,
      // A person's time is not counted.
      tokens: 0,
      costUsd: 0,
    },
  }
}
