import { HandaxeError } from '../../contracts/errors.ts'
import type { ExportManifest, ImportCandidate, ToolDifference, ToolReading } from '../../contracts/exchange.ts'
import type { Library } from '../../contracts/library.ts'
import type { ToolState, ToolVersion } from '../../contracts/tool.ts'
import { diffTools } from '../../library/formats/diff-tools.ts'
import { readManifest } from '../../library/formats/manifest/read-manifest.ts'
import { isThere } from '../../library/formats/read/open-source.ts'
import { readTools } from '../../library/formats/read-tools.ts'
import { isAsExported } from '../../library/formats/skill/is-as-exported.ts'
import { nameSkills } from '../../library/formats/skill/skill-name.ts'
import type { App } from '../open-app.ts'
import { isFromRequest, withoutRequest } from './export-library.ts'
import { decideSync, type SyncAction, type SyncFacts, type SyncPreference } from './decide-sync.ts'
import type { ImportItem } from './import-item.ts'
import { hashFiles, hashText, type SyncMemory } from './sync-memory.ts'
import { planCandidates, type ImportOptions, type ImportPlan } from './plan-import.ts'

/** Of git itself; they are left out as all hidden files are, and are no news here. */
const GIT_FILES = /(?:^|\/)\.git[a-z]*$/

export interface SyncItem {
  name: string
  action: SyncAction | 'refused'
  reason: string
  /** What changes, by the action: in the library, or in the folder. Null where no text does. */
  difference: ToolDifference | null
  /** Of `import` and `refused`: what was found out. */
  imported: ImportItem | null
}

export interface SyncPlan {
  folder: string
  items: SyncItem[]
  imports: Pick<ImportPlan, 'items' | 'pending'>
  leftOut: ToolReading['leftOut']
  notes: string[]
  /** Whether the folder shows the requests that the tools were made for. */
  requests: boolean
  /** By tool: the skill that it lies in. */
  skills: Map<string, SkillPlace>
}

export interface SkillPlace {
  /** Below the folder. */
  path: string
  /** False for a skill of others, or one under another folder's name: handaxe does not write there. */
  isOurs: boolean
  /** As `ImportCandidate.changed`. */
  changed: boolean | null
}

export interface SyncOptions extends ImportOptions {
  prefer?: SyncPreference
  /** Of a folder that has no export yet: false leaves out the requests that the tools were made for. Default true. */
  requests?: boolean
  /** Of what was in step before (`loadSyncMemory`); null where nothing was. */
  memory?: SyncMemory | null
}

/**
 * Holds a folder of skills against the library, tool by tool, and verifies what would come in. Nothing is written. Rejects with
 * `invalid_request` for an export of another form, `invalid_input_file` for what cannot be read.
 */
export async function planSync(
  app: Pick<App, 'library' | 'sandbox'>,
  folder: string,
  options: SyncOptions = {},
): Promise<SyncPlan> {
  const library = await app.library()
  const { reading, manifest } = await readFolder(folder)
  const candidates = reading?.candidates ?? []
  const own = candidates.filter(({ declared }) => declared.isImported !== true)
  const skills = locateSkills(own)
  const requests = showsRequests(own) ?? options.requests ?? true
  const whole = await findVersions(library, own)
  const versions = requests ? whole : new Map([...whole].map(([name, tool]) => [name, withoutRequest(tool)]))
  const canonical = nameSkills([...new Set([...versions.keys(), ...skills.keys()])])
  for (const name of versions.keys()) {
    if (!skills.has(name)) skills.set(name, { path: canonical.get(name) ?? name, isOurs: true, changed: null })
  }
  // A folder without a manifest begins anew: it is no sign that all tools were removed.
  const memory = manifest === null ? null : (options.memory ?? null)
  const items: SyncItem[] = []
  const toImport: ImportCandidate[] = own.filter(({ name }) => name === undefined)
  for (const name of [...new Set([...skills.keys(), ...versions.keys()])].toSorted()) {
    const candidate = own.find((one) => one.name === name) ?? null
    const tool = versions.get(name) ?? null
    const remembered = rememberedOf(memory?.tools[name], {
      tool: whole.get(name) ?? null,
      files: hashFiles(manifest, skills.get(name)?.path ?? ''),
    })
    const skill = skills.get(name) ?? null
    const facts = { ...factsOf({ candidate, tool, manifest, skill }), remembered, hasMemory: memory !== null }
    const { action, reason } = decideSync(facts, options.prefer ?? null)
    if (action === 'import' && candidate !== null) toImport.push(requests ? candidate : withOwnTests(candidate, whole))
    items.push({ name, action, reason, difference: describe(action, { candidate, tool }), imported: null })
  }
  const imports = await planCandidates(app, toImport, { source: 'edited', ...options })
  return {
    folder,
    items: joinImports(items, imports.items),
    imports,
    leftOut: (reading?.leftOut ?? []).filter(({ path }) => !GIT_FILES.test(path)),
    notes: reading?.notes ?? [],
    requests,
    skills,
  }
}

async function readFolder(folder: string): Promise<{ reading: ToolReading | null; manifest: ExportManifest | null }> {
  if (!(await isThere(folder))) return { reading: null, manifest: null }
  const [reading, manifest] = [await readTools(folder), await readManifest(folder)]
  const kind = manifest?.kind ?? 'skill'
  if (kind === 'skill' && reading.kind !== 'bundle') return { reading, manifest }
  throw new HandaxeError('invalid_request', `${folder} holds an export of the form ${kind}`, {
    hint: 'A folder is kept in step in the form of skills: `handaxe tools export --format skill DIR` makes one. Others are exported and imported.',
    details: { folder, kind },
  })
}

