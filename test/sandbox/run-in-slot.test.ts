import { mkdtemp, rm } from 'node:fs/promises'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { DEFAULT_LIMITS, type Limits } from '../../src/contracts/limits.ts'
import { encodeFrame } from '../../src/sandbox/frames.ts'
import { listenForSlots, type SlotListenerServer } from '../../src/sandbox/backends/linux/slot-listener.ts'
import { runInSlot, type SlotOutcome } from '../../src/sandbox/backends/linux/run-in-slot.ts'
import { Slot, type SlotDeath } from '../../src/sandbox/backends/linux/slot.ts'

/** How long after the kill the end is reported. */
const DYING_MS = 5
/** The limit of time is 300 ms: a ceiling for a busy machine. */
const LONGEST_MS = 5_000
/** A socket's queue of those who connect holds no more than some 500. */
const AT_A_TIME = 135
const KILLED: SlotDeath = { exitCode: null, signal: 'SIGKILL', cpuMs: 0, peakMemoryBytes: 0, lost: false }

let folder: string
let server: SlotListenerServer
const slots = new Map<number, Slot>()
const attached = new Map<number, () => void>()
let lastId = 0

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'handaxe-slots-'))
  server = await listenForSlots(folder, (id, token, channel, socket, rest) => {
    const isTaken = slots.get(id)?.attach(channel, token, socket, rest) ?? false
    attached.get(id)?.()
    return isTaken
  })
})
afterAll(async () => {
  await server.close()
  await rm(folder, { recursive: true, force: true })
})

/** A slot with real connections, of which the test has the other ends, and a death that the test tells. */
interface Played {
  slot: Slot
  control: Socket
  stdout: Socket
  stderr: Socket
  abort: AbortController
  closing: AbortController
  outcome: Promise<SlotOutcome>
}

async function play(limits: Partial<Limits> = {}, beforeUse?: (slot: Slot) => void): Promise<Played> {
  const slot = new Slot(++lastId, 'python', DEFAULT_LIMITS, null)
  slots.set(slot.id, slot)
  const open = async (channel: string) => {
    const isAttached = new Promise<void>((resolve) => attached.set(slot.id, resolve))
    const socket = connect(join(folder, 'socket'))
    socket.on('error', () => {}).on('data', () => {})
    socket.write(`${slot.id} ${slot.token} ${channel}\n`)
    await isAttached
    return socket
  }
  const [control, stdout, stderr] = [await open('control'), await open('stdout'), await open('stderr')]
  control.write(encodeFrame({ type: 'ready' }))
  await slot.ready
  beforeUse?.(slot)
  const [abort, closing] = [new AbortController(), new AbortController()]
  const outcome = runInSlot({
    slot,
    execution: { language: 'python', code: '', signal: abort.signal },
    limits: { ...DEFAULT_LIMITS, outputBytes: 100_000, wallMs: 300, ...limits },
    kill: () => void setTimeout(() => slot.markDead({ ...KILLED }), DYING_MS),
    closing: closing.signal,
  })
  return { slot, control, stdout, stderr, abort, closing, outcome }
}

const result = (outputs: number) => encodeFrame({ type: 'result', ok: true, hasValue: true, value: 1, outputs })

/** What a program, the kernel or the caller may do, each on its own connection or signal. */
const DEEDS: Record<string, (played: Played) => void> = {
  garbage: ({ control }) => void control.write(Buffer.alloc(8, 0xff)),
  'no JSON': ({ control }) => void control.write(Buffer.concat([Buffer.from([0, 0, 0, 2]), Buffer.from('{]')])),
  'half a frame': ({ control }) => void control.write(result(0).subarray(0, 9)),
  result: ({ control }) => void control.write(result(0)),
  'result and files': ({ control }) => void control.write(result(2)),
  'control half-closed': ({ control }) => void control.end(),
  'control closed': ({ control }) => void control.destroy(),
  'stdout half-closed': ({ stdout }) => void stdout.end(),
  'stderr closed': ({ stderr }) => void stderr.destroy(),
  'a flood': ({ stdout }) => void stdout.write(Buffer.alloc(400_000, 0x61)),
  'some output': ({ stderr }) => void stderr.write('last words'),
  'its end': ({ slot }) => slot.markDead({ ...KILLED, exitCode: 3, signal: null }),
  'an end of the zygote': ({ slot }) => slot.markDead({ ...KILLED, lost: true }),
  abort: ({ abort }) => abort.abort(),
  closing: ({ closing }) => closing.abort(),
}

async function settled({ outcome, slot }: Played, what: string): Promise<SlotOutcome> {
  const timer = new AbortController()
  const late = delay(LONGEST_MS, null, { signal: timer.signal }).catch(() => null)
  const found = await Promise.race([outcome, late])
  timer.abort()
  slot.close()
  if (found === null) throw new Error(`${what}: no end`)
  return found
}

test('every pair of events, at once and one after the other, comes to an end in time', async () => {
  const names = Object.keys(DEEDS)
  const pairs = names.flatMap((first) =>
    names.flatMap((second) => [0, 2, 30].map((pauseMs) => ({ first, second, pauseMs }))),
  )
  const playPair = async ({ first, second, pauseMs }: (typeof pairs)[number]) => {
    const played = await play()
    DEEDS[first]?.(played)
    if (pauseMs > 0) await delay(pauseMs)
    DEEDS[second]?.(played)
    const { verdict } = await settled(played, `${first}, ${pauseMs} ms later ${second}`)
    const hasResult = [first, second].some((name) => name.startsWith('result'))
    if (!hasResult) expect(verdict.status, `${first}, ${second}`).not.toBe('ok')
  }
  for (let at = 0; at < pairs.length; at += AT_A_TIME) await Promise.all(pairs.slice(at, at + AT_A_TIME).map(playPair))
})

test('a program whose control connection cannot be read any more is ended as one', async () => {
  for (const bytes of [5, 8, 64, 4_096]) {
    const played = await play({ wallMs: 30_000 })
    played.control.write(Buffer.alloc(bytes, 0xff))
    const { verdict, lost } = await settled(played, `${bytes} bytes`)
    expect(lost).toBe(null)
    expect(verdict).toMatchObject({ status: 'error', error: { type: 'InvalidResult' } })
  }
})

test('what was written just before the end is read, though nobody closes the connections', async () => {
  const played = await play()
  played.stdout.write('out')
  played.stderr.write('err')
  await new Promise<void>((resolve) => played.control.write(result(0), () => resolve()))
  played.slot.markDead({ ...KILLED, exitCode: 0, signal: null })
  const { verdict, claimed, stdout, stderr } = await settled(played, 'written before the end')
  expect([verdict.status, claimed.value, stdout.head, stderr.head]).toEqual(['ok', 1, 'out', 'err'])
})

test('a slot that has died before the hand-over is broken, and nobody waits for it', async () => {
  const startedAt = performance.now()
  const dead = await play({ wallMs: 30_000 }, (slot) => slot.markDead({ ...KILLED }))
  expect((await settled(dead, 'dead')).lost).toBe('broken')
  expect(performance.now() - startedAt).toBeLessThan(5_000)
})
