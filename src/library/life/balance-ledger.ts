import type { VersionLedger } from '../../contracts/tool.ts'

/**
 * `free`: making it cost nothing; `unused`: no run has reused it; `loss`: reusing it costs more than a script would have, so it
 * will never pay; `not-yet` and `paid`: by what its reuses saved so far.
 */
export type Verdict = 'free' | 'unused' | 'loss' | 'not-yet' | 'paid'

/** Whether a version was worth writing. */
export interface Balance {
  verdict: Verdict
  /** By money where all prices are known and it cost any, else by tokens. */
  judgedBy: 'usd' | 'tokens'
  /** Further runs that reuse it until it has paid, at the average so far; 0 where it has, null where nobody can tell. */
  runsUntilPaid: number | null
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
    ...judge(ledger),
    netTokens: tokensSaved - madeTokens,
    netCostUsd: costKnown && madeCostUsd !== null ? costSavedUsd - madeCostUsd : null,
    tokensSavedPerRun: perRun,
    breakEvenRuns: breakEven(madeTokens, perRun),
    paidForItself: tokensSaved >= madeTokens,
  }
}

function judge({
  madeTokens,
  tokensSaved,
  madeCostUsd,
  costSavedUsd,
  costKnown,
  reusingRuns,
}: VersionLedger): Pick<Balance, 'verdict' | 'judgedBy' | 'runsUntilPaid'> {
  const byMoney = costKnown && madeCostUsd !== null && madeCostUsd > 0
  const judgedBy = byMoney ? 'usd' : 'tokens'
  const made = byMoney ? madeCostUsd : madeTokens
  const saved = byMoney ? costSavedUsd : tokensSaved
  if (made <= 0) return { verdict: 'free', judgedBy, runsUntilPaid: 0 }
  if (saved >= made) return { verdict: 'paid', judgedBy, runsUntilPaid: 0 }
  if (reusingRuns === 0) return { verdict: 'unused', judgedBy, runsUntilPaid: null }
  if (saved <= 0) return { verdict: 'loss', judgedBy, runsUntilPaid: null }
  return { verdict: 'not-yet', judgedBy, runsUntilPaid: Math.ceil((made - saved) / (saved / reusingRuns)) }
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
    paidForThemselves: ledgers.filter((ledger) => ['free', 'paid'].includes(balanceLedger(ledger).verdict)).length,
    neverReused: { versions: unused.length, madeTokens: unused.reduce((total, one) => total + one.madeTokens, 0) },
  }
}
