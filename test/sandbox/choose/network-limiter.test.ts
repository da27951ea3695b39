import { expect, test } from 'vitest'
import type { NetworkCeiling } from '../../../src/contracts/policy.ts'
import type { HostRule, NetworkAllowList } from '../../../src/contracts/network.ts'
import type { Execution, ExecutionResult, Sandbox } from '../../../src/contracts/sandbox.ts'
import { networkLimiter } from '../../../src/sandbox/choose/network-limiter.ts'

/** What would have been executed, under which network; the sandbox itself has tests of its own. */
async function ask(ceilings: NetworkCeiling[], network: Execution['network']) {
  const seen: Execution[] = []
  const recorder = {
    execute: async (execution: Execution) => {
      seen.push(execution)
      return { status: 'ok' } as ExecutionResult
    },
  } as Sandbox
  await networkLimiter(ceilings)(recorder).execute({
    language: 'python',
    code: '',
    ...(network === undefined ? {} : { network }),
  })
  return seen[0]?.network
}
const list = (...hosts: HostRule[]): NetworkAllowList => ({ mode: 'allow-list', hosts })

test.each([
  ['the very host', 'api.example.com', { host: 'api.example.com' }],
  ['another spelling of it', 'API.Example.com.', { host: 'api.example.com', port: 443 }],
  ['a name below a wildcard', '*.example.com', { host: 'a.b.example.com' }],
  ['a narrower wildcard', '*.example.com', { host: '*.eu.example.com' }],
  ['the same wildcard', '*.example.com', { host: '*.example.com' }],
  ['the port named', 'api.example.com:8443', { host: 'api.example.com', port: 8443 }],
])('the ceiling lets through: %s', async (_, allow, rule) => {
  expect(await ask([{ allow: [allow] }], list(rule))).toMatchObject({ hosts: [rule] })
})

test.each([
  ['another host', 'api.example.com', { host: 'api.example.org' }],
  ['a wildcard where a name is allowed', 'api.example.com', { host: '*.example.com' }],
  ['a broader wildcard', '*.eu.example.com', { host: '*.example.com' }],
  ['the parent of a wildcard', '*.example.com', { host: 'example.com' }],
  ['a name that only ends alike', '*.example.com', { host: 'badexample.com' }],
  ['another port', 'api.example.com', { host: 'api.example.com', port: 22 }],
  ['both usual ports where one is allowed', 'api.example.com:443', { host: 'api.example.com' }],
])('the ceiling refuses: %s', async (_, allow, rule) => {
  await expect(ask([{ allow: [allow] }], list({ host: 'ok.example.com', port: 1 }, rule))).rejects.toMatchObject({
    code: 'invalid_arguments',
    hint: expect.stringContaining('sandbox.network.allow'),
  })
  await expect(ask([{ allow: [allow, 'ok.example.com:1'] }], list(rule))).rejects.toMatchObject({
    code: 'invalid_arguments',
  })
})

test('an empty list allows nothing, and an execution without a network needs no permission', async () => {
  await expect(ask([{ allow: [] }], list({ host: 'api.example.com' }))).rejects.toMatchObject({
    code: 'invalid_arguments',
  })
  expect(await ask([{ allow: [] }], undefined)).toBeUndefined()
  expect(await ask([{ allow: [] }], { mode: 'none' })).toEqual({ mode: 'none' })
})

test('every ceiling has to agree, and what one denies is denied', async () => {
  const rule = { host: 'api.example.com' }
  const narrow = { allow: ['*.example.org'] }
  await expect(ask([{ allow: ['*.example.com'] }, narrow], list(rule))).rejects.toMatchObject({
    code: 'invalid_arguments',
  })
  const denied = await ask([{ deny: ['evil.example.com'] }, { deny: ['*.zip:80'] }], {
    ...list(rule),
    deny: [{ host: 'x.example.com' }],
  })
  expect(denied).toMatchObject({
    deny: [{ host: 'x.example.com' }, { host: 'evil.example.com' }, { host: '*.zip', port: 80 }],
  })
})

test.each(['https://api.example.com', 'a b', '', 'api.example.com:0', 'api.example.com:99999', 'x/y', '*'])(
  'a ceiling with %j in it is a fault of the configuration',
  (entry) => {
    for (const ceiling of [{ allow: [entry] }, { deny: [entry] }]) {
      expect(() => networkLimiter([ceiling])).toThrow(
        expect.objectContaining({ code: 'invalid_configuration', hint: expect.stringContaining('api.example.com') }),
      )
    }
  },
)
