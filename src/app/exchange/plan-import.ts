import { mapLimited } from '../../agent/run/map-limited.ts'
import type { ImportCandidate, ManifestCheck, ToolReading } from '../../contracts/exchange.ts'
import { HandaxeError } from '../../contracts/errors.ts'
import type { Library } from '../../contracts/library.ts'
import type { Sandbox, ToolLanguage } from '../../contracts/sandbox.ts'
import type { ToolVersion } from '../../contracts/tool.ts'
import { diffTools } from '../../library/formats/diff-tools.ts'
import { readTools } from '../../library/formats/read-tools.ts'
import { sha256 } from '../../library/formats/sha256.ts'
import { readSignature, type SignatureReading } from '../../library/read-signature.ts'
import type { App } from '../open-app.ts'
import { carriedKey, createItem, refuse, type ImportItem, type Pending } from './import-item.ts'
import { orderByImports } from './order-candidates.ts'
import { PendingLibrary } from './pending-library.ts'
import { verifyPending } from './verify-pending.ts'

const CONCURRENT_READINGS = 4
/** Each is read in a sandbox, some 15 ms, and verified, which takes longer: more than this is a mistake or an attack. */
const MOST_CANDIDATES = 10_000

export interface ImportOptions {
  /** Before each tool is read: how many were. */
  onReading?: (progress: { done: number; total: number }) => void
  /** Before each tool is verified. */
  onProgress?: (progress: { tool: string; done: number; total: number }) => void
  signal?: AbortSignal
  /** Of the provenance. Default `imported`. */
  source?: 'imported' | 'edited'
}

export interface ReadSource extends Pick<ToolReading, 'kind' | 'leftOut' | 'notes'> {
  path: string
  /** Null where there is no manifest. */
  manifest: ManifestCheck | null
}

/** Everything is verified, nothing is saved: it can be shown before somebody says yes. */
export interface ImportPlan {
  sources: ReadSource[]
  items: ImportItem[]
  /** What `saveImport` saves, each after what it imports. */
  pending: Pending[]
}

/**
 * Reads tools from files and folders and verifies them here: nothing of them is believed, and nothing of them runs outside of
 * the sandbox. Rejects with `invalid_input_file` where a path has no tools, and with the signal's reason.
 */
export async function planImport(
  app: Pick<App, 'library' | 'sandbox'>,
  paths: readonly string[],
  options: ImportOptions = {},
): Promise<ImportPlan> {
  const sources: ReadSource[] = []
  const candidates: ImportCandidate[] = []
  for (const path of paths) {
    const { candidates: found, ...source } = await readTools(path)
    sources.push({ path, ...source })
    candidates.push(...found)
  }
  return { sources, ...(await planCandidates(app, candidates, options)) }
}

