import type { Neighbour } from '../../admission/twins/find-twins.ts'
import { HandaxeError } from '../../contracts/errors.ts'
import type { Library } from '../../contracts/library.ts'
import type { Sandbox, ToolModule } from '../../contracts/sandbox.ts'
import type { NewTool, ToolNeeds, ToolTest, ToolVersion } from '../../contracts/tool.ts'
import { NO_NEEDS } from '../../contracts/tool.ts'
import type { Predecessor } from '../../domain/admission/predecessor.ts'
import { sha256 } from '../../library/formats/sha256.ts'
import { readNeeds } from '../../library/read-needs.ts'
import { toSnakeCase } from '../../library/resolve-imports.ts'
import { withImported } from '../../util/grant-needs.ts'
import { verifyTool, type Verification } from '../verify-tool.ts'
import { carriedKey, refuse, type Pending } from './import-item.ts'
import type { PendingLibrary } from './pending-library.ts'

const NEIGHBOURS = 3
const SHOWN_DIFFERENCES = 5

const ADD_TESTS =
  'It has no test that asserts anything, so it stays a candidate, which runs do not use. Write some into a `tests.json` ' +
  '(`handaxe tools export NAME --format skill DIR` makes the folder) and import it again.'

export interface PendingContext {
  library: Library
  sandbox: Sandbox
  pendingLibrary: PendingLibrary
  /** Names of this import that were not taken, in order to say so. */
  refusedNames: Set<string>
  source?: 'imported' | 'edited'
  signal?: AbortSignal
}

/**
 * Verifies one candidate with what it imports, and writes into it what is to be saved or why nothing is. It is tried with the
 * current versions of what it imports, and only where it is refused with these, with those that came along for it.
 */
export async function verifyPending(pending: Pending, context: PendingContext): Promise<void> {
  const { item, reading } = pending
  const { name } = reading.signature
  let tried = await tryWith(pending, context, findCurrent(context))
  const carried = findCarried(pending, context)
  if ('problems' in tried && carried !== null) {
    const older = await tryWith(pending, context, carried.find)
    if (!('problems' in older)) {
      tried = older
      pending.hasOlderPins = true
      item.notes.push(
        `It imports ${carried.names.join(', ')} in the version that came along: with the current one it is refused.`,
      )
    }
  }
  if ('problems' in tried) {
    item.tests = tried.verification?.tests ?? item.tests
    refuse(item, tried.problems)
    if (pending.carried === null) context.refusedNames.add(name)
    return
  }
  const { imported, needs, verification } = tried
  pending.verification = verification
  item.tests = verification.tests
  item.twin = verification.twin
  item.notes.push(...verification.notes, ...describeSuccession(verification))
  const { existing } = pending
  const isInUse = existing !== null && IN_USE.has(existing.state)
  if (verification.verdict === 'untested' && isInUse && pending.carried === null) {
    const problem = `It has no test that asserts anything, and version ${existing.version} of the library is ${existing.state}.`
    refuse(item, [problem])
    context.refusedNames.add(name)
    return
  }
  if (verification.verdict === 'untested') item.notes.push(ADD_TESTS.replace('NAME', name))
  if (existing !== null && existing.needs.network.length > 0) {
    item.notes.push(`The network of version ${existing.version} was granted to its code: grant it anew.`)
  }
  if (pending.environment !== null) {
    item.notes.push(`It gets the packages of the environment ${pending.environment}, which it imports.`)
  }
  const tool = toNewTool(pending, { ...verification, needs }, context)
  if (pending.carried !== null) {
    tool.state = 'candidate'
    tool.stateReason = `came along for tools that import it, and ${tool.stateReason}`
    item.notes.push('It came along for those that import it: a candidate, which runs do not use for itself.')
  }
  pending.tool = tool
  item.state = tool.state === 'verified' ? 'verified' : 'candidate'
  const { pendingLibrary } = context
  const pins = imported.map((one) => ({ name: one.name, version: one.version }))
  pending.pins = pins.map((pin) => {
    const older = pendingLibrary.carriedAs(pin)
    if (older !== null) return { name: pin.name, version: null, carried: older }
    return pendingLibrary.isPending(pin) ? { name: pin.name, version: null } : pin
  })
  const version = {
    ...tool,
    codeHash: sha256(tool.code),
    pins,
    needs: tool.needs ?? NO_NEEDS,
    admission: verification.admission,
    state: item.state,
    stateReason: '',
  }
  if (pending.carried === null) pendingLibrary.add(version)
  else pendingLibrary.addCarried(pending.carried, version)
}

