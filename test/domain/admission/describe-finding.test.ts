import { expect, test } from 'vitest'
import { describeFinding } from '../../../src/domain/admission/describe-finding.ts'
import type { AdmissionFinding } from '../../../src/domain/admission/finding.ts'

const LONG = { values: Array.from({ length: 500 }, (_, index) => index) }

test.each<[AdmissionFinding, string | RegExp]>([
  [{ check: 'static', code: 'problem', problem: 'It imports os.' }, 'It imports os.'],
  [
    { check: 'tests', code: 'failed', test: 'of "two"', failure: 'expected 1, got 2' },
    'Test "of "two"": expected 1, got 2',
  ],
  [
    { check: 'regression', code: 'test', version: 3, test: 'one', failure: 'expected 1, got 2' },
    'Test "one" of version 3: expected 1, got 2',
  ],
  [
    {
      check: 'regression',
      code: 'call',
      arguments: { x: 1 },
      at: '2026-02-01T00:00:00.000Z',
      difference: 'expected 0, got -1',
    },
    'The call {"x":1} of 2026-02-01: expected 0, got -1',
  ],
  [
    { check: 'regression', code: 'still-fails', arguments: { x: 1 }, problem: "it ended with 'error'", misfit: false },
    `It still fails for {"x":1}: it ended with 'error'`,
  ],
  [
    { check: 'test-quality', code: 'asserts-nothing', tests: ['p'], because: 'holds-for-stubs' },
    'The property "p" also holds for tools that do nothing: let it compare what the tool gives.',
  ],
  [{ check: 'test-quality', code: 'duplicate', tests: ['a', 'b'] }, '"b" repeats "a".'],
  [
    { check: 'test-quality', code: 'few-examples', tests: [], results: 2, needed: 3 },
    'There are 2 tests of a result; at least 3 with different arguments are needed: examples, or properties where no value can be worked out.',
  ],
  [{ check: 'test-quality', code: 'no-edge-case', tests: [], ofFiles: true }, /add an empty file, a header alone/],
  [
    { check: 'test-quality', code: 'unproven-properties', tests: [], seen: 1, planted: 2 },
    /1 of 2 planted mistakes do not show/,
  ],
  [
    {
      check: 'determinism',
      code: 'unsteady',
      arguments: LONG,
      difference: 'expected 1, got 2',
      sources: ['hash-order'],
    },
    /^The same arguments give different results, for \{"values":\[0,1,.{100,200}…: expected 1, got 2\. Probably .* sort it\.$/,
  ],
  [
    { check: 'determinism', code: 'reads-outside', kind: 'environment', names: ['HOME'] },
    /environment variables: HOME/,
  ],
  [{ check: 'determinism', code: 'network', names: ['a.example'] }, 'It reaches for the network: a.example.'],
  [
    {
      check: 'mutation',
      code: 'weak',
      record: { tried: 10, survived: 6, alike: 0 },
      unseen: [{ line: 3, before: '<', after: '<=' }],
    },
    'Its tests do not see all mistakes: the tests see 40 % of 10 small mistakes; 75 % are asked for. Unseen: line 3: `<` made `<=`',
  ],
  [
    { check: 'twins', code: 'not-told-apart', name: 'spread', version: 2, arguments: { x: 1 } },
    'spread version 2 passes the same tests and does something else for {"x":1}: add a test that tells them apart.',
  ],
  [
    { check: 'twins', code: 'twin', name: 'spread', version: 2, reason: 'it agrees' },
    'spread version 2 does the same: it agrees.',
  ],
  [{ check: 'review', code: 'wrong', line: 3, text: 'It is wrong for NaN.' }, 'It is wrong for NaN.'],
  [
    { check: 'determinism', code: 'not-finished', reason: 'its 3 executions are used up' },
    'The check determinism did not come to its end: its 3 executions are used up.',
  ],
])('%j', (finding, sentence) => {
  if (typeof sentence === 'string') expect(describeFinding(finding)).toBe(sentence)
  else expect(describeFinding(finding)).toMatch(sentence)
})