/** The same for candidates that were read already. */
export async function planCandidates(
  app: Pick<App, 'library' | 'sandbox'>,
  candidates: readonly ImportCandidate[],
  options: ImportOptions = {},
): Promise<Omit<ImportPlan, 'sources'>> {
  if (candidates.length > MOST_CANDIDATES) {
    throw new HandaxeError(
      'invalid_input_file',
      `${candidates.length} tools are more than one import takes: ${MOST_CANDIDATES}`,
      { hint: 'Import them in parts: several bundles, or folders of skills.' },
    )
  }
  const [library, sandbox] = [await app.library(), await app.sandbox()]
  let done = 0
  const read = await mapLimited(candidates, CONCURRENT_READINGS, (candidate) => {
    options.signal?.throwIfAborted()
    options.onReading?.({ done: done++, total: candidates.length })
    return readCandidate(candidate, { library, sandbox, ...options })
  }).catch((error: unknown) => {
    // After an abort report its reason, not the error that it caused in what was under way.
    options.signal?.throwIfAborted()
    throw error
  })
  const items = read.map(({ item }) => item)
  const readable = read.flatMap(({ pending }) => (pending === null ? [] : [pending]))
  const pendingLibrary = new PendingLibrary(library)
  await sortImported(readable, { library, pendingLibrary })
  refuseSameNames(readable)
  const open = readable.filter(({ item }) => item.outcome === 'new' || item.outcome === 'new-version')
  const own = open.filter(({ carried }) => carried === null)
  const { items: ordered, cycles } = orderByImports(own.map((pending) => ({ ...pending.reading.signature, pending })))
  for (const { item, path } of cycles) refuse(item.pending.item, [`It would import itself: ${path.join(' → ')}.`])
  const sequence = withCarried(
    ordered.map(({ pending }) => pending),
    open.filter(({ carried }) => carried !== null),
  )
  const refusedNames = new Set(items.flatMap(({ outcome, name }) => (outcome === 'refused' && name ? [name] : [])))
  for (const [done, pending] of sequence.entries()) {
    options.signal?.throwIfAborted()
    options.onProgress?.({ tool: pending.reading.signature.name, done, total: sequence.length })
    await verifyPending(pending, { library, sandbox, pendingLibrary, refusedNames, ...options })
  }
  return { items, pending: sequence.filter(({ tool }) => tool !== null) }
}

/** What it is, what the library has of it, and whether that is the same. */
async function readCandidate(
  candidate: ImportCandidate,
  { library, sandbox, signal }: { library: Library; sandbox: Sandbox } & ImportOptions,
): Promise<{ item: ImportItem; pending: Pending | null }> {
  const item = createItem(candidate)
  const { language, code } = candidate
  const known = candidate.name === undefined ? null : await library.find(candidate.name)
  const named = candidate.declared.needs?.environment ?? known?.needs.environment ?? null
  const { reading, environment } = await readWithPackages(sandbox, { language, code }, { named, signal })
  if ('problems' in reading) {
    describeDifference(item, candidate, known)
    refuse(item, [...new Set([...reading.problems, ...candidate.problems])])
    return { item, pending: null }
  }
  const { name, inputSchema, outputSchema } = reading.signature
  item.name = name
  const existing = await library.find(name)
  if (existing !== null) item.previous = { version: existing.version, state: existing.state }
  describeDifference(item, { ...candidate, name, inputSchema, outputSchema }, existing)
  if (candidate.problems.length > 0) {
    refuse(item, candidate.problems)
    return { item, pending: null }
  }
  item.outcome = await compareWithLibrary(item, { candidate, existing, library })
  return {
    item,
    pending: {
      candidate,
      existing,
      newest: existing === null ? 0 : ((await library.record(name)).versions.at(-1)?.version ?? 0),
      reading,
      environment,
      item,
      verification: null,
      tool: null,
      pins: [],
      hasOlderPins: false,
      carried: null,
    },
  }
}

/**
 * Code that misses packages is read again with the environment that it names, where this machine has one of that name with all
 * of them. That gives it packages which somebody put here for code in the sandbox, and no right.
 */
async function readWithPackages(
  sandbox: Sandbox,
  source: { language: ToolLanguage; code: string },
  { named, signal }: { named: string | null; signal: AbortSignal | undefined },
): Promise<{ reading: SignatureReading; environment: string | null }> {
  const stop = signal === undefined ? {} : { signal }
  const reading = await readSignature(sandbox, source, stop)
  if (named === null || !missesSomething(reading)) return { reading, environment: null }
  try {
    const again = await readSignature(sandbox, source, { environment: named, ...stop })
    if (!missesSomething(again)) return { reading: again, environment: named }
  } catch (error) {
    // There is none of this name, or not for this language or interpreter.
    if (!HandaxeError.isInstance(error) || error.code !== 'invalid_arguments') throw error
  }
  return { reading, environment: null }
}

/** A JavaScript module with a package that is not there cannot be read at all. */
function missesSomething(reading: SignatureReading): boolean {
  return 'problems' in reading || reading.facts.unavailableImports.length > 0
}

