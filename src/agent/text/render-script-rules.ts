import { DEFAULT_LIMITS } from '../../contracts/limits.ts'
import type { AgentDependencies } from '../dependencies.ts'
import { renderPrompt } from './load-prompt.ts'

const MIB = 1024 * 1024

/** What a script can count on, as planner and coder are told. */
export function renderScriptRules({
  environmentPackages,
  packages,
  limits,
}: Pick<AgentDependencies, 'environmentPackages' | 'packages' | 'limits'>): string {
  const { python, javascript } = environmentPackages
  const { wallMs, memoryBytes } = { ...DEFAULT_LIMITS, ...limits }
  return renderPrompt('script-rules', {
    PYTHON_PACKAGES: python.join(', ') || 'no packages',
    JAVASCRIPT_PACKAGES: javascript.length === 0 ? '' : ` with ${javascript.join(', ')}`,
    INSTALLING: describeInstalling(packages?.allowList ?? []),
    SECONDS: String(wallMs / 1000),
    MEGABYTES: String(Math.floor(memoryBytes / MIB)),
  })
}

/** What code may import besides, by the policy: it is installed when code needs it. */
export function describeInstalling(allowed: readonly string[]): string {
  if (allowed.length === 0) return 'Nothing can be installed'
  return `What code needs of these packages is installed when it imports or uses them: ${allowed.join(', ')}. Nothing else can be installed`
}
