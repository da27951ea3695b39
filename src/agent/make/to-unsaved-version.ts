import { createHash } from 'node:crypto'
import { NO_NEEDS, type NewTool, type ToolVersion } from '../../contracts/tool.ts'

/** A version that exists in this run only. */
export function toUnsavedVersion(tool: NewTool): ToolVersion {
  const codeHash = createHash('sha256').update(tool.code).digest('hex')
  return {
    ...tool,
    version: 1,
    codeHash,
    pins: [],
    needs: tool.needs ?? NO_NEEDS,
    admission: tool.admission ?? null,
    state: tool.state ?? 'candidate',
    stateReason: tool.stateReason ?? '',
  }
}
