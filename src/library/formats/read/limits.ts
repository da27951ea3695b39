const KIB = 1024
const MIB = 1024 * KIB

/** Bounds of reading what others wrote. What goes beyond is left out, and said so. */
export const READING_LIMITS = {
  /** As much as the signature reader takes. */
  codeBytes: 256 * KIB,
  skillTextBytes: 256 * KIB,
  /** Of one tool: schemas, tests. */
  recordBytes: 8 * MIB,
  /** Of all tools in one file: manifests, bundles, `tools.json`. */
  collectionBytes: 256 * MIB,
  /** Files and folders below the one that is read. A library of 10,000 tools as skills has about 60,000. */
  entries: 200_000,
  depth: 12,
  /** Lines on what was left out. */
  leftOut: 1000,
} as const
