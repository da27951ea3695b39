import { afterAll, beforeAll, expect } from 'vitest'
import type { HostFunction } from '../../../src/contracts/sandbox.ts'
import { openTestSandbox, type TestSandbox } from '../../support/open-test-sandbox.ts'
import { testAttacks } from '../support/attack.ts'
import { testItem } from '../support/invariants.ts'

let opened: TestSandbox
beforeAll(async () => {
  opened = await openTestSandbox()
})
afterAll(() => opened.close())

let calls: unknown[] = []
/** Removes what it is told to remove: the arguments are all that stands between the code and the host. */
const remove: HostFunction = {
  name: 'remove',
  description: 'Removes a row.',
  inputSchema: {
    type: 'object',
    properties: { row: { type: 'integer', minimum: 1, maximum: 9 } },
    required: ['row'],
    additionalProperties: false,
  },
  execute: async (input) => {
    calls.push(input)
    return 'removed'
  },
}
const never: HostFunction = { ...remove, name: 'never', inputSchema: {}, execute: () => new Promise(() => {}) }
const large: HostFunction = { ...remove, name: 'large', inputSchema: {}, execute: async () => 'x'.repeat(1_000_000) }

/** Python that speaks on the control connection as the harness would. */
const FORGE = `
import json, os, struct, sys, time
def send(body, length=None):
    body = body if isinstance(body, bytes) else json.dumps(body).replace(': ', ':').replace(', ', ',').encode()
    data = struct.pack('>I', len(body) if length is None else length) + body
    while data:
        data = data[os.write(3, data):]
def call(name, input, id=0):
    send({'type': 'call', 'id': id, 'name': name, 'input': input})
def exactly(count):
    data = b''
    while len(data) < count:
        data += os.read(3, count - len(data))
    return data
def reply():
    return json.loads(exactly(struct.unpack('>I', exactly(4))[0]))
`
const offered = { host: [remove, never, large] }