function describeDifference(
  item: ImportItem,
  candidate: Parameters<typeof diffTools>[1][number],
  existing: ToolVersion | null,
): void {
  const [difference] = diffTools(existing === null ? [] : [existing], [candidate])
  item.difference = difference === undefined || difference.change === 'same' ? null : difference
}

async function compareWithLibrary(
  item: ImportItem,
  { candidate, existing, library }: { candidate: ImportCandidate; existing: ToolVersion | null; library: Library },
): Promise<'new' | 'new-version' | 'same'> {
  if (existing === null) return 'new'
  if (item.difference === null) return 'same'
  const hash = sha256(candidate.code)
  if (existing.aliasOf !== undefined) {
    const before = await library.find(existing.name, existing.version - 1)
    if (before?.codeHash === hash) {
      item.notes.push(`It was merged into ${existing.aliasOf.name}: the library has it as an alias.`)
      return 'same'
    }
  }
  return 'new-version'
}

/**
 * Versions that came along because others import them. Where there is no other of the name, here or in the library, one is
 * taken for itself. Else the current version stands in for it, if the tests of what imports it agree; the older one comes in
 * beside it, as a candidate, for those whose tests do not.
 */
async function sortImported(
  readable: readonly Pending[],
  { library, pendingLibrary }: { library: Library; pendingLibrary: PendingLibrary },
): Promise<void> {
  const own = new Set(
    readable.flatMap(({ candidate, reading }) => (candidate.declared.isImported ? [] : [reading.signature.name])),
  )
  for (const pending of readable) {
    const { candidate, reading, item } = pending
    const { name } = reading.signature
    if (candidate.declared.isImported !== true || item.outcome === 'refused') continue
    const versions = (await library.find(name)) === null ? [] : (await library.record(name)).versions
    if (!own.has(name) && versions.length === 0) continue
    const key = carriedKey({ name, version: candidate.declared.version })
    const same = await findSame(library, { name, versions, code: candidate.code })
    if (same === null) {
      pending.carried = key
      item.outcome = versions.length === 0 ? 'new' : 'new-version'
      continue
    }
    pendingLibrary.addCarried(key, same, same.version)
    item.outcome = 'same'
    item.notes.push(`It came along for those that import it; the library has it as version ${same.version}.`)
  }
}

async function findSame(
  library: Library,
  { name, versions, code }: { name: string; versions: readonly { version: number }[]; code: string },
): Promise<ToolVersion | null> {
  const hash = sha256(code)
  for (const { version } of versions.toReversed()) {
    const tool = await library.find(name, version)
    if (tool?.codeHash === hash) return tool
  }
  return null
}

/** Older versions stand before the tool of their name, so that this becomes the newest, or before all. */
function withCarried(own: readonly Pending[], carried: readonly Pending[]): Pending[] {
  const versionOf = ({ candidate }: Pending): number => candidate.declared.version ?? 0
  const byName = Map.groupBy(
    carried.toSorted((left, right) => versionOf(left) - versionOf(right)),
    ({ reading }) => reading.signature.name,
  )
  const names = new Set(own.map(({ reading }) => reading.signature.name))
  const alone = [...byName].flatMap(([name, versions]) => (names.has(name) ? [] : versions))
  return [...alone, ...own.flatMap((pending) => [...(byName.get(pending.reading.signature.name) ?? []), pending])]
}

function refuseSameNames(readable: readonly Pending[]): void {
  const open = readable.filter(({ item, carried }) => item.outcome !== 'same' && carried === null)
  for (const [name, same] of Map.groupBy(open, ({ reading }) => reading.signature.name)) {
    if (same.length === 1) continue
    const paths = same.map(({ candidate }) => candidate.sourcePath).join(', ')
    for (const { item } of same) refuse(item, [`Several are called ${name}: ${paths}. Import one of them.`])
  }
}
