import { isDeepStrictEqual } from 'node:util'
import { alignParameters } from '../../admission/twins/align-parameters.ts'
import { compareBehaviour } from '../../admission/twins/compare-behaviour.ts'
import { generateInputs } from '../../admission/twins/generate-inputs.ts'
import { renderAlias } from '../../admission/twins/render-alias.ts'
import type { ToolUnderTest } from '../../admission/subject.ts'
import { compareValues } from '../../agent/compare/compare-values.ts'
import { HandaxeError } from '../../contracts/errors.ts'
import type { ToolSignature } from '../../contracts/tool.ts'
import { readSignature } from '../../library/read-signature.ts'
import type { App } from '../open-app.ts'
import { runTests } from '../run-tests.ts'
import type { TidyPlan, TidyReference } from './plan-tidy.ts'
import type { TidyEntry } from './tidy-entry.ts'

const INPUTS = 200

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
      const made = await makeAlias(app, { entry, kept, ...(signal ? { signal } : {}) })
      if (typeof made === 'string') twin.problem = made
      else twin.alias = made.version
    }
  }
}

interface AliasOptions {
  entry: TidyEntry
  kept: TidyEntry
  signal?: AbortSignal
}

/** The version, or why there is none. */
async function makeAlias(
  app: Pick<App, 'library' | 'sandbox'>,
  options: AliasOptions,
): Promise<TidyReference | string> {
  const { entry, kept } = options
  const library = await app.library()
  const current = await library.findUsable(kept.version.name)
  if (current?.version !== kept.version.version) return `${kept.version.name} was changed in the meantime`
  const tried = await tryAlias(app, options)
  if (typeof tried === 'string') return tried
  const { pins: _pins, codeHash: _hash, version: _version, admission: _admission, ...tool } = entry.version
  const target = { name: kept.version.name, version: kept.version.version }
  const reason = `does the same as ${target.name}, and calls it`
  try {
    const saved = await library.save({
      ...tool,
      ...tried.signature,
      code: tried.code,
      provenance: { ...tool.provenance, source: 'edited', createdAt: new Date().toISOString(), repairs: 0, tokens: 0 },
      state: 'retired',
      stateReason: reason,
      aliasOf: target,
    })
    await library.retire(tool.name, { reason, by: 'person' })
    return { name: saved.name, version: saved.version }
  } catch (error) {
    if (!HandaxeError.isInstance(error) || error.code !== 'tool_rejected') throw error
    return error.message
  }
}

/** Writes it, reads it, runs the tests of the tool whose place it takes, and compares the two. */
async function tryAlias(
  app: Pick<App, 'library' | 'sandbox'>,
  { entry, kept, signal }: AliasOptions,
): Promise<{ code: string; signature: ToolSignature } | string> {
  const [library, sandbox] = [await app.library(), await app.sandbox()]
  const stop = signal === undefined ? {} : { signal }
  const { inputSchema, name } = entry.signature
  const names = alignParameters(inputSchema, kept.signature.inputSchema)
  if (names === null) return 'their parameters do not fit'
  const code = await renderAlias(sandbox, { other: entry, kept: kept.version.name, names, ...stop })
  if (code === null) return 'nothing with its parameters can be written that calls the other'
  const reading = await readSignature(sandbox, { language: entry.signature.language, code, expectedName: name }, stop)
  if ('problems' in reading) return reading.problems.join(' ')
  const { signature } = reading
  if (!isDeepStrictEqual(signature.inputSchema, inputSchema)) return 'its parameters would not stay what they are'
  const tools = await library.closure([{ name: kept.version.name, version: kept.version.version }])
  if (tools.some((tool) => tool.name === name)) return `${kept.version.name} imports it`
  const subject: ToolUnderTest = { code, signature, tools }
  const results = await runTests({ sandbox, subject, tests: entry.tests, ...stop })
  const failed = results.find(({ failure }) => failure !== null)
  if (failed !== undefined) return `its test "${failed.test.name}" fails: ${failed.failure}`
  const examples = entry.tests.flatMap((test) => (test.kind === 'property' ? [] : [test.arguments]))
  const inputs = generateInputs(inputSchema, 1, INPUTS, { examples })
  const behaviour = await compareBehaviour(entry, subject, { sandbox, inputs, compare: compareValues, ...stop })
  return behaviour.verdict === 'same' ? { code, signature } : behaviour.reason
}