testAttacks(
  () => opened,
  [
    {
      id: 'X7',
      title: 'forged arguments, names and ids reach no host function',
      code: `${FORGE}
found = []
for name, input in [('remove', {}), ('remove', {'row': 10}), ('remove', {'row': '1'}), ('remove', {'row': 1, 'all': True}),
                    ('remove', [1]), ('remove', None), ('__proto__', {}), ('constructor', {}), ('toString', {}), ('execute', {}),
                    ('remove', {'row': {'$number': 'NaN'}}), ('remove', {'__proto__': {'row': 1}})]:
    call(name, input)
    answer = reply()
    found.append(answer['error']['code'] if not answer['ok'] else 'called')
result(sorted(set(found)))
`,
      execution: offered,
      expect(result) {
        expect(result).toMatchObject({ status: 'ok', value: ['invalid-arguments', 'unknown-function'] })
        expect(calls.splice(0)).toEqual([])
      },
    },
    {
      id: 'X7',
      title: 'a patched module `host` gets no further than the host allows',
      code: `
import host, gc
channel = next(o for o in gc.get_objects() if type(o).__name__ == '_Channel')
channel._limits = {'calls': 10**9, 'inFlight': 10**9, 'inputBytes': 10**9}
for _ in range(100):
    host.remove(row=1)
`,
      execution: { ...offered, limits: { hostCalls: 10 } },
      expect(result) {
        expect(result).toMatchObject({ status: 'error', error: { type: 'InvalidResult' } })
        expect(result.error?.message).toContain('More calls of the host than 10')
        expect(calls.splice(0)).toHaveLength(10)
      },
    },
    {
      id: 'X7',
      title: 'more calls at a time than allowed end the execution',
      code: `${FORGE}\nfor n in range(100):\n    call('never', {}, n)\ntime.sleep(100)`,
      execution: { ...offered, limits: { hostCallsInFlight: 5 } },
      expect: (result) => expect(result).toMatchObject({ status: 'error', error: { type: 'InvalidResult' } }),
      withinMs: 3_000,
    },
    {
      id: 'X7',
      title: 'more bytes of arguments than allowed end the execution',
      code: `${FORGE}\nfor n in range(100):\n    call('remove', 'x' * 100_000, n)\ntime.sleep(100)`,
      execution: offered,
      expect: (result) => expect(result).toMatchObject({ status: 'error', error: { type: 'InvalidResult' } }),
      withinMs: 3_000,
    },
    {
      id: 'X7',
      title: 'replies that are never read stay few on the host',
      code: `${FORGE}
for n in range(200):
    call('large', {}, n)
    time.sleep(0.001)
kinds = [reply()['ok'] for _ in range(200)]
result([kinds.count(True), kinds.count(False)])
`,
      execution: { ...offered, limits: { hostCallsInFlight: 200 } },
      // Four of a megabyte fit into four mebibytes.
      expect: (result) => expect(result).toMatchObject({ status: 'ok', value: [4, 196] }),
      withinMs: 10_000,
    },
    ...[
      ['an id that is no number', "send({'type': 'call', 'id': 'x', 'name': 'remove', 'input': {'row': 1}})"],
      ['no input', "send({'type': 'call', 'id': 1, 'name': 'remove'})"],
      ['a name that is none', "send({'type': 'call', 'id': 1, 'name': {'remove': 1}, 'input': {'row': 1}})"],
      ['what is not JSON', 'send(b\'{"type":"call",\')'],
      ['a hundred thousand levels', 'send(b\'{"type":"call","id":1,"name":"remove","input":\' + b"[" * 100_000)'],
      ['a length of four gigabytes', "send(b'', 0xffffffff)"],
    ].map(([title, act]) => ({
      id: 'X7',
      title: `a call with ${title} ends the execution with an error`,
      code: `${FORGE}\n${act}\ntime.sleep(100)\n`,
      execution: offered,
      expect(result: { status: string; error?: { type: string } }) {
        expect(result).toMatchObject({ status: 'error', error: { type: 'InvalidResult' } })
        expect(calls.splice(0)).toEqual([])
      },
      withinMs: 3_000,
    })),
    {
      id: 'X7',
      title: 'a call without offered functions is no result',
      code: `${FORGE}\ncall('remove', {'row': 1})\ntime.sleep(100)\n`,
      expect: (result) => expect(result).toMatchObject({ status: 'error', error: { type: 'InvalidResult' } }),
      withinMs: 3_000,
    },
    {
      id: 'X7',
      title: 'calls after the result are ignored',
      code: `${FORGE}
send({'type': 'result', 'ok': True, 'hasValue': True, 'value': 1, 'outputs': 0})
for n in range(50):
    call('remove', {'row': 1}, n)
time.sleep(100)
`,
      execution: offered,
      expect(result) {
        expect(result).toMatchObject({ status: 'ok', value: 1 })
        expect(calls.splice(0)).toEqual([])
      },
      withinMs: 3_000,
    },
    {
      id: 'X7',
      title: 'a forked process cannot call through the module',
      code: `
import host, os
if os.fork() == 0:
    try:
        host.remove(row=1)
    except host.HostError as error:
        os.write(1, error.code.encode())
    os._exit(0)
os.wait()
result(host.remove(row=2))
`,
      execution: offered,
      expect(result) {
        expect(result).toMatchObject({ status: 'ok', value: 'removed', stdout: { head: 'wrong-process' } })
        expect(calls.splice(0)).toEqual([{ row: 2 }])
      },
    },
    {
      id: 'X7',
      title: 'JavaScript that writes its own calls is checked as well',
      language: 'javascript',
      code: `
import { writeSync } from 'node:fs'
import host from 'host'
for (const input of ['{}', '{"row":11}', '{"row":1,"__proto__":{"x":1},"y":2}']) {
  const body = Buffer.from('{"type":"call","id":999,"name":"remove","input":' + input + '}')
  const head = Buffer.alloc(4)
  head.writeUInt32BE(body.length)
  writeSync(3, Buffer.concat([head, body]))
}
result(await host.remove({ row: 3 }))
`,
      execution: offered,
      expect(result) {
        expect(result).toMatchObject({ status: 'ok', value: 'removed' })
        expect(calls.splice(0)).toEqual([{ row: 3 }])
      },
    },
  ],
)

testItem(
  'R12: each execution gets only the replies to its own calls, whatever ids it uses',
  () => opened,
  async ({ execute }) => {
    const secretOf = (secret: string): HostFunction => ({
      ...remove,
      name: 'secret',
      inputSchema: {},
      execute: async () => secret,
    })
    const code = `${FORGE}
found = set()
for n in range(100):
    call('secret', {}, n % 7)
    found.add(reply()['value'])
result(sorted(found))
`
    const secrets = Array.from({ length: 6 }, (_, index) => `secret ${index}`)
    const results = await Promise.all(
      secrets.map((secret) => execute({ language: 'python', code, host: [secretOf(secret)] })),
    )
    expect(results.map(({ value }) => value)).toEqual(secrets.map((secret) => [secret]))
  },
)
