import { renderPrompt } from './load-prompt.ts'

/** What a script can count on, as planner and coder are told. */
export function renderScriptRules(packages: { python: readonly string[]; javascript: readonly string[] }): string {
  return renderPrompt('script-rules', {
    PYTHON_PACKAGES: packages.python.join(', ') || 'no packages',
    JAVASCRIPT_PACKAGES: packages.javascript.length === 0 ? '' : ` with ${packages.javascript.join(', ')}`,
  })
}
