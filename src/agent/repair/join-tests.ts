import { isDeepStrictEqual } from 'node:util'
import type { ToolTest, ToolVersion } from '../../contracts/tool.ts'

/** All tests of several versions, each once. */
export function joinTests(versions: readonly Pick<ToolVersion, 'tests'>[]): ToolTest[] {
  const tests: ToolTest[] = []
  for (const test of versions.flatMap((one) => one.tests)) {
    if (!tests.some((known) => isDeepStrictEqual(known, test))) tests.push(test)
  }
  return tests
}
