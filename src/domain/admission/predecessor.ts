import type { JsonObject } from '../../contracts/json.ts'
import type { Limits } from '../../contracts/limits.ts'
import type { KeptCall, ToolTest } from '../../contracts/tool.ts'

/** The version that a tool is to take the place of. */
export interface Predecessor {
  version: number
  /** Those that are the tool's own as well are not run again. */
  tests: readonly ToolTest[]
  /** Successful calls, which have to give the same values again. */
  calls: readonly KeptCall[]
  /** Arguments that it failed for by its own fault. */
  failures?: readonly JsonObject[]
  /** Of each call, where they are not the sandbox's own. */
  limits?: Partial<Limits>
}
