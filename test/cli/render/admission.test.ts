import { describe, expect, test } from 'vitest'
import { renderAdmission, renderNeeds } from '../../../src/cli/render/admission.ts'
import { NO_NEEDS } from '../../../src/contracts/tool.ts'

describe('what a tool needs, in words', () => {
  test('names what it does not get as well', () => {
    expect(renderNeeds(NO_NEEDS)).toBe('no packages; no network; no host functions')
  })

  test('names packages with their environment, hosts with their ports, host functions', () => {
    const network = [{ host: 'api.example.com' }, { host: '*.example.org', port: 8443 }]
    expect(renderNeeds({ packages: ['numpy', 'arch'], environment: 'finance', network, hostFunctions: ['rate'] })).toBe(
      'the packages numpy, arch from the environment finance; the network: api.example.com, *.example.org:8443; the host functions rate',
    )
  })
})

describe('what was checked, in words', () => {
  test('of a version that was not checked says so', () => {
    expect(renderAdmission(null)).toBe('not checked beyond its tests')
  })

  test('names every check that was made, and hides no control character of a reviewer', () => {
    const text = renderAdmission({
      at: '2026-11-22T10:00:00.000Z',
      mutants: { tried: 12, survived: 3 },
      repeatedCalls: 25,
      review: { verdict: 'reject', model: 'a/b', reasons: ['wrong: \u001B[2Jfor NaN'] },
      droppedTests: [{ name: 'of one', reason: 'two calls disagree' }],
      neighbours: [{ name: 'spread', version: 2, verdict: 'fails' }],
    })
    expect(text.split('\n')).toEqual([
      'checked 2026-11-22',
      '  · 25 calls gave the same in two worlds',
      '  · its tests saw 9 of 12 planted faults',
      expect.stringMatching(/review by a\/b: reject\. wrong: .*for NaN/),
      '  · held against spread v2: fails',
      '  · left out: of one: two calls disagree',
    ])
    expect(text).not.toContain('\u001B')
  })
})