type Tried =
  | { imported: ToolVersion[]; needs: ToolNeeds; verification: Verification }
  | { problems: string[]; verification?: Verification }

/** As an import names it. */
type FindImported = (used: string) => Promise<ToolVersion | null>

async function tryWith(pending: Pending, context: PendingContext, find: FindImported): Promise<Tried> {
  const { imported, problems } = await resolveUses(pending, context, find)
  if (problems.length > 0) return { problems }
  const tools = await closureOf(imported, context)
  if (isProblems(tools)) return { problems: tools }
  const needs = needsOf(pending, imported)
  const verification = await verify(pending, { tools, needs, context })
  if (verification.verdict === 'refused') return { problems: verification.problems, verification }
  return { imported, needs, verification }
}

function findCurrent({ pendingLibrary }: PendingContext): FindImported {
  return (used) => pendingLibrary.findImported(used)
}

/** Null where nothing that it imports came along in an older version. */
function findCarried(
  { candidate, reading }: Pending,
  { pendingLibrary }: PendingContext,
): { find: FindImported; names: string[] } | null {
  const found = (used: string): ToolVersion | null => {
    const pin = candidate.declared.pins?.find(({ name }) => name === used || name === toSnakeCase(used))
    return pin === undefined ? null : pendingLibrary.findCarried(carriedKey(pin))
  }
  const names = reading.signature.uses.flatMap((used) => found(used)?.name ?? [])
  if (names.length === 0) return null
  return { names, find: async (used) => found(used) ?? pendingLibrary.findImported(used) }
}

function isProblems(value: ToolModule[] | string[]): value is string[] {
  return typeof value[0] === 'string'
}

async function resolveUses(
  { reading }: Pending,
  { refusedNames }: PendingContext,
  find: FindImported,
): Promise<{ imported: ToolVersion[]; problems: string[] }> {
  const imported: ToolVersion[] = []
  const problems: string[] = []
  const { language, uses } = reading.signature
  for (const used of uses) {
    const found = await find(used)
    const isOut = found !== null && found.aliasOf === undefined && OUT_OF_USE.has(found.state)
    if (found === null && refusedNames.has(used)) problems.push(`It imports ${used}, which was not taken.`)
    else if (found === null) {
      problems.push(
        `It imports ${used}, and neither the library nor this import has such a tool: import ${used} with it.`,
      )
    } else if (found.language !== language) {
      problems.push(
        `It imports ${used}, which is written in ${found.language}: tools import tools of their own language.`,
      )
    } else if (isOut) problems.push(`It imports ${used}, which is ${found.state}: repair ${used} first.`)
    else imported.push(found)
  }
  return { imported, problems }
}

const IN_USE = new Set(['verified', 'trusted'])
const OUT_OF_USE = new Set(['quarantined', 'retired'])

async function closureOf(
  imported: ToolVersion[],
  { pendingLibrary }: PendingContext,
): Promise<ToolModule[] | string[]> {
  try {
    return await pendingLibrary.closure(imported.map(({ name, version }) => ({ name, version })))
  } catch (error) {
    if (!HandaxeError.isInstance(error) || !['tool_rejected', 'unknown_tool'].includes(error.code)) throw error
    return [error.message]
  }
}

