import { DEFAULT_LIMITS } from '../../contracts/limits.ts'
import type { ExecutionResult } from '../../contracts/sandbox.ts'
import type { FailureSource, ToolVersion } from '../../contracts/tool.ts'
import { wasKilledFromOutside, wasStarved } from './host-ended.ts'

/** The machine lacks what the tool was verified with; on another one it works. */
const INCOMPLETE_MACHINE = new Set(['ModuleNotFoundError', 'ImportError', 'ERR_MODULE_NOT_FOUND'])

/** A file that the call names and nobody gave. */
const MISSING_FILE = new Set(['FileNotFoundError'])

export interface FailedCall {
  tool: Pick<ToolVersion, 'code' | 'tests'>
  result: Pick<ExecutionResult, 'status' | 'error' | 'signal' | 'usage' | 'limits'>
  /** It ended well, and its value is not of the type that it declares. */
  mismatch: boolean
}

/**
 * Whose fault it is that a call failed whose arguments fit the tool's schema. In doubt it is the tool's, except where the
 * tool says itself that it refuses such arguments, where its limits were tighter than those that it is made for, and where
 * the machine was busy or lacks something: for these a good tool must not be lost.
 */
export function attributeFailure({ tool, result, mismatch }: FailedCall): FailureSource {
  if (mismatch) return 'tool'
  const { status, error, limits } = result
  switch (status) {
    case 'error': {
      const type = error?.type ?? ''
      if (INCOMPLETE_MACHINE.has(type)) return 'host'
      if (type === 'MemoryError') return isTight(limits.memoryBytes, DEFAULT_LIMITS.memoryBytes) ? 'caller' : 'tool'
      return MISSING_FILE.has(type) || refuses(tool, type) ? 'caller' : 'tool'
    }
    case 'timeout':
      if (isTight(limits.wallMs, DEFAULT_LIMITS.wallMs) || isTight(limits.cpuMs, DEFAULT_LIMITS.cpuMs)) return 'caller'
      return wasStarved(result) ? 'host' : 'tool'
    case 'out-of-memory':
      return isTight(limits.memoryBytes, DEFAULT_LIMITS.memoryBytes) ? 'caller' : 'tool'
    case 'output-limit':
      return isTight(limits.outputBytes, DEFAULT_LIMITS.outputBytes) ? 'caller' : 'tool'
    case 'killed':
      return wasKilledFromOutside(result) ? 'host' : 'tool'
    case 'no-result':
      return 'tool'
    case 'ok':
      return 'unknown'
  }
}

function isTight(limit: number, usual: number): boolean {
  return limit < usual
}

/** True where one of its tests, or its docstring, says that it raises such errors. */
function refuses({ tests, code }: FailedCall['tool'], type: string): boolean {
  if (!/^\w+$/.test(type)) return false
  if (tests.some((test) => test.kind === 'error' && test.raises === type)) return true
  return declaredErrors(code).some((text) => new RegExp(`\\b${type}\\b`).test(text))
}

/** What docstrings say after `Raises`, and JSDoc after `@throws`. */
function declaredErrors(code: string): string[] {
  const text = code.replaceAll('\r\n', '\n')
  const python = text.matchAll(/^[ \t]*Raises:?[ \t]*\n([\s\S]*?)(?:"""|'''|\n[ \t]*\n|$(?![\s\S]))/gm)
  const javascript = text.matchAll(/@(?:throws|exception)\b([^\n]*)/g)
  return [...python, ...javascript].map((match) => match[1] ?? '')
}
