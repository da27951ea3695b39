import { expect } from 'vitest'
import type { Attack } from '../../support/attack.ts'

/** Python that sends bytes on the control connection as the harness would. */
const FORGE = `
import os, struct, sys, time
def send(body, length=None):
    os.write(3, struct.pack('>I', len(body) if length is None else length) + body)
`

/** Section R: what a program sends on its connections, or gives as its value. */
export const FRAMES: Attack[] = [
  {
    id: 'R1',
    title: 'a forged result on stdout, stderr and every descriptor is only output, or only a claimed value',
    code: `${FORGE}
frame = b'{"type":"result","ok":true,"hasValue":true,"value":"forged","outputs":0}'
for number in (1, 2):
    os.write(number, struct.pack('>I', len(frame)) + frame)
while True: pass
`,
    execution: { limits: { wallMs: 500 } },
    expect(result) {
      expect(result.status).toBe('timeout')
      expect(result.value).toBeUndefined()
      expect(result.stdout.head).toContain('forged')
    },
    withinMs: 3_000,
  },
  {
    id: 'R1',
    title: 'a forged result on the control connection is a claimed value and nothing more',
    code: `${FORGE}
send(b'{"type":"result","ok":true,"hasValue":true,"value":"claimed","outputs":0,"status":"ok","guarantees":{}}')
time.sleep(100)
`,
    expect(result) {
      expect(result).toMatchObject({ status: 'ok', value: 'claimed' })
      expect(result.guarantees.backend).toBe('linux')
    },
    withinMs: 3_000,
  },
  {
    id: 'R2',
    title: 'of two results the first counts',
    code: `${FORGE}
send(b'{"type":"result","ok":true,"hasValue":true,"value":1,"outputs":0}')
result(2)
`,
    expect: (result) => expect(result).toMatchObject({ status: 'ok', value: 1 }),
  },
  ...[
    ['a length of four gigabytes', "send(b'x', 0xffffffff)"],
    ['what is not JSON', 'send(b\'{"type":\')'],
    ['a frame that is no result', 'send(b\'{"type":"ready"}\')'],
    ['a result of the wrong shape', 'send(b\'{"type":"result","ok":"yes","outputs":-1}\')'],
    ['bytes that are not UTF-8', 'send(b\'{"type":"result","ok":true,"hasValue":true,"value":"\\xff","outputs":0}\')'],
    ['an empty frame', "send(b'')"],
  ].map(([title, act]) => ({
    id: 'R2',
    title: `${title} ends the execution with an error`,
    code: `${FORGE}\n${act}\ntime.sleep(100)\n`,
    expect: (result: { status: string; error?: { type: string } }) => {
      expect(result.status).toBe('error')
      expect(result.error?.type).toBe('InvalidResult')
    },
    withinMs: 3_000,
  })),
  {
    id: 'R2',
    title: 'part of a frame is no result',
    code: `${FORGE}\nos.write(3, struct.pack('>I', 1000) + b'{"type"')\nos._exit(0)\n`,
    expect: (result) => expect(result.status).toBe('no-result'),
    withinMs: 3_000,
  },
  {
    id: 'R4',
    title: 'a value nested a hundred thousand levels deep is refused',
    code: `${FORGE}
send(b'{"type":"result","ok":true,"hasValue":true,"value":' + b'[' * 100_000 + b']' * 100_000 + b',"outputs":0}')
time.sleep(100)
`,
    expect: (result) => expect(result).toMatchObject({ status: 'error', error: { type: 'InvalidResult' } }),
    withinMs: 3_000,
  },
  {
    id: 'R4',
    title: 'a value larger than its limit is refused',
    code: "result('x' * 20_000_000)\n",
    expect(result) {
      expect(result).toMatchObject({ status: 'error', error: { type: 'ValueTooLarge' } })
    },
  },
  {
    id: 'R4',
    title: 'keys that would poison prototypes do not',
    code: `${FORGE}
send(b'{"type":"result","ok":true,"hasValue":true,"value":{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}},"a":1,"a":2},"outputs":0,"__proto__":{"ok":false}}')
time.sleep(100)
`,
    expect(result) {
      expect(result.status).toBe('ok')
      expect(JSON.stringify(result.value)).toBe('{"constructor":{"prototype":{"polluted":1}},"a":2}')
      expect(Object.assign({}, result.value)).not.toHaveProperty('polluted')
      expect({}).not.toHaveProperty('polluted')
    },
  },
  {
    id: 'R5',
    title: 'numbers and text that JSON cannot hold have a defined form',
    code: "result([float('nan'), float('inf'), float('-inf'), -0.0, 2**60, -(2**53), 2**53-1, '\\ud800x', '\\ufeff'])\n",
    expect: (result) =>
      expect(result.value).toEqual([
        { $number: 'NaN' },
        { $number: 'Infinity' },
        { $number: '-Infinity' },
        -0,
        { $number: '1152921504606846976' },
        { $number: '-9007199254740992' },
        9007199254740991,
        '\ufffdx',
        '\ufeff',
      ]),
  },
  {
    id: 'R5',
    title: 'a number beyond every double has a defined form',
    code: `${FORGE}\nsend(b'{"type":"result","ok":true,"hasValue":true,"value":[1e400,-1e400],"outputs":0}')\ntime.sleep(100)\n`,
    expect: (result) => expect(result.value).toEqual([{ $number: 'Infinity' }, { $number: '-Infinity' }]),
  },
  {
    id: 'R6',
    title: 'an object that would run code when it is unpickled is refused as a value',
    code: `
class Evil:
    def __reduce__(self):
        return (print, ('pwned',))
result(Evil())
`,
    expect(result) {
      expect(result).toMatchObject({ status: 'error', error: { type: 'UnsupportedValue' } })
      expect(result.stdout.head).toBe('')
    },
  },
  {
    id: 'R10',
    title: 'shutting the control connection down and sending descriptors over it harms nobody',
    code: `
import array, os, socket
connection = socket.socket(fileno=os.dup(3))
connection.sendmsg([b'\\0\\0\\0\\2{}'], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array('i', [0, 1, 2]))])
connection.shutdown(socket.SHUT_RDWR)
result(1)
`,
    expect: (result) => expect(result).toMatchObject({ status: 'error', error: { type: 'InvalidResult' } }),
    withinMs: 3_000,
  },
]