/** `handaxe` writes into a skill that it wrote itself, at the place where it would write it. */
function locateSkills(candidates: readonly ImportCandidate[]): SyncPlan['skills'] {
  const names = candidates.flatMap(({ name }) => (name === undefined ? [] : [name]))
  const canonical = nameSkills([...new Set(names)])
  return new Map(
    candidates.flatMap(({ name, sourcePath, declared, changed }) => {
      if (name === undefined) return []
      const path = sourcePath.replace(/(?:^|\/)scripts\/[^/]*$/, '')
      const isOurs = declared.codeHash !== undefined && path === canonical.get(name)
      return [[name, { path, isOurs, changed }] as const]
    }),
  )
}

type LibraryTool = ToolVersion & { pinnedVersion: number | null }

/** The current versions of the library, and of what is in the folder those that are retired, too. */
async function findVersions(
  library: Library,
  candidates: readonly ImportCandidate[],
): Promise<Map<string, LibraryTool>> {
  const inFolder = new Set(candidates.map(({ name }) => name))
  const summaries = (await library.list()).filter(({ name, state }) => state !== 'retired' || inFolder.has(name))
  const tools = await Promise.all(
    summaries.map(async ({ name, version, pinnedVersion }) => ({
      ...(await library.get(name, version)),
      pinnedVersion,
    })),
  )
  return new Map(tools.map((tool) => [tool.name, tool]))
}

function factsOf({
  candidate,
  tool,
  manifest,
  skill,
}: {
  candidate: ImportCandidate | null
  tool: LibraryTool | null
  manifest: ExportManifest | null
  skill: SkillPlace | null
}): SyncFacts {
  const path = skill?.path ?? ''
  const wasExported = Object.keys(manifest?.files ?? {}).some((file) => file.startsWith(`${path}/`))
  const version = candidate === null ? null : (candidate.declared.version ?? null)
  const isChanged = (one: ToolVersion): boolean =>
    manifest === null || !wasExported || !isAsExported(one, { manifest, skillName: path, version })
  return {
    folder:
      candidate === null
        ? null
        : {
            changed: wasExported ? candidate.changed : null,
            sameAsLibrary: tool !== null && isSame(tool, candidate),
            isOurs: skill?.isOurs ?? false,
          },
    library:
      tool === null ? null : { changed: isChanged(tool), state: LIFE[tool.state], pinnedVersion: tool.pinnedVersion },
    wasExported,
  }
}

function rememberedOf(
  entry: SyncMemory['tools'][string] | undefined,
  { tool, files }: { tool: ToolVersion | null; files: string | null },
): SyncFacts['remembered'] {
  if (entry === undefined) return null
  return {
    libraryChanged: tool !== null && hashText(tool) !== entry.text,
    folderChanged: files !== null && files !== entry.files,
  }
}

const LIFE: Readonly<Record<ToolState, NonNullable<SyncFacts['library']>['state']>> = {
  candidate: 'in-use',
  verified: 'in-use',
  trusted: 'in-use',
  quarantined: 'quarantined',
  retired: 'retired',
}

function isSame(tool: ToolVersion, candidate: ImportCandidate): boolean {
  return candidate.problems.length === 0 && diffTools([tool], [candidate])[0]?.change === 'same'
}

function describe(
  action: SyncAction,
  { candidate, tool }: { candidate: ImportCandidate | null; tool: ToolVersion | null },
): ToolDifference | null {
  const before = action === 'write' ? candidate : tool
  const after = action === 'write' ? tool : candidate
  if (action === 'none' || action === 'import') return null
  const [difference] = diffTools(before === null ? [] : [before], after === null ? [] : [after])
  return difference === undefined || difference.change === 'same' ? null : difference
}

/** What was refused, and what has no name by which the rest could know it. */
function joinImports(items: SyncItem[], imported: readonly ImportItem[]): SyncItem[] {
  const known = new Set(items.map(({ name }) => name))
  const joined = items.map((item): SyncItem => {
    const found = item.action === 'import' ? imported.find(({ name }) => name === item.name) : undefined
    if (found === undefined) return item
    return { ...item, action: found.outcome === 'refused' ? 'refused' : item.action, imported: found }
  })
  const others = imported.filter(({ name }) => name === null || !known.has(name))
  return [
    ...joined,
    ...others.map((item): SyncItem => {
      const action = item.outcome === 'refused' ? 'refused' : 'import'
      return {
        name: item.name ?? item.sourcePath,
        action,
        reason: 'is in the folder only',
        difference: null,
        imported: item,
      }
    }),
  ]
}

/** What the folder was not shown holds for an edit as well: the tests with data of real requests. */
function withOwnTests(candidate: ImportCandidate, versions: ReadonlyMap<string, ToolVersion>): ImportCandidate {
  const own = versions.get(candidate.name ?? '')?.tests.filter(isFromRequest) ?? []
  const { tests } = candidate
  return tests === undefined || own.length === 0 ? candidate : { ...candidate, tests: [...tests, ...own] }
}

/** As the folder has it, so that what was left out once does not come in by itself. Null where it has no tool of ours. */
function showsRequests(candidates: readonly ImportCandidate[]): boolean | null {
  const origins = candidates.flatMap(({ declared }) => (declared.provenance === undefined ? [] : [declared.provenance]))
  return origins.length === 0 ? null : origins.some(({ request }) => request !== null)
}
