import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { countTokens } from 'gpt-tokenizer'
import { openAdmissionGate } from '../src/app/open-admission-gate.ts'
import { createAgent } from '../src/agent/create-agent.ts'
import { HandaxeError } from '../src/contracts/errors.ts'
import type { Gateway, RoutedCall } from '../src/contracts/models.ts'
import { checkCode } from '../src/library/check-code.ts'
import { describeSpecification } from '../src/library/describe-specification.ts'
import { readNeeds } from '../src/library/read-needs.ts'
import { readSignature } from '../src/library/read-signature.ts'
import { renderSignature } from '../src/library/tool-prompt.ts'
import { round } from './measure.ts'
import { loadDataSets, toNewTool, type DataTool } from './retrieval-data.ts'
import { fillLibrary, growTools, type FilledLibrary } from './retrieval-library.ts'

interface TokensReport {
  tools: number
  requests: number
  /** Tokens of the planner's whole prompt, instructions included, over the requests. */
  mean: number
  least: number
  most: number
  /** How many tools it shows. */
  shownMean: number
  /** The definitions of all tools, as JSON Schema the way function calling takes them, without anything else. */
  allDefinitions: number
}

const SIZES = [10, 1000, 10_000]
const EVERY_NTH = 40

/**
 * What a planner's prompt costs in libraries of different sizes, counted by the tokenizer of OpenAI's models (o200k). The
 * prompts are those that the agent sends: it runs over a real library up to its first model call.
 */
export async function runBench(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: { sizes: { type: 'string', default: SIZES.join(',') }, json: { type: 'boolean', default: false } },
  })
  const sets = loadDataSets({})
  // Both sets by turns, so that a small library has tools of both.
  const longest = Math.max(...sets.map(({ tools }) => tools.length))
  const tools = Array.from({ length: longest }, (_, index) => sets.flatMap((set) => set.tools[index] ?? [])).flat()
  const requests = sets.flatMap((set) => set.queries.filter((_, index) => index % EVERY_NTH === 0))
  const reports: TokensReport[] = []
  for (const size of values.sizes.split(',').map(Number)) {
    reports.push(
      await measureSize(
        [...growTools(tools, size)],
        requests.map(({ query }) => query),
      ),
    )
  }
  const means = reports.map(({ mean }) => mean)
  const spreadPercent = round(100 * (Math.max(...means) / Math.min(...means) - 1), 1)
  console.log(values.json ? JSON.stringify({ sizes: reports, spreadPercent }) : render(reports, spreadPercent))
}

async function measureSize(tools: readonly DataTool[], requests: readonly string[]): Promise<TokensReport> {
  const filled = await fillLibrary(tools)
  const folder = mkdtempSync(join(tmpdir(), 'handaxe-tokens-'))
  try {
    const prompts: { tokens: number; shown: number }[] = []
    for (const request of requests) prompts.push(await planPrompt(filled, folder, request))
    const tokens = prompts.map((prompt) => prompt.tokens)
    return {
      tools: tools.length,
      requests: requests.length,
      mean: round(mean(tokens), 0),
      least: Math.min(...tokens),
      most: Math.max(...tokens),
      shownMean: round(mean(prompts.map(({ shown }) => shown)), 1),
      allDefinitions: tools.reduce((sum, tool) => sum + countTokens(toDefinition(tool)), 0),
    }
  } finally {
    await filled.close()
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Runs the agent until it asks the planner, and takes what it asks. */
async function planPrompt(
  { store, library }: FilledLibrary,
  folder: string,
  request: string,
): Promise<{ tokens: number; shown: number }> {
  const calls: RoutedCall[] = []
  const gateway: Gateway = {
    async generate(call) {
      calls.push(call)
      throw new HandaxeError('model_unavailable', 'The benchmark has no model')
    },
    describe: () => [],
    close: async () => undefined,
  }
  const agent = createAgent({
    gateway,
    sandbox: async () => Promise.reject(new Error('Nothing is executed before the plan')),
    library,
    journal: store.journal,
    readSignature,
    checkCode,
    renderSignature,
    readNeeds,
    describeSpecification: (tool) => describeSpecification(tool, tool),
    admission: openAdmissionGate(),
    checksTools: false,
    artifactsFolder: folder,
    environmentPackages: { python: ['numpy', 'pandas', 'scipy', 'matplotlib'], javascript: [] },
  })
  let shown = 0
  const run = agent.run({ text: request, files: [] })
  for await (const event of run) if (event.type === 'tools-retrieved') shown = event.candidates.length
  await run.result
  await agent.close()
  const [call] = calls
  if (call?.role !== 'planner') throw new Error('The first model call of the run is not the planner')
  const texts = [call.instructions, ...call.messages.map(({ content }) => content)]
  return { tokens: texts.reduce((sum, text) => sum + countTokens(text), 0) - countTokens(request), shown }
}

function toDefinition(tool: DataTool): string {
  const { name, description, inputSchema } = toNewTool(tool)
  return JSON.stringify({ type: 'function', function: { name, description, parameters: inputSchema } })
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}

function render(reports: readonly TokensReport[], spreadPercent: number): string {
  const lines = reports.map(
    ({ tools, requests, mean: average, least, most, shownMean, allDefinitions }) =>
      `${tools} tools: ${average} tokens (${least} to ${most}, ${requests} requests, ${shownMean} tools shown); all definitions ${allDefinitions}`,
  )
  return [...lines, `largest mean over smallest: ${spreadPercent} % more`].join('\n')
}
