import type { VersionLedger } from '../../contracts/tool.ts'

/** Whether a version was worth writing. */
export interface Balance {
  /** Saved by reusing it, less what writing it cost. */
  netTokens: number
  /** The same in US dollars; null where some price is not known. */
  netCostUsd: number | null
  /** Saved by a run that reused it, on average; null where none has. */
  tokensSavedPerRun: number | null
  /** Runs after which it will have paid, at that average; 0 where writing it cost nothing, null where nobody can tell. */
  breakEvenRuns: number | null
  paidForItself: boolean
}

export interface LedgerTotals {
  versions: number
  uses: number
  reuses: number
  failures: number
  madeTokens: number
  tokensSaved: number
  netTokens: number
  /** Sums of what is known. */
  madeCostUsd: number
  costSavedUsd: number
  /** False where some price is not known. */
  costKnown: boolean
  paidForThemselves: number
  /** What was written and never reused: it cost, and saved nothing. */
  neverReused: { versions: number; madeTokens: number }
}

export function balanceLedger(ledger: VersionLedger): Balance {
  const { madeTokens, tokensSaved, reusingRuns, madeCostUsd, costSavedUsd, costKnown } = ledger
  const perRun = reusingRuns === 0 ? null : tokensSaved / reusingRuns
  return {
    netTokens: tokensSaved - madeTokens,
    netCostUsd: costKnown && madeCostUsd !== null ? costSavedUsd - madeCostUsd : null,
    tokensSavedPerRun: perRun,
    breakEvenRuns: breakEven(madeTokens, perRun),
    paidForItself: tokensSaved >= madeTokens,
  }
}

function breakEven(madeTokens: number, perRun: number | null): number | null {
  if (madeTokens <= 0) return 0
  return perRun === null || perRun <= 0 ? null : Math.ceil(madeTokens / perRun)
}

export function totalLedgers(ledgers: readonly VersionLedger[]): LedgerTotals {
  const sum = (of: (ledger: VersionLedger) => number): number =>
    ledgers.reduce((total, ledger) => total + of(ledger), 0)
  const madeTokens = sum((ledger) => ledger.madeTokens)
  const tokensSaved = sum((ledger) => ledger.tokensSaved)
  const unused = ledgers.filter(({ reuses }) => reuses === 0)
  return {
    versions: ledgers.length,
    uses: sum(({ uses }) => uses),
    reuses: sum(({ reuses }) => reuses),
    failures: sum(({ failures }) => failures),
    madeTokens,
    tokensSaved,
    netTokens: tokensSaved - madeTokens,
    madeCostUsd: sum(({ madeCostUsd }) => madeCostUsd ?? 0),
    costSavedUsd: sum(({ costSavedUsd }) => costSavedUsd),
    costKnown: ledgers.every(({ costKnown }) => costKnown),
    paidForThemselves: ledgers.filter((ledger) => balanceLedger(ledger).paidForItself).length,
    neverReused: { versions: unused.length, madeTokens: unused.reduce((total, one) => total + one.madeTokens, 0) },
  }
}
