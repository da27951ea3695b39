import { isDeepStrictEqual } from 'node:util'
import { compareBehaviour } from '../../admission/twins/compare-behaviour.ts'
import { comparisonInputs } from '../../admission/twins/comparison-inputs.ts'
import { renderAlias } from '../../admission/twins/render-alias.ts'
import type { ToolUnderTest } from '../../admission/subject.ts'
import { compareValues } from '../../domain/compare/compare-values.ts'
import type { JsonObject } from '../../contracts/json.ts'
import type { Library } from '../../contracts/library.ts'
import type { Sandbox, ToolModule } from '../../contracts/sandbox.ts'
import type { ToolNeeds, ToolSignature } from '../../contracts/tool.ts'
import { readSignature } from '../../library/read-signature.ts'
import { runTests } from '../run-tests.ts'
import type { TidyEntry } from './tidy-entry.ts'

const INPUTS = 500
const SEEDS = [1, 2]

export interface AliasTarget {
  name: string
  code: string
  /** The closure of the tool that is called, itself included. */
  tools: ToolModule[]
  needs: ToolNeeds
}

export interface AliasCode {
  code: string
  signature: ToolSignature
}

/**
 * Writes what is called as `entry` is and calls the target, reads it, runs the tests of the tool whose place it takes, and
 * compares the two on generated inputs. Gives the reason where anything differs.
 */
export async function tryAlias(
  entry: TidyEntry,
  target: AliasTarget,
  {
    sandbox,
    signal,
    ...passed
  }: { sandbox: Sandbox; names: ReadonlyMap<string, string>; constants?: JsonObject; signal?: AbortSignal },
): Promise<AliasCode | string> {
  const stop = signal === undefined ? {} : { signal }
  const { inputSchema, name, language } = entry.signature
  const { needs } = target
  const code = await renderAlias(sandbox, { other: entry, kept: target.name, ...passed, ...stop })
  if (code === null) return 'nothing with its parameters can be written that calls the other'
  const reading = await readSignature(
    sandbox,
    { language, code, expectedName: name },
    { environment: needs.environment, ...stop },
  )
  if ('problems' in reading) return reading.problems.join(' ')
  const { signature } = reading
  if (!isDeepStrictEqual(signature.inputSchema, inputSchema)) return 'its parameters would not stay what they are'
  if (target.tools.some((tool) => tool.name === name)) return `${target.name} imports it`
  const subject: ToolUnderTest = { code, signature, tools: target.tools, needs }
  const results = await runTests({ sandbox, subject, tests: entry.tests, ...stop })
  const failed = results.find(({ failure }) => failure !== null)
  if (failed !== undefined) return `its test "${failed.test.name}" fails: ${failed.failure}`
  const examples = entry.tests.flatMap((test) => (test.kind === 'property' ? [] : [test.arguments]))
  for (const seed of SEEDS) {
    const { inputs, files } = comparisonInputs(inputSchema, {
      seed,
      count: INPUTS,
      examples,
      tests: entry.tests,
      codes: [entry.code, target.code],
      languages: [language],
    })
    const behaviour = await compareBehaviour(entry, subject, {
      sandbox,
      inputs,
      files,
      compare: compareValues,
      ...stop,
    })
    if (behaviour.verdict !== 'same') return behaviour.reason
  }
  return { code, signature }
}

/** Saves it as the newest version of the tool, and retires the others. Rejects as `Library.save` does. */
export async function saveAlias(
  library: Library,
  {
    entry,
    alias,
    target,
  }: { entry: TidyEntry; alias: AliasCode; target: { name: string; version: number; needs: ToolNeeds } },
): Promise<number> {
  const { pins: _pins, codeHash: _hash, version: _version, admission: _admission, ...tool } = entry.version
  const reason = `does the same as ${target.name}, and calls it`
  const saved = await library.save({
    ...tool,
    ...alias.signature,
    code: alias.code,
    needs: target.needs,
    provenance: {
      ...tool.provenance,
      source: 'edited',
      createdAt: new Date().toISOString(),
      repairs: 0,
      tokens: 0,
      costUsd: 0,
    },
    state: 'retired',
    stateReason: reason,
    aliasOf: { name: target.name, version: target.version },
  })
  await library.retire(tool.name, { reason, by: 'person' })
  return saved.version
}
