import { expect, test } from 'vitest'
import type { VersionLedger } from '../../../src/contracts/tool.ts'
import { balanceLedger, totalLedgers } from '../../../src/library/life/balance-ledger.ts'

function ledger(changes: Partial<VersionLedger> = {}): VersionLedger {
  return {
    name: 'mean',
    version: 1,
    state: 'verified',
    createdAt: '2026-01-01T00:00:00.000Z',
    uses: 0,
    successes: 0,
    failures: 0,
    reuses: 0,
    reusingRuns: 0,
    tokensSaved: 0,
    wallMs: 0,
    lastUsedAt: null,
    differentInputs: 0,
    failuresBy: { tool: 0, caller: 0, host: 0, unknown: 0 },
    causes: [],
    madeTokens: 1000,
    madeCostUsd: 0.01,
    costSavedUsd: 0,
    costKnown: true,
    ...changes,
  }
}

test.each([
  ['that nobody reused', {}, { netTokens: -1000, breakEvenRuns: null, paidForItself: false, netCostUsd: -0.01 }],
  [
    'on its way',
    { reuses: 1, reusingRuns: 1, tokensSaved: 400 },
    { netTokens: -600, tokensSavedPerRun: 400, breakEvenRuns: 3, paidForItself: false },
  ],
  [
    'that has paid to the token',
    { reuses: 2, reusingRuns: 2, tokensSaved: 1000 },
    { netTokens: 0, breakEvenRuns: 2, paidForItself: true },
  ],
  [
    'whose reuses cost more than writing it',
    { reuses: 5, reusingRuns: 5, tokensSaved: 0 },
    { breakEvenRuns: null, paidForItself: false },
  ],
  [
    'that was only called by hand',
    { reuses: 9, reusingRuns: 0, tokensSaved: 0 },
    { tokensSavedPerRun: null, breakEvenRuns: null, paidForItself: false },
  ],
  ['that cost nothing', { madeTokens: 0, madeCostUsd: 0 }, { breakEvenRuns: 0, paidForItself: true, netCostUsd: 0 }],
  ['without a price', { madeCostUsd: null, costKnown: false }, { netCostUsd: null }],
  ['with a reuse without a price', { costSavedUsd: 0.5, costKnown: false }, { netCostUsd: null }],
])('a version %s', (_, changes, balance) => {
  expect(balanceLedger(ledger(changes))).toMatchObject(balance)
})

test('the sums tell what was spent on what never came back', () => {
  const totals = totalLedgers([
    ledger({ uses: 3, reuses: 2, reusingRuns: 2, tokensSaved: 1500, costSavedUsd: 0.02 }),
    ledger({ version: 2, uses: 1, failures: 1, madeTokens: 700, madeCostUsd: null, costKnown: false }),
  ])
  expect(totals).toMatchObject({
    versions: 2,
    uses: 4,
    reuses: 2,
    failures: 1,
    madeTokens: 1700,
    tokensSaved: 1500,
    netTokens: -200,
    madeCostUsd: 0.01,
    costSavedUsd: 0.02,
    costKnown: false,
    paidForThemselves: 1,
    neverReused: { versions: 1, madeTokens: 700 },
  })
  expect(totalLedgers([])).toMatchObject({ versions: 0, costKnown: true, neverReused: { versions: 0 } })
})

test.each<[string, Partial<VersionLedger>, object]>([
  ['never reused', {}, { verdict: 'unused', judgedBy: 'usd', runsUntilPaid: null }],
  [
    'that saves a little each time',
    { reusingRuns: 3, tokensSaved: 30, costSavedUsd: 0.003 },
    { verdict: 'not-yet', judgedBy: 'usd', runsUntilPaid: 7 },
  ],
  [
    'that saved many cheap tokens, and not the money of making it',
    { reusingRuns: 4, tokensSaved: 4_000, costSavedUsd: 0.004 },
    { verdict: 'not-yet', judgedBy: 'usd', runsUntilPaid: 6 },
  ],
  [
    'whose reuses cost more than scripts',
    { reusingRuns: 2, tokensSaved: -200, costSavedUsd: -0.001 },
    { verdict: 'loss', runsUntilPaid: null },
  ],
  [
    'made dearly, of unknown price',
    { madeTokens: 90_000, madeCostUsd: null, costKnown: false, reusingRuns: 2, tokensSaved: 1_200 },
    { verdict: 'not-yet', judgedBy: 'tokens', runsUntilPaid: 148 },
  ],
  ['that has paid', { reusingRuns: 2, tokensSaved: 10, costSavedUsd: 0.01 }, { verdict: 'paid', runsUntilPaid: 0 }],
  ['made for nothing', { madeTokens: 0, madeCostUsd: 0 }, { verdict: 'free', runsUntilPaid: 0 }],
])('a version %s is judged by what its reuses saved', (_, changes, balance) => {
  expect(balanceLedger(ledger(changes))).toMatchObject(balance)
})
