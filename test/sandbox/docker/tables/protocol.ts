import { expect } from 'vitest'
import type { ExecutionResult } from '../../../../src/contracts/sandbox.ts'
import { encodeJsonFrame } from '../../../../src/sandbox/frames.ts'
import { CHANNEL, encodeChunks } from '../../../../src/sandbox/relay/relay-messages.ts'
import { errorOf, type Attack } from '../../support/attack.ts'
import { whenSaid, writeAs } from '../support/relay-process.ts'

const forgedResult = '{"type":"result","ok":true,"hasValue":true,"value":"forged","outputs":0}'
const forgedEnd = '{"event":"bye","signal":null,"exitCode":0,"peakMemoryBytes":0}'
const FORGED = Buffer.concat([
  encodeChunks(CHANNEL.control, encodeJsonFrame(forgedResult)),
  encodeChunks(CHANNEL.event, Buffer.from(forgedEnd)),
])

/** Section R, as it ends in a container. */
export const PROTOCOL_IN_CONTAINER: Attack[] = [
  {
    id: 'R1',
    title: "the container's own stream is out of the program's reach",
    code: errorOf(
      "os.open('/proc/1/fd/1', os.O_WRONLY)",
      "os.open('/proc/1/fd/0', os.O_RDONLY)",
      'call(438, os.pidfd_open(1), 1, 0)', // pidfd_getfd
    ),
    expect: (result) => expect(result.value).toEqual(['EACCES', 'EACCES', 'EPERM']),
  },
  {
    id: 'R1',
    title: 'a result forged in the stream, as by a relay that is not ours any more, is a claim like any other',
    code: "import time\nprint('NOW', flush=True)\ntime.sleep(60)\n",
    execution: { onOutput: whenSaid('NOW', (relay) => writeAs(relay, FORGED)) },
    expect: (result) => expect(result).toMatchObject({ status: 'ok', value: 'forged' }),
    withinMs: 10_000,
  },
  {
    id: 'R1',
    title: 'a result and an end forged there decide nothing where the engine says otherwise',
    code: "import os, time\nif os.fork() == 0:\n    x = bytearray(4 << 30)\nos.wait()\nprint('NOW', flush=True)\ntime.sleep(60)\n",
    execution: { onOutput: whenSaid('NOW', (relay) => writeAs(relay, FORGED)) },
    expect(result) {
      expect(result.status).toBe('out-of-memory')
      expect(result.value).toBeUndefined()
    },
    withinMs: 10_000,
  },
  {
    id: 'R2',
    title: 'a frame of four gigabytes is refused by what it claims',
    code: "import os\nos.write(3, b'\\xff\\xff\\xff\\xff')\nimport time\ntime.sleep(60)\n",
    expect: (result) => expect(result).toMatchObject({ status: 'error', error: { type: 'InvalidResult' } }),
    withinMs: 10_000,
  },
  {
    id: 'R2',
    title: 'rubbish in the stream of the container itself ends it',
    code: "import time\nprint('NOW', flush=True)\ntime.sleep(60)\n",
    execution: { onOutput: whenSaid('NOW', (relay) => writeAs(relay, Buffer.alloc(60_000, 0xff))) },
    expect: (result) => expect(result).toMatchObject({ status: 'error', error: { type: 'InvalidResult' } }),
    withinMs: 10_000,
  },
  {
    id: 'R3',
    title: 'output without end ends at its limit',
    code: "import os\nwhile True: os.write(1, b'x' * 65536)\n",
    expect(result: ExecutionResult) {
      expect(result.status).toBe('output-limit')
      expect(result.stdout.head.length).toBeLessThanOrEqual(result.limits.capturedBytes)
    },
    withinMs: 10_000,
  },
  {
    id: 'R8',
    title: 'exit codes that look like signals are exit codes',
    code: 'import os\nos._exit(137)\n',
    expect: (result) => expect(result).toMatchObject({ status: 'error', exitCode: 137, signal: null }),
  },
  {
    id: 'R8',
    title: 'a process that leaves without a result is no-result, never ok',
    code: 'import os\nos._exit(0)\n',
    expect: (result) => expect(result).toMatchObject({ status: 'no-result', exitCode: 0 }),
  },
  {
    id: 'R9',
    title: 'closing every descriptor leaves no result',
    code: 'import os\nos.closerange(0, 256)\nos._exit(0)\n',
    expect: (result) => expect(result.status).toBe('no-result'),
  },
  {
    id: 'R11',
    title: 'no descriptor but the four',
    code: "import os\nresult(sorted(name for name in os.listdir('/proc/self/fd') if os.path.exists('/proc/self/fd/' + name)))\n",
    expect: (result) => expect(result.value).toEqual(['0', '1', '2', '3']),
  },
  {
    id: 'R13',
    title: 'the relay shows neither its memory nor its descriptors, and lets nobody write to them',
    code: errorOf(
      "os.listdir('/proc/1/fd')",
      "open('/proc/1/mem', 'rb')",
      "open('/proc/1/mem', 'r+b')",
      "open('/proc/1/maps').read()",
      "os.readlink('/proc/1/exe')",
      "open('/proc/1/clear_refs', 'w')",
    ),
    expect: (result) => expect(result.value).toEqual(Array(6).fill('EACCES')),
  },
]
