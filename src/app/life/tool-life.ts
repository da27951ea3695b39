import type { ToolChange, ToolRecord, VersionLedger } from '../../contracts/tool.ts'
import { balanceLedger, totalLedgers, type Balance, type LedgerTotals } from '../../library/life/balance-ledger.ts'
import type { App } from '../open-app.ts'
import { parseToolReference } from '../parse-tool-reference.ts'

type WithLibrary = Pick<App, 'library'>

/** What people's commands do to a tool. All give what changed, and reject with `unknown_tool` and `tool_rejected`. */

export async function toolHistory(
  app: WithLibrary,
  name: string,
): Promise<{ record: ToolRecord; changes: ToolChange[] }> {
  const library = await app.library()
  return { record: await library.record(name), changes: await library.changes(name) }
}

export async function rollbackTool(
  app: WithLibrary,
  reference: string,
  { reason = '' }: { reason?: string } = {},
): Promise<ToolChange[]> {
  const { name, version } = parseToolReference(reference)
  return (await app.library()).rollback(name, { reason, ...(version === undefined ? {} : { version }) })
}

export async function pinTool(app: WithLibrary, reference: string): Promise<ToolChange[]> {
  const { name, version } = parseToolReference(reference)
  return (await app.library()).pin(name, version)
}

export async function unpinTool(app: WithLibrary, name: string): Promise<ToolChange[]> {
  return (await app.library()).unpin(name)
}

export async function setToolDisabled(
  app: WithLibrary,
  name: string,
  { disabled, reason = '' }: { disabled: boolean; reason?: string },
): Promise<ToolChange[]> {
  return (await app.library()).setDisabled(name, disabled, reason)
}

export async function annotateTool(app: WithLibrary, name: string, text: string): Promise<ToolChange[]> {
  return (await app.library()).annotate(name, text)
}

/** One version, or all where none is named. */
export async function retireTool(
  app: WithLibrary,
  reference: string,
  { reason = '' }: { reason?: string } = {},
): Promise<ToolChange[]> {
  const { name, version } = parseToolReference(reference)
  return (await app.library()).retire(name, { reason, ...(version === undefined ? {} : { version }) })
}

/** Deletes the kept calls of a tool, or of all. Gives how many there were. */
export async function forgetCalls(app: WithLibrary, name?: string): Promise<number> {
  return (await app.library()).forgetCalls(name)
}

export interface ToolStatistics {
  versions: (VersionLedger & Balance)[]
  totals: LedgerTotals
}

/** The ledger of each version of one tool, or of all. */
export async function toolStatistics(app: WithLibrary, name?: string): Promise<ToolStatistics> {
  const ledgers = await (await app.library()).ledgers(name)
  return { versions: ledgers.map((ledger) => ({ ...ledger, ...balanceLedger(ledger) })), totals: totalLedgers(ledgers) }
}
