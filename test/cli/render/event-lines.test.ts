import pc from 'picocolors'
import { expect, test } from 'vitest'
import type { RunEvent, RunEventBody } from '../../../src/contracts/events.ts'
import { renderEvent } from '../../../src/cli/render/event-lines.ts'

const colors = pc.createColors(false)
const render = (body: RunEventBody, verbose = false): string =>
  renderEvent({ runId: 'r', at: '2026-01-01T00:00:00.000Z', sequence: 1, ...body } as RunEvent, { colors, verbose })

test('a file is described by its kind, its size and its columns', () => {
  const column = { name: 'Close', type: 'number' as const, missing: 0, examples: [] }
  const text = render({
    type: 'inputs-inspected',
    wallMs: 1,
    files: [
      {
        name: 'a.csv',
        bytes: 2048,
        kind: 'table',
        mediaType: 'text/csv',
        encoding: 'utf-8',
        table: { delimiter: ',', rows: 506, columns: [column] },
        head: '',
        notes: ['It begins with a byte order mark.'],
      },
    ],
  })
  expect(text).toBe('▪ a.csv: table, 506 rows, 2.0 KiB, utf-8\n    Close number\n    It begins with a byte order mark.')
})

test('of a wide table the first columns are shown, and all if asked for', () => {
  const columns = Array.from({ length: 40 }, (_, index) => ({
    name: `c${index}`,
    type: 'number' as const,
    missing: 0,
    examples: [],
  }))
  const table = { delimiter: ',', rows: 1, columns }
  const file = {
    name: 'a.csv',
    bytes: 9,
    kind: 'table' as const,
    mediaType: 'text/csv',
    encoding: null,
    table,
    head: '',
    notes: [],
  }
  const event: RunEventBody = { type: 'inputs-inspected', wallMs: 1, files: [file] }
  expect(render(event)).toMatch(/c29 number, and 10 more \(--verbose\)$/)
  expect(render(event, true)).toMatch(/c39 number$/)
})

test('an empty library and one in which nothing fits read differently', () => {
  expect(render({ type: 'tools-retrieved', total: 0, candidates: [] })).toContain('empty')
  expect(render({ type: 'tools-retrieved', total: 30, candidates: [] })).toContain('none of its 30 tools fits')
})

test('long code is clipped unless the whole is asked for', () => {
  const code = Array.from({ length: 200 }, (_, index) => `x${index} = ${index}`).join('\n')
  const event: RunEventBody = {
    type: 'code-written',
    stepId: 's1',
    language: 'python',
    code,
    attempt: 1,
    specification: null,
  }
  expect(render(event).split('\n').length).toBeLessThan(70)
  expect(render(event, true).split('\n')).toHaveLength(201)
})

test('text of models, files and code cannot steer the terminal', () => {
  const text = render({
    type: 'test-failed',
    stepId: 's1',
    test: '\u001b[2J',
    reason: '\u001b]0;title\u0007',
    wallMs: 1,
  })
  expect(text).not.toContain('\u001b')
  expect(text).toContain('\\x1b[2J')
})

test('a price that is not known is said to be unknown, not zero', () => {
  const usage = { inputTokens: 10, outputTokens: 5, cachedInputTokens: 0, reasoningTokens: 0, reported: true }
  const event: RunEventBody = {
    type: 'model-called',
    role: 'planner',
    tier: 'fast',
    model: 'x/y',
    purpose: 'plan',
    usage,
    costUsd: null,
    wallMs: 5,
    attempts: 1,
    reply: '',
  }
  expect(render(event)).toContain('price not known')
  expect(render({ ...event, costUsd: 0.002 })).toContain('$0.0020')
})

const NASTY = 'What is the mean?\n✓ all tests passed\r\n\u001b[2Kerror\u2028fine\tdone'

test.each<[string, RunEventBody]>([
  ['earlier requests', { type: 'instances-found', scripts: [{ id: 'a', request: NASTY, score: 1 }] }],
  ['goals', { type: 'step-started', stepId: 's1', decision: 'script', goal: NASTY }],
  ['names of tests', { type: 'test-passed', stepId: 's1', test: NASTY, wallMs: 5 }],
  [
    'summaries of tools',
    { type: 'tools-retrieved', total: 40, candidates: [{ name: 'mean', version: 1, summary: NASTY, score: 1 }] },
  ],
  ['requests', { type: 'run-started', request: NASTY, files: [], notice: null }],
  ['reasons', { type: 'replanned', reason: NASTY, attempt: 1 }],
  ['problems', { type: 'code-rejected', stepId: 's1', attempt: 1, problems: [NASTY, NASTY] }],
  ['warnings', { type: 'warning', code: 'tool_rejected', message: NASTY }],
])('%s of several lines begin no line of their own', (_, event) => {
  const lines = render(event).split('\n')
  expect(
    lines.filter((line) => /^(?:✓|error|fine|\s{0,3}✓)/.test(line) && !line.includes('What is the mean?')),
  ).toEqual([])
  expect(lines.slice(1).every((line) => line.startsWith('    '))).toBe(true)
  // oxlint-disable-next-line no-control-regex -- what must not be there
  expect(render(event)).not.toMatch(/[\u001b\r\u2028]/)
})

test('an earlier request is one line, and not longer than a line', () => {
  const request = `${'Compare the years. '.repeat(40)}\n`.repeat(30)
  const [, line = '', ...more] = render({ type: 'instances-found', scripts: [{ id: 'a', request, score: 1 }] }).split(
    '\n',
  )
  expect(more).toEqual([])
  expect([...line].length).toBeLessThan(250)
  expect(line).toMatch(/^ {4}Compare the years\. Compare/)
})

test('a check without facts is a whole sentence', () => {
  const checks = { mutants: null, repeatedCalls: null, review: null, neighbours: [] }
  const step = { stepId: 's1', tool: 'mean', findings: [], checks, wallMs: 107 }
  const event = { type: 'tool-checked' as const, ...step }
  expect(render({ ...event, decision: 'strengthen-tests' })).toBe('! mean’s tests are too weak (107 ms)')
  expect(render({ ...event, decision: 'admit' })).toBe('✓ mean checked (107 ms)')
  const seen = { ...checks, mutants: { tried: 12, survived: 4 } }
  expect(render({ ...event, decision: 'refuse', checks: seen } as never)).toBe(
    '! mean is refused: 8 of 12 planted faults seen (107 ms)',
  )
})

test('a call that brought no reply says what it cost all the same', () => {
  const usage = { inputTokens: 300, outputTokens: 20, cachedInputTokens: 0, reasoningTokens: 0, reported: false }
  const event = { type: 'model-failed', role: 'planner', purpose: 'plan', wallMs: 9, code: 'model_timeout' } as const
  expect(render({ ...event, usage, costUsd: 0.25, problem: 'too slow' })).toBe(
    '! plan: no reply (too slow), ≈300+20 tokens all the same, $0.25',
  )
  expect(render({ ...event, usage: null, costUsd: 0, problem: 'refused' })).toBe('! plan: no reply (refused)')
})
