import { z } from 'zod'
import { parametersOf } from '../../admission/twins/schema-parts.ts'
import { findJson } from '../../agent/parse-reply/find-json.ts'
import { findProgram } from '../../agent/parse-reply/find-code.ts'
import { HandaxeError } from '../../contracts/errors.ts'
import type { JsonObject } from '../../contracts/json.ts'
import type { NewTool, ToolTest } from '../../contracts/tool.ts'
import { checkCode } from '../../library/check-code.ts'
import { describeSpecification } from '../../library/describe-specification.ts'
import { readNeeds } from '../../library/read-needs.ts'
import { readSignature } from '../../library/read-signature.ts'
import { joinAssets } from '../../util/join-assets.ts'
import type { App } from '../open-app.ts'
import { saveAlias, tryAlias, type AliasCode } from './make-alias.ts'
import type { TidyEntry } from './tidy-entry.ts'

/** Asks a model; rejects with what the gateway rejects with. */
export type Ask = (prompt: { instructions: string; content: string }) => Promise<AskedReply>

export interface AskedReply {
  text: string
  model: string
  /** In and out. */
  tokens: number
  /** US dollars; null where the price is not known. */
  costUsd: number | null
}

export interface Generalised {
  tool: NewTool
  /** What takes the place of each of the two; tried already. */
  aliases: { entry: TidyEntry; alias: AliasCode }[]
}

const callSchema = z.object({
  parameters: z.record(z.string(), z.string()),
  constants: z.record(z.string(), z.json()).default({}),
})
const replySchema = z.object({ calls: z.record(z.string(), callSchema) })

type Calls = z.infer<typeof replySchema>['calls']

/**
 * Asks a model for one tool that can take the place of two that differ at an edge, and believes nothing of the reply: the tool
 * is checked as any other, and called in the place of each of the two it has to pass the tests of that one and do the same
 * on generated inputs. Gives the reason where it does not. Nothing is saved.
 */
export async function proposeGeneralised(
  app: Pick<App, 'library' | 'sandbox'>,
  entries: readonly [TidyEntry, TidyEntry],
  { ask, signal }: { ask: Ask; signal?: AbortSignal },
): Promise<Generalised | string> {
  const [library, sandbox] = [await app.library(), await app.sandbox()]
  const stop = signal === undefined ? {} : { signal }
  const { language } = entries[0].signature
  const instructions = await joinAssets(['admission/prompts/generalise-tools.md'])
  const reply = await ask({ instructions, content: renderTools(entries) })
  const { text } = reply
  const calls = readCalls(text)
  if (calls === null) return 'the reply does not say how the two are called'
  if (Object.keys(calls).length === 0) return 'the model sees no tool that a reader would understand'
  const program = findProgram(text, language)
  if (program === null) return 'there is no code in the reply'
  // It is made of the two: where these have packages of one environment, it may have them, too.
  const environment = entries.map(({ needs }) => needs?.environment ?? null).find((name) => name !== null) ?? null
  const reading = await readSignature(sandbox, { language, code: program.code }, { environment, ...stop })
  if ('problems' in reading) return reading.problems.join(' ')
  const { signature } = reading
  if ((await library.find(signature.name)) !== null) return `the library has a tool ${signature.name} already`
  if (signature.uses.length > 0) return `it imports ${signature.uses.join(', ')}`
  const specification = describeSpecification(signature)
  const problems = checkCode({ ...reading, language, code: program.code, specification, request: '' })
  if (problems.length > 0) return problems.join(' ')
  const target = {
    name: signature.name,
    code: program.code,
    tools: [{ name: signature.name, language, code: program.code, function: signature.function }],
    needs: { ...readNeeds(language, reading.facts), environment },
  }
  const aliases: Generalised['aliases'] = []
  for (const entry of entries) {
    const call = calls[entry.version.name]
    const problem = checkCall(
      entry,
      call,
      parametersOf(signature.inputSchema).map(({ name }) => name),
    )
    if (call === undefined || problem !== null) return problem ?? `the reply does not call ${entry.version.name}`
    const names = new Map(Object.entries(call.parameters))
    const alias = await tryAlias(entry, target, { sandbox, names, constants: call.constants, ...stop })
    if (typeof alias === 'string') return `in the place of ${entry.version.name}: ${alias}`
    aliases.push({ entry, alias })
  }
  const tests = entries.flatMap((entry) => translateTests(entry, calls[entry.version.name]))
  if (tests.length === 0) return 'none of the tests of the two can be asked of it'
  const tool = toNewTool(entries, { signature, code: program.code, tests, reply })
  return { tool: { ...tool, needs: target.needs }, aliases }
}

