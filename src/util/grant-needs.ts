import type { Execution } from '../contracts/sandbox.ts'
import type { ToolNeeds, ToolVersion } from '../contracts/tool.ts'

/**
 * What an execution of a tool gets beside its arguments and the files of the request: what its version says that it needs,
 * and nothing more. A version that names no host has no network. What a run gives nobody, it does not give here either: the
 * sandbox's policy bounds it.
 */
export function grantNeeds({
  needs,
}: {
  needs?: ToolVersion['needs'] | undefined
}): Pick<Execution, 'environment' | 'network'> {
  if (needs === undefined) return {}
  return {
    ...(needs.environment === null ? {} : { environment: needs.environment }),
    ...(needs.network.length === 0 ? {} : { network: { mode: 'allow-list', hosts: needs.network } }),
  }
}

/** An execution has one environment: where the code names none, it needs that of a tool that it imports. Hosts are granted to code, and not passed on. */
export function withImported(needs: ToolNeeds, imported: readonly Pick<ToolVersion, 'needs'>[]): ToolNeeds {
  const environment = imported.map((tool) => tool.needs.environment).find((name) => name !== null)
  return needs.environment !== null || environment === undefined ? needs : { ...needs, environment }
}
