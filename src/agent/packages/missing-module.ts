import type { ExecutionError, ExecutionResult, ToolLanguage } from '../../contracts/sandbox.ts'

/** Names that the sandbox itself gives a meaning. */
const OWN_MODULES = new Set(['tools', 'host'])

const ABSENT = [/^No module named '([A-Za-z_]\w*)'/]
/**
 * What libraries say when they load another one only where it is needed, such as `pandas.read_excel`. These name the package
 * more often than the module.
 */
const OPTIONAL = [
  /`Import ([A-Za-z][\w.-]*)` failed/,
  /Missing optional dependency '([A-Za-z][\w.-]*)'/,
  /requires '([A-Za-z][\w.-]*)' version /,
  /^([A-Za-z][\w-]*) not found, please install/,
  /\b(?:pip3?|conda) install (?:-U |--upgrade )?['"]?([A-Za-z][\w.-]*)/,
]

/**
 * The package's module that the code could not import, by its top-level name; null where it ended for another reason. It is
 * the code's claim: a program may raise such an error itself, and gets what importing the package would have got it.
 */
export function findMissingModule({ status, error }: ExecutionResult, language: ToolLanguage): string | null {
  if (status !== 'error' || error === undefined) return null
  const name = language === 'python' ? missingInPython(error) : missingInJavascript(error)
  return name === null || OWN_MODULES.has(name) ? null : name
}

function missingInPython({ type, message }: ExecutionError): string | null {
  if (type !== 'ModuleNotFoundError' && type !== 'ImportError') return null
  for (const pattern of type === 'ModuleNotFoundError' ? ABSENT : OPTIONAL) {
    const name = pattern.exec(message)?.[1]
    if (name !== undefined) return name
  }
  return null
}

function missingInJavascript({ message }: ExecutionError): string | null {
  return /^Cannot find package '((?:@[\w.-]+\/)?[\w.-]+)' imported from /.exec(message)?.[1] ?? null
}
