import type { Predecessor } from '../../domain/admission/predecessor.ts'
import { verdictOf } from '../../domain/admission/mutation-verdict.ts'
import { HandaxeError } from '../../contracts/errors.ts'
import { USABLE_STATES, type ToolRecord, type ToolState, type ToolVersion } from '../../contracts/tool.ts'
import { readSignature } from '../../library/read-signature.ts'
import type { App } from '../open-app.ts'
import { verifyTool, type Succession, type Verification } from '../verify-tool.ts'

export interface VerifyVersionOptions {
  name: string
  /** Default: the newest. */
  version?: number
  /** A person has seen what differs from the version before, and wants it so. */
  acceptDifferences?: boolean
  signal?: AbortSignal
}

export interface VersionVerification {
  name: string
  version: number
  /** Its own tests and checks. */
  verification: Omit<Verification, 'succession'>
  /** Beside the newest version before it that was usable; null where there is none. */
  succession: Succession | null
  /** What its admission had against it. */
  objections: string[]
  /** True where nothing speaks against it: it is in use now, or was already. */
  accepted: boolean
  /** Before and after. */
  previousState: ToolState
  state: ToolState
  reason: string
}

/**
 * Finds out whether a version may be used: its own checks and tests, those of the version before it, and the past calls of
 * that one with equal results. A candidate, quarantined or retired version that passes all becomes `verified`, and with that
 * current; one that does not stays what it is, and so does one that is in use already. Needs no model. Rejects with
 * `unknown_tool`, and where the sandbox cannot execute.
 */
export async function verifyVersion(
  app: Pick<App, 'library' | 'sandbox' | 'config'>,
  { name, version, acceptDifferences = false, signal }: VerifyVersionOptions,
): Promise<VersionVerification> {
  const [library, sandbox] = [await app.library(), await app.sandbox()]
  const record = await library.record(name)
  const tool = await library.get(name, version ?? record.versions.at(-1)?.version)
  const before = findPredecessor(record, tool.version)
  const { succession, ...verification } = await verifyTool({
    sandbox,
    policy: 'edited',
    tool: { ...tool, ...(await factsOf(app, tool, signal)) },
    tools: await library.closure(tool.pins),
    ...(before === null ? {} : { predecessor: await loadPredecessor(app, { name, version: before }) }),
    ...(signal ? { signal } : {}),
  })
  const objections = findObjections(tool)
  const { accepted, reason } = decide(tool, { verification, succession, objections, acceptDifferences })
  const found = {
    name,
    version: tool.version,
    verification,
    succession,
    objections,
    accepted,
    previousState: tool.state,
  }
  if (!accepted || USABLE_STATES.includes(tool.state)) return { ...found, state: tool.state, reason }
  await library.setState(name, tool.version, 'verified', reason, acceptDifferences ? 'person' : 'handaxe')
  const calls = succession?.calls ?? []
  await library.keepCalls(
    name,
    tool.version,
    calls.toReversed().map(({ call, value }) => ({ ...call, value })),
  )
  return { ...found, state: 'verified', reason }
}

/** The newest one before it that was usable at some time. */
function findPredecessor({ versions }: ToolRecord, version: number): number | null {
  return versions.findLast((one) => one.version < version && one.wasUsable)?.version ?? null
}

async function loadPredecessor(
  app: Pick<App, 'library' | 'config'>,
  { name, version }: { name: string; version: number },
): Promise<Predecessor> {
  const library = await app.library()
  const [{ tests }, calls] = await Promise.all([library.get(name, version), library.keptCalls(name, version)])
  return { version, tests, calls, limits: app.config.limits }
}

/** What the checks look at beside the version itself, which is read from its code again. */
async function factsOf(
  app: Pick<App, 'sandbox'>,
  { name, language, code, provenance, needs }: ToolVersion,
  signal: AbortSignal | undefined,
) {
  const reading = await readSignature(
    await app.sandbox(),
    { language, code, expectedName: name },
    { environment: needs.environment, ...(signal ? { signal } : {}) },
  )
  if ('problems' in reading) {
    throw new HandaxeError('tool_rejected', `The code of ${name} cannot be read: ${reading.problems.join(' ')}`, {
      hint: 'It was readable when it was saved. Is the sandbox another one now? See `handaxe doctor`.',
      details: { tool: name, problems: reading.problems },
    })
  }
  return { ...reading, request: provenance.request ?? '' }
}

/** What its admission had against it, where runs keep it as a candidate for that. */
function findObjections({ provenance, admission }: ToolVersion): string[] {
  if (provenance.source !== 'made' || admission === null) return []
  const { review, mutants } = admission
  const objections = review?.verdict === 'reject' ? [`A reviewer rejected it: ${review.reasons.join(' ')}`] : []
  if (mutants === null || mutants.tried === 0) return objections
  const { verdict, reason } = verdictOf(mutants)
  return verdict === 'weak' ? [...objections, `When it was made, ${reason}.`] : objections
}

/** What follows from what was found. `objections` and what differs are for a person to accept; its own tests are not. */
export function decide(
  { tests }: Pick<ToolVersion, 'tests'>,
  {
    verification,
    succession,
    objections = [],
    acceptDifferences = false,
  }: {
    verification: Pick<Verification, 'verdict' | 'problems'>
    succession: Succession | null
    objections?: readonly string[]
    acceptDifferences?: boolean
  },
): { accepted: boolean; reason: string } {
  const { verdict, problems } = verification
  if (verdict === 'refused') return { accepted: false, reason: bound(problems.join(' ')) }
  if (verdict === 'untested') return { accepted: false, reason: 'has no test that asserts anything' }
  const passed = `passed its ${tests.length} ${tests.length === 1 ? 'test' : 'tests'}`
  const [first, ...others] = [...objections, ...(succession?.differences ?? [])]
  if (first !== undefined) {
    const held = bound(others.length === 0 ? first : `${first} (and ${others.length} more)`)
    if (!acceptDifferences) return { accepted: false, reason: held }
    return { accepted: true, reason: `${passed}; a person accepted what was held against it: ${held}` }
  }
  if (succession === null) return { accepted: true, reason: passed }
  const { predecessor, calls } = succession
  const past = calls.length === 0 ? '' : ` and gave ${calls.length} of its past values again`
  return { accepted: true, reason: `${passed} and those of version ${predecessor}${past}` }
}

function bound(text: string): string {
  return text.length > 1000 ? `${text.slice(0, 999)}…` : text
}