async function verify(
  pending: Pending,
  { tools, needs, context }: { tools: ToolModule[]; needs: ToolNeeds; context: PendingContext },
): Promise<Verification> {
  const { candidate, existing, reading } = pending
  const { library, sandbox, signal } = context
  const predecessor = await findPredecessor(pending, library)
  return verifyTool({
    policy: 'imported',
    sandbox,
    tool: {
      code: candidate.code,
      ...reading,
      tests: testsOf(candidate, existing),
      whenToUse: candidate.whenToUse ?? '',
      exampleRequests: candidate.exampleRequests ?? [],
      request: candidate.declared.provenance?.request ?? '',
      needs,
    },
    tools,
    ...(predecessor === null ? {} : { predecessor }),
    neighbours: await findNeighbours(reading.signature, library),
    ...(signal === undefined ? {} : { signal }),
  })
}

/** The version in use that it will take the place of. What came along for others takes nobody's place. */
async function findPredecessor({ existing, carried }: Pending, library: Library): Promise<Predecessor | null> {
  if (existing === null || carried !== null || !IN_USE.has(existing.state)) return null
  const { name, version, tests } = existing
  return { version, tests, calls: await library.keptCalls(name, version) }
}

/** What people and tools that use it will see otherwise. */
function describeSuccession({ succession }: Verification): string[] {
  const differences = succession?.differences ?? []
  const more = differences.length - SHOWN_DIFFERENCES
  return [
    ...differences.slice(0, SHOWN_DIFFERENCES).map((difference) => `It does not hold what is in use: ${difference}`),
    ...(more > 0 ? [`${more} more tests and past calls of version ${succession?.predecessor} differ.`] : []),
  ]
}

/** A file that says nothing of tests has to pass those that the library has. */
function testsOf(candidate: Pending['candidate'], existing: ToolVersion | null): ToolTest[] {
  return candidate.tests ?? existing?.tests ?? []
}

async function findNeighbours(
  { name, description, language }: Pending['reading']['signature'],
  library: Library,
): Promise<Neighbour[]> {
  const text = `${name.replaceAll('_', ' ')} ${description}`
  const found = await library.search({ text, limit: NEIGHBOURS + 1 })
  const others = found.filter(({ tool }) => tool.name !== name && tool.language === language).slice(0, NEIGHBOURS)
  return Promise.all(others.map(async ({ tool }) => ({ version: tool, tools: await library.closure(tool.pins) })))
}

/** No network: what a person granted was granted to other code. */
function needsOf({ reading, environment }: Pending, imported: readonly ToolVersion[]): ToolNeeds {
  return withImported({ ...readNeeds(reading.signature.language, reading.facts), environment }, imported)
}

function toNewTool(
  pending: Pending,
  { verdict, tests, admission, needs }: Verification & { needs: ToolNeeds },
  { source = 'imported' }: PendingContext,
): NewTool {
  const { candidate, existing, reading } = pending
  const isVerified = verdict === 'verified'
  const done = source === 'edited' && existing !== null ? 'edited' : 'imported'
  return {
    ...reading.signature,
    code: candidate.code,
    whenToUse: candidate.whenToUse ?? existing?.whenToUse ?? '',
    exampleRequests: candidate.exampleRequests ?? existing?.exampleRequests ?? [],
    tests: testsOf(candidate, existing),
    provenance: {
      runId: null,
      model: null,
      createdAt: admission.at,
      source: done,
      request: existing?.provenance.request ?? candidate.declared.provenance?.request ?? null,
      repairs: 0,
      tokens: 0,
      // Nobody here knows what writing it cost.
      costUsd: null,
    },
    needs,
    admission,
    state: isVerified ? 'verified' : 'candidate',
    stateReason: isVerified
      ? `passed its ${tests.total} tests when it was ${done}`
      : `was ${done} without a test that asserts anything`,
  }
}
