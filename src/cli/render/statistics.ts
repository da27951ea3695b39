import type { ToolStatistics } from '../../app/life/tool-life.ts'
import { safeLine } from '../terminal.ts'
import { formatDuration, formatTable, formatUsd, plural } from './format.ts'

/** The ledger for people: a line for each version, what it failed of where that is asked for, and the sums. */
export function renderStatistics({ versions, totals }: ToolStatistics, { causes }: { causes: boolean }): string {
  const rows = versions.map((one) => [
    `${one.name}@${one.version}`,
    one.state,
    String(one.uses),
    String(one.successes),
    describeFailures(one.failuresBy),
    formatDuration(one.wallMs),
    `${one.madeTokens}`,
    `${one.tokensSaved}`,
    one.netCostUsd === null ? '?' : formatSigned(one.netCostUsd),
    describePayment(one),
  ])
  const head = ['TOOL', 'STATE', 'USES', 'GOOD', 'FAILED', 'TIME', 'TOKENS MADE', 'SAVED', 'NET USD', 'PAID FOR ITSELF']
  const parts = [formatTable([head, ...rows])]
  const shown = causes ? versions.flatMap((one) => one.causes.map((cause) => ({ ...cause, version: one.version }))) : []
  if (shown.length > 0) {
    const lines = shown.map(({ version, cause, fault, count }) => [
      `v${version}`,
      String(count),
      fault,
      safeLine(cause, 200),
    ])
    parts.push(formatTable([['VERSION', 'FAILED', 'BY', 'WITH'], ...lines]))
  }
  parts.push(describeTotals(totals))
  return parts.join('\n\n')
}

/** `3 (2 tool, 1 host)`; only whose fault there was. */
function describeFailures(failuresBy: ToolStatistics['versions'][number]['failuresBy']): string {
  const parts = Object.entries(failuresBy).filter(([, count]) => count > 0)
  const sum = parts.reduce((total, [, count]) => total + count, 0)
  return sum === 0 ? '0' : `${sum} (${parts.map(([source, count]) => `${count} ${source}`).join(', ')})`
}

function describePayment({ verdict, runsUntilPaid, madeTokens }: ToolStatistics['versions'][number]): string {
  switch (verdict) {
    case 'free':
      return madeTokens === 0 ? 'cost nothing' : 'yes'
    case 'paid':
      return 'yes'
    case 'unused':
      return 'no: not reused yet'
    case 'loss':
      return 'no: a script costs no more'
    case 'not-yet':
      return `no: ${plural(runsUntilPaid ?? 0, 'more run')} until it has`
  }
}

function formatSigned(usd: number): string {
  return usd < 0 ? `-${formatUsd(-usd)}` : formatUsd(usd)
}

function describeTotals(totals: ToolStatistics['totals']): string {
  const { neverReused } = totals
  const money = `${formatUsd(totals.madeCostUsd)} spent, ${formatUsd(totals.costSavedUsd)} saved`
  return [
    `${plural(totals.versions, 'version')}, ${plural(totals.uses, 'use')}, ${plural(totals.failures, 'failure')}`,
    `${totals.madeTokens} tokens spent on making, ${totals.tokensSaved} saved by reusing: net ${totals.netTokens}`,
    `${totals.paidForThemselves} of ${plural(totals.versions, 'version')} paid for themselves`,
    totals.costKnown ? money : `${money}, as far as prices are known`,
    `never reused: ${plural(neverReused.versions, 'version')}, ${neverReused.madeTokens} tokens`,
  ].join('\n')
}
