import { createHash } from 'node:crypto'
import type { RunEvent } from '../../../src/contracts/events.ts'
import type { RunRecord, RunResult } from '../../../src/contracts/run.ts'
import { INDEX_FIELDS, type Store, type ToolIndexText } from '../../../src/contracts/store.ts'
import {
  NO_NEEDS,
  type SolvedScript,
  type NewTool,
  type ToolState,
  type ToolUse,
  type ToolVersion,
} from '../../../src/contracts/tool.ts'

/** A tool as the library hands it to the store. */
export function sampleTool(
  name: string,
  changes: Partial<NewTool> & { pins?: ToolVersion['pins'] } = {},
): NewTool & { codeHash: string; pins: ToolVersion['pins'] } {
  const code = changes.code ?? `def ${name}(values: list[float]) -> float:\n    """The ${name}."""\n    return 1.0\n`
  return {
    name,
    function: name,
    language: 'python',
    summary: `The ${name}.`,
    description: `The ${name}. Of a list of numbers.`,
    inputSchema: {
      type: 'object',
      properties: { values: { type: 'array', items: { type: 'number' }, description: 'The numbers.' } },
      required: ['values'],
    },
    outputSchema: { type: 'number' },
    imports: [],
    uses: [],
    whenToUse: '',
    exampleRequests: [],
    needs: NO_NEEDS,
    admission: null,
    tests: [{ name: 'one', kind: 'example', arguments: { values: [1] }, expected: 1 }],
    provenance: {
      runId: null,
      model: null,
      createdAt: '2026-01-02T03:04:05.000Z',
      source: 'made',
      request: null,
      repairs: 0,
      tokens: 1200,
      costUsd: 0.01,
    },
    state: 'verified',
    stateReason: 'all tests passed',
    pins: [],
    ...changes,
    code,
    codeHash: createHash('sha256').update(code).digest('hex'),
  }
}

export function indexText(text: Partial<ToolIndexText>): ToolIndexText {
  const empty = Object.fromEntries(INDEX_FIELDS.map((field) => [field, ''])) as ToolIndexText
  return { ...empty, ...text }
}

/** The text by which a version of a sample is found where it becomes current again. */
export function sampleIndexOf({ name }: Pick<ToolVersion, 'name'>): ToolIndexText {
  return indexText({ name })
}

/** True where there is such a version. */
export async function setState(
  { tools }: Pick<Store, 'tools'>,
  { name, version, state, reason = '' }: { name: string; version: number; state: ToolState; reason?: string },
): Promise<boolean> {
  const states = [{ version, state, reason }]
  return (await tools.change(name, () => ({ states, reason, by: 'person' }), sampleIndexOf)) !== null
}

export function sampleUse(name: string, changes: Partial<ToolUse> = {}): ToolUse {
  return {
    name,
    version: 1,
    runId: null,
    at: '2026-02-01T00:00:00.000Z',
    outcome: 'success',
    cause: 'ok',
    wallMs: 12.5,
    reused: true,
    tokensSaved: 900,
    ...changes,
  }
}

export function sampleRun(runId: string, changes: Partial<RunRecord> = {}): RunRecord {
  return {
    runId,
    request: 'What is the volatility?',
    files: ['prices.csv'],
    status: 'running',
    startedAt: '2026-03-01T00:00:00.000Z',
    finishedAt: null,
    processId: 4242,
    host: 'here',
    result: null,
    ...changes,
  }
}

export function sampleEvent(runId: string, sequence: number, text = `event ${sequence}`): RunEvent {
  return { runId, sequence, at: '2026-03-01T00:00:01.000Z', type: 'answer-delta', text }
}

export function sampleResult(runId: string): RunResult {
  return {
    runId,
    status: 'succeeded',
    answer: '42',
    steps: [{ id: 's1', decision: 'script', tool: null, value: { nested: [1, null] }, succeeded: true }],
    artifacts: [],
    made: [],
    reused: [],
    usage: {
      calls: 1,
      inputTokens: 10,
      outputTokens: 5,
      tokens: 15,
      costUsd: 0.001,
      costKnown: true,
      executions: 1,
      wallMs: 1000,
    },
    error: null,
  }
}

export function sampleScript(id: string, changes: Partial<SolvedScript> = {}): Omit<SolvedScript, 'madeInto'> {
  return {
    id,
    runId: 'r1',
    at: '2026-01-02T03:04:05.000Z',
    request: 'How many rows have no price?',
    goal: 'Count the rows without a price',
    language: 'python',
    code: 'result(1)',
    value: { rows: 1 },
    files: [{ name: 'a.csv', description: '3 rows: price' }],
    tokens: 800,
    costUsd: null,
    ...changes,
  }
}
