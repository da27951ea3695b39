import type { Execution } from '../../contracts/sandbox.ts'
import type { ToolVersion } from '../../contracts/tool.ts'

/**
 * What an execution of a tool gets beside its arguments and the files of the request: what its version says that it needs,
 * and nothing more. A version that names no host has no network. What a run gives nobody, it does not give here either: the
 * sandbox's policy bounds it.
 */
export function grantNeeds({ needs }: Pick<ToolVersion, 'needs'>): Pick<Execution, 'environment' | 'network'> {
  return {
    ...(needs.environment === null ? {} : { environment: needs.environment }),
    ...(needs.network.length === 0 ? {} : { network: { mode: 'allow-list', hosts: needs.network } }),
  }
}
