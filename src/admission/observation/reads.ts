/** What a tool can read besides its arguments. */
export const READ_KINDS = ['clock', 'environment', 'files', 'network', 'processes', 'evaluation'] as const

export type ReadKind = (typeof READ_KINDS)[number]

/** By kind: names of functions, of variables, of files, of hosts, of commands; at most 20 of each. */
export type Reads = Record<ReadKind, string[]>

export function mergeReads(all: readonly Reads[]): Reads {
  const merged = READ_KINDS.map((kind) => [kind, [...new Set(all.flatMap((reads) => reads[kind]))]] as const)
  return Object.fromEntries(merged) as Reads
}
