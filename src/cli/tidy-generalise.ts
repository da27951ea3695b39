import { generalisePairs, type Proposal } from '../app/tidy/generalise-pairs.ts'
import type { TidyPlan } from '../app/tidy/plan-tidy.ts'
import { saveGeneralised } from '../app/tidy/propose-generalised.ts'
import type { CommandContext } from './command.ts'
import { confirm } from './confirm.ts'
import { switchOption } from './option-values.ts'
import { formatUsd } from './render/format.ts'
import { safeText } from './terminal.ts'

export interface ReportedProposal {
  names: [string, string]
  name: string | null
  code: string | null
  /** Null where nothing was saved. */
  version: number | null
  problem: string | null
  tokens: number
  /** US dollars; null where the price is not known. */
  costUsd: number | null
}

/** One tool in place of two that differ at an edge: a model writes it, the tests of both and generated inputs decide. */
export async function generalise(context: CommandContext, plan: TidyPlan): Promise<ReportedProposal[]> {
  const { terminal, signal } = context
  const app = await context.openApp()
  const proposals = await generalisePairs(app, plan, {
    signal,
    onProgress: (names) => terminal.writeProgress(`· one tool for ${names.join(' and ')}?\n`),
  })
  const reported: ReportedProposal[] = []
  for (const proposal of proposals) reported.push(await decide(context, proposal))
  return reported
}

async function decide(context: CommandContext, proposal: Proposal): Promise<ReportedProposal> {
  const { names, generalised, problem, tokens, costUsd } = proposal
  const { terminal, options } = context
  if (generalised === null) {
    terminal.writeProgress(`${names.join(' and ')} stay two (${priceOf(proposal)}): ${safeText(problem ?? '')}\n`)
    return { names, name: null, code: null, version: null, problem, tokens, costUsd }
  }
  const { tool } = generalised
  const shown = { names, name: tool.name, code: tool.code, problem: null, tokens, costUsd }
  if (!switchOption(options, 'json')) {
    terminal.writeResult(`\n${tool.name} does what ${names.join(' and ')} do:\n${safeText(tool.code)}\n`)
  }
  if (!(await isWanted(context, names))) return { ...shown, version: null }
  const version = await saveGeneralised(await context.openApp(), generalised)
  terminal.writeProgress(
    `${tool.name} version ${version} is verified; ${names.join(' and ')} call it now (${priceOf(proposal)}).\n`,
  )
  return { ...shown, version }
}

function priceOf({ tokens, costUsd }: Proposal): string {
  return `${tokens} tokens, ${costUsd === null ? 'price not known' : formatUsd(costUsd)}`
}

async function isWanted(context: CommandContext, names: readonly string[]): Promise<boolean> {
  if (switchOption(context.options, 'dry-run')) return false
  if (switchOption(context.options, 'yes')) return true
  if (!context.terminal.interactive) return false
  const question = `Save it, and let ${names.join(' and ')} call it?`
  return confirm(context, { question, what: 'tools tidy', command: 'handaxe tools tidy --generalise --yes' })
}
