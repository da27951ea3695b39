import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openLibrary } from '../src/library/open-library.ts'
import { openStore } from '../src/store/open-store.ts'
import type { NewTool } from '../src/contracts/tool.ts'
import { round, summarise } from './measure.ts'
import { measureExec, renderExec, type ExecReport } from './startup-exec.ts'

const handaxe = join(import.meta.dirname, '..', 'dist', 'bin', 'handaxe.js')
const SAMPLES = 30
const TOOLS = 1000

/**
 * How long the command takes as a whole process: `--version` beside `node -e 0`, and `tools search` on 1,000 tools,
 * interleaved, so that the machine's moods meet all of them; then `exec` through the daemon. `--exec`: only that.
 */
export async function runBench(args: string[]): Promise<void> {
  const home = mkdtempSync(join(tmpdir(), 'handaxe-bench-'))
  try {
    if (args.includes('--exec')) {
      const exec = measureExec(handaxe, home)
      return console.log(args.includes('--json') ? JSON.stringify({ exec }) : renderExec(exec).join('\n'))
    }
    await fillLibrary(join(home, 'handaxe.db'))
    const commands: Record<string, string[]> = {
      node: ['-e', '0'],
      version: [handaxe, '--version'],
      search: [handaxe, 'tools', 'search', 'volatility of the returns over a window'],
    }
    const durations: Record<string, number[]> = { node: [], version: [], search: [] }
    // One round first: it fills the compile cache and the page cache, as any first call does for a user.
    for (let sample = -1; sample < SAMPLES; sample++) {
      for (const [name, command] of Object.entries(commands)) {
        const startedAt = performance.now()
        const { status, stderr } = spawnSync(process.execPath, command, {
          env: { ...process.env, HANDAXE_HOME: home },
          encoding: 'utf8',
        })
        if (status !== 0) throw new Error(`${name} ended with ${status}: ${stderr}`)
        if (sample >= 0) durations[name]?.push(performance.now() - startedAt)
      }
    }
    const node = summarise(durations['node'] ?? [])
    const version = summarise(durations['version'] ?? [])
    const search = summarise(durations['search'] ?? [])
    const report = {
      node,
      version,
      search,
      ratios: { version: round(version.p50Ms / node.p50Ms, 2) },
      tools: TOOLS,
      exec: measureExec(handaxe, home),
    }
    console.log(args.includes('--json') ? JSON.stringify(report) : render(report))
  } finally {
    rmSync(home, { recursive: true, force: true })
  }
}

function render({
  node,
  version,
  search,
  ratios,
  exec,
}: {
  node: { p50Ms: number }
  version: { p50Ms: number }
  search: { p50Ms: number; p95Ms: number }
  ratios: { version: number }
  exec: ExecReport
}): string {
  return [
    `node -e 0                            ${node.p50Ms.toFixed(1)} ms`,
    `handaxe --version                    ${version.p50Ms.toFixed(1)} ms (${ratios.version} times)`,
    `handaxe tools search, 1,000 tools    ${search.p50Ms.toFixed(1)} ms (p95 ${search.p95Ms.toFixed(1)} ms)`,
    ...renderExec(exec),
  ].join('\n')
}

const SUBJECTS = [
  'price',
  'return',
  'weather',
  'order',
  'customer',
  'temperature',
  'trade',
  'page',
  'sensor',
  'invoice',
]
const ACTS = [
  'mean',
  'volatility',
  'trend',
  'outliers',
  'histogram',
  'forecast',
  'ranking',
  'correlation',
  'share',
  'growth',
]

async function fillLibrary(path: string): Promise<void> {
  const store = await openStore({ path })
  const library = openLibrary({ store })
  for (let index = 0; index < TOOLS; index++) await library.save(madeUpTool(index))
  await store.close()
}

function madeUpTool(index: number): NewTool {
  const subject = SUBJECTS[index % SUBJECTS.length] ?? ''
  const act = ACTS[Math.floor(index / SUBJECTS.length) % ACTS.length] ?? ''
  const name = `${subject}_${act}_${index}`
  return {
    name,
    function: name,
    language: 'python',
    summary: `The ${act} of ${subject} values over window ${index}.`,
    description: `The ${act} of a list of ${subject} values, number ${index} of its kind.`,
    inputSchema: {
      type: 'object',
      properties: { values: { type: 'array', items: { type: 'number' }, description: `The ${subject} values` } },
      required: ['values'],
    },
    outputSchema: { type: 'number', description: `The ${act}` },
    imports: [],
    uses: [],
    code: `def ${name}(values: list[float]) -> float:\n    """The ${act} of ${subject} values."""\n    return float(sum(values)) + ${index}\n`,
    whenToUse: `For the ${act} of ${subject} values.`,
    exampleRequests: [`What is the ${act} of the ${subject}?`],
    tests: [],
    provenance: {
      runId: null,
      model: null,
      createdAt: '2026-01-01T00:00:00.000Z',
      source: 'imported',
      request: null,
      repairs: 0,
      tokens: 0,
      costUsd: null,
    },
    state: 'verified',
  }
}