/** Saves the tool and what takes the place of the two. Gives the version of the tool; rejects as `Library.save` does. */
export async function saveGeneralised(app: Pick<App, 'library'>, { tool, aliases }: Generalised): Promise<number> {
  const library = await app.library()
  const { name, version, needs } = await library.save(tool)
  for (const { entry, alias } of aliases) {
    const current = await library.findUsable(entry.version.name)
    if (current?.version !== entry.version.version) {
      throw new HandaxeError('tool_rejected', `${entry.version.name} was changed in the meantime`, {
        hint: 'Tidy again.',
        details: { tool: entry.version.name },
      })
    }
    await saveAlias(library, { entry, alias, target: { name, version, needs } })
  }
  return version
}

function renderTools(entries: readonly TidyEntry[]): string {
  const blocks = entries.map(({ version }) => {
    const examples = version.tests.filter(({ kind }) => kind !== 'property').slice(0, 5)
    const shown = examples.map((test) => `- ${JSON.stringify(test).slice(0, 500)}`).join('\n')
    return `## ${version.name}\n\n\`\`\`${version.language}\n${version.code.trimEnd()}\n\`\`\`\n\nTests:\n${shown}`
  })
  return blocks.join('\n\n')
}

function readCalls(text: string): Calls | null {
  const found = findJson(text, (value) => replySchema.safeParse(value).success)
  const read = 'value' in found ? replySchema.safeParse(found.value) : null
  return read?.success ? read.data.calls : null
}

function checkCall(
  { version, signature }: TidyEntry,
  call: Calls[string] | undefined,
  known: readonly string[],
): string | null {
  if (call === undefined) return `the reply does not say how ${version.name} is called`
  const passed = [...Object.values(call.parameters), ...Object.keys(call.constants)]
  const unknown = passed.find((name) => !known.includes(name))
  if (unknown !== undefined) return `it has no parameter ${unknown}`
  if (new Set(passed).size < passed.length) return `${version.name} would pass a parameter twice`
  const missing = parametersOf(signature.inputSchema).find(({ name }) => call.parameters[name] === undefined)
  return missing === undefined ? null : `the parameter ${missing.name} of ${version.name} has no place in it`
}

/** Properties import the tool by its old name: they stay with that. */
function translateTests({ version }: TidyEntry, call: Calls[string] | undefined): ToolTest[] {
  return version.tests.flatMap((test): ToolTest[] => {
    if (test.kind === 'property' || call === undefined) return []
    const given: JsonObject = { ...call.constants }
    for (const [here, there] of Object.entries(call.parameters)) {
      const value = test.arguments[here]
      if (value !== undefined) given[there] = value
    }
    return [{ ...test, name: `${version.name}: ${test.name}`, arguments: given }]
  })
}

function toNewTool(
  entries: readonly [TidyEntry, TidyEntry],
  {
    signature,
    code,
    tests,
    reply: { model, tokens, costUsd },
  }: Pick<NewTool, 'code' | 'tests'> & { signature: AliasCode['signature']; reply: AskedReply },
): NewTool {
  const versions = entries.map(({ version }) => version)
  return {
    ...signature,
    code,
    tests,
    whenToUse: versions
      .map(({ whenToUse }) => whenToUse)
      .filter(Boolean)
      .join(' '),
    exampleRequests: [...new Set(versions.flatMap(({ exampleRequests }) => exampleRequests))],
    provenance: {
      runId: null,
      model,
      createdAt: new Date().toISOString(),
      source: 'made',
      request: null,
      repairs: 0,
      tokens,
      costUsd,
    },
    state: 'verified',
    stateReason: `does what ${versions.map(({ name }) => name).join(' and ')} did, and passes the tests of both`,
  }
}
