import { parametersOf } from '../../admission/twins/schema-parts.ts'
import { HandaxeError } from '../../contracts/errors.ts'
import type { App } from '../open-app.ts'
import { saveAlias, tryAlias } from './make-alias.ts'
import type { TidyPlan, TidyTwin } from './plan-tidy.ts'
import type { TidyEntry } from './tidy-entry.ts'

/**
 * Leaves one tool of each cluster, and of the others a version that calls it: their names, parameters and tests stay, what
 * imports them goes on. Each is tried before it is saved; one that cannot be made keeps what it is, with the reason in the
 * plan. Older versions are retired, not deleted: `handaxe tools rollback` brings them back.
 */
export async function applyTidy(
  app: Pick<App, 'library' | 'sandbox'>,
  { clusters, entries }: TidyPlan,
  { signal, onProgress }: { signal?: AbortSignal; onProgress?: (name: string) => void } = {},
): Promise<void> {
  for (const { keep, others } of clusters) {
    for (const twin of others) {
      signal?.throwIfAborted()
      onProgress?.(twin.name)
      const entry = entries.get(twin.name)
      const kept = entries.get(keep.name)
      if (entry === undefined || kept === undefined) throw new TypeError(`${twin.name} is not part of the plan`)
      const made = await makeAlias(app, { entry, kept, renamed: twin.renamed, ...(signal ? { signal } : {}) })
      if (typeof made === 'string') twin.problem = made
      else twin.alias = made
    }
  }
}

/** The number of the version, or why there is none. */
async function makeAlias(
  app: Pick<App, 'library' | 'sandbox'>,
  {
    entry,
    kept,
    renamed,
    signal,
  }: { entry: TidyEntry; kept: TidyEntry; renamed: TidyTwin['renamed']; signal?: AbortSignal },
): Promise<number | string> {
  const [library, sandbox] = [await app.library(), await app.sandbox()]
  const { name, version, needs } = kept.version
  if ((await library.findUsable(name))?.version !== version) return `${name} was changed in the meantime`
  const other = new Map(renamed.map(({ from, to }) => [from, to]))
  const own = parametersOf(entry.signature.inputSchema)
  const names = new Map(own.map((parameter) => [parameter.name, other.get(parameter.name) ?? parameter.name]))
  const target = { name, code: kept.code, tools: await library.closure([{ name, version }]), needs }
  const alias = await tryAlias(entry, target, { sandbox, names, ...(signal ? { signal } : {}) })
  if (typeof alias === 'string') return alias
  try {
    return await saveAlias(library, { entry, alias, target: { name, version, needs } })
  } catch (error) {
    if (!HandaxeError.isInstance(error) || error.code !== 'tool_rejected') throw error
    return error.message
  }
}
