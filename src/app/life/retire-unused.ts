import { USABLE_STATES } from '../../contracts/tool.ts'
import { proposeRetirement, type RetirementProposal } from '../../library/life/propose-retirement.ts'
import type { App } from '../open-app.ts'

/**
 * Tools that nothing speaks for keeping in search: hardly reused, idle for a season, imported by no tool in use. `apply`
 * retires them, which deletes nothing: `tools rollback NAME VERSION` brings one back.
 */
export async function retireUnused(
  app: Pick<App, 'library'>,
  { apply, now = Date.now() }: { apply: boolean; now?: number },
): Promise<RetirementProposal[]> {
  const library = await app.library()
  const tools = await library.list()
  const inUse = new Set(tools.filter(({ state }) => USABLE_STATES.includes(state)).map(({ name }) => name))
  const proposals: RetirementProposal[] = []
  for (const proposal of proposeRetirement(tools, now)) {
    const importers = await library.importers(proposal.name)
    if (!importers.some(({ name }) => inUse.has(name))) proposals.push(proposal)
  }
  if (apply) for (const { name, reason } of proposals) await library.retire(name, { reason })
  return proposals
}
