import type { ExecutionResult, ToolLanguage } from '../../contracts/sandbox.ts'

/** Names that the sandbox itself gives a meaning. */
const OWN_MODULES = new Set(['tools', 'host'])

/**
 * The package's module that the code could not import, by its top-level name; null where it ended for another reason. It is
 * the code's claim: a program may raise such an error itself, and gets what importing the package would have got it.
 */
export function findMissingModule({ status, error }: ExecutionResult, language: ToolLanguage): string | null {
  if (status !== 'error' || error === undefined) return null
  const name =
    language === 'python'
      ? error.type === 'ModuleNotFoundError'
        ? /^No module named '([A-Za-z_]\w*)'/.exec(error.message)?.[1]
        : undefined
      : /^Cannot find package '((?:@[\w.-]+\/)?[\w.-]+)' imported from /.exec(error.message)?.[1]
  return name === undefined || OWN_MODULES.has(name) ? null : name
}
