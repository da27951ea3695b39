import { DEFAULT_LIMITS } from '../../contracts/limits.ts'
import type { AgentDependencies } from '../dependencies.ts'
import { renderPrompt } from './load-prompt.ts'

const MIB = 1024 * 1024

/** What a script can count on, as planner and coder are told. */
export function renderScriptRules({
  environmentPackages,
  limits,
}: Pick<AgentDependencies, 'environmentPackages' | 'limits'>): string {
  const { python, javascript } = environmentPackages
  const { wallMs, memoryBytes } = { ...DEFAULT_LIMITS, ...limits }
  return renderPrompt('script-rules', {
    PYTHON_PACKAGES: python.join(', ') || 'no packages',
    JAVASCRIPT_PACKAGES: javascript.length === 0 ? '' : ` with ${javascript.join(', ')}`,
    SECONDS: String(wallMs / 1000),
    MEGABYTES: String(Math.floor(memoryBytes / MIB)),
  })
}
