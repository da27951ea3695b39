import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import { createHome, runCli } from '../support/run-cli.ts'
import { REQUESTS } from '../../examples/volatility/requests.mjs'

const example = join(import.meta.dirname, '..', '..', 'examples', 'volatility')
const prices = join(example, 'AAPL.csv')

/** Computed here in the plainest way, from the file, without anything of handaxe. */
function volatility(window: number, offset: number): number {
  const closes = readFileSync(prices, 'utf8')
    .trim()
    .split('\n')
    .slice(1)
    .map((line) => Number(line.split(',')[4]))
  const returns = closes.slice(1).map((close, index) => Math.log(close / (closes[index] ?? Number.NaN)))
  const taken = returns.slice(returns.length - offset - window, returns.length - offset)
  const mean = taken.reduce((sum, value) => sum + value, 0) / window
  const variance = taken.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (window - 1)
  return Math.sqrt(variance * 252)
}

const percent = (value: number): string => `${(100 * value).toFixed(2)}%`

let home: string

beforeAll(() => {
  home = createHome()
})

const ask = (request: string | undefined) =>
  runCli(home, ['run', request ?? '', '-f', prices, '--replay', join(example, 'cassette.jsonl'), '--json'])

test('the independent computation gives the known number', () => {
  expect(volatility(37, 0)).toBeCloseTo(0.169728, 6)
})

test('the first request makes the tool, and its numbers and plot are right', async () => {
  const outcome = await ask(REQUESTS[0])
  expect(outcome.exitCode, outcome.stderr).toBe(0)
  const result = JSON.parse(outcome.stdout)
  expect(result).toMatchObject({
    status: 'succeeded',
    made: [{ name: 'annualised_volatility', version: 1, saved: true }],
    calls: 4,
  })
  expect(result.answer).toContain(percent(volatility(37, 0)))
  expect(result.answer).toContain(percent(volatility(37, 37)))
  const values = result.steps.map((step: { value: unknown }) => step.value)
  expect(values[0]).toBeCloseTo(volatility(37, 0), 12)
  expect(values[1]).toBeCloseTo(volatility(37, 37), 12)
  expect(result.artifacts).toMatchObject([
    { name: expect.stringContaining('rolling_volatility.png'), mediaType: 'image/png' },
  ])
  expect(readFileSync(result.artifacts[0].path).subarray(1, 4).toString()).toBe('PNG')
})

test('the second request reuses it: one call, no code', async () => {
  const outcome = await ask(REQUESTS[1])
  expect(outcome.exitCode, outcome.stderr).toBe(0)
  const result = JSON.parse(outcome.stdout)
  expect(result).toMatchObject({ made: [], reused: [{ name: 'annualised_volatility', version: 1 }], calls: 1 })
  expect(result.answer).toContain(percent(volatility(60, 0)))
})

test('asked once more, the first request reuses it too, and one tool stands in the library with its uses', async () => {
  const outcome = await ask(REQUESTS[0])
  expect(outcome.exitCode, outcome.stderr).toBe(0)
  expect(JSON.parse(outcome.stdout)).toMatchObject({ made: [], reused: [{ name: 'annualised_volatility' }], calls: 1 })
  const listed = JSON.parse((await runCli(home, ['tools', 'list', '--json'])).stdout)
  expect(listed).toHaveLength(1)
  expect(listed[0].ledger.uses).toBeGreaterThanOrEqual(2)
})

test('a request that was not recorded fails with the nearest recorded prompt and how to record', async () => {
  const outcome = await ask('What is the highest closing price?')
  expect(outcome.exitCode).toBe(1)
  expect(JSON.parse(outcome.stdout).error).toMatchObject({
    code: 'replay_mismatch',
    hint: expect.stringContaining('--record'),
  })
})
