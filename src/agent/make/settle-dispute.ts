import type { TestSuite } from './test-suite.ts'
import type { Rejection } from './verify-code.ts'

/**
 * The author was told what fails and leaves the code as it is: that is a dispute, which a reviewer settles test by test. Null
 * where a test was dropped and the code is to be run again; else what its author is told next.
 */
export async function settleDispute(
  suite: TestSuite,
  { code, failures }: { code: string; failures: string },
): Promise<Omit<Rejection, 'yields'> | null> {
  if (await suite.dispute(code)) return null
  const parts = ['The code is the same as before.', suite.upheld.join('\n'), failures]
  return { failures: parts.filter((part) => part !== '').join('\n\n'), problems: ['the code is the same as before'] }
}
