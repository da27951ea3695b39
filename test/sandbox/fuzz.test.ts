import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import * as fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { DEFAULT_LIMITS } from '../../src/contracts/limits.ts'
import { collectArtifacts } from '../../src/sandbox/collect-artifacts.ts'
import { FrameReader, FrameTooLarge } from '../../src/sandbox/frames.ts'
import { parseClaim } from '../../src/sandbox/parse-claim.ts'

/** Streams for the parser; one tree of files for every hundred of them. HANDAXE_FUZZ asks for more or fewer. */
const CASES = Number(process.env['HANDAXE_FUZZ'] ?? 100_000)
const TREES = Math.max(200, Math.floor(CASES / 100))
/** Kept: the same cases in every run. To these comes a new seed in each, which fast-check tells where it fails. */
const SEEDS = [1, 4711, 20_260_101, undefined]
const runs = (cases: number, seed: number | undefined) => ({
  numRuns: Math.ceil(cases / SEEDS.length),
  ...(seed === undefined ? {} : { seed }),
})

const FRAME_LIMIT = 4_096

/** A frame as a hostile process might send it: sound, with a false length, of rubbish, cut off. */
const body = fc.oneof(
  fc.json().map((text) => Buffer.from(text)),
  fc.json().map((value) => Buffer.from(`{"type":"result","ok":true,"hasValue":true,"value":${value},"outputs":0}`)),
  fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
  fc.nat(3_000).map((depth) => Buffer.from('['.repeat(depth) + ']'.repeat(depth))),
  fc.string({ unit: 'binary', maxLength: 100 }).map((text) => {
    const error = { type: text, message: text, traceback: text }
    return Buffer.from(JSON.stringify({ type: 'result', ok: false, error, exitCode: 1, outputs: 1 }))
  }),
)
const frame = fc
  .tuple(body, fc.oneof({ weight: 6, arbitrary: fc.constant(null) }, { weight: 1, arbitrary: fc.nat(0xffff_ffff) }))
  .map(([bytes, length]) => {
    const head = Buffer.alloc(4)
    head.writeUInt32BE(length ?? bytes.length)
    return Buffer.concat([head, bytes])
  })

test.each(SEEDS)(`whatever comes on the control connection is a claim or refused (seed %s)`, (seed) => {
  fc.assert(
    fc.property(fc.array(frame, { maxLength: 4 }), fc.array(fc.nat(400), { maxLength: 20 }), (frames, cuts) => {
      const stream = Buffer.concat(frames)
      const reader = new FrameReader(FRAME_LIMIT)
      let start = 0
      let taken = 0
      try {
        for (const size of [...cuts, stream.length]) {
          for (const bytes of reader.add(stream.subarray(start, start + size))) {
            taken += 4 + bytes.length
            expect(bytes.length).toBeLessThanOrEqual(FRAME_LIMIT)
            expectClaimOrError(bytes)
          }
          start += size
        }
        expect(taken).toBeLessThanOrEqual(stream.length)
      } catch (error) {
        expect(error).toBeInstanceOf(FrameTooLarge)
      }
    }),
    runs(CASES, seed),
  )
})

function expectClaimOrError(bytes: Buffer): void {
  let claim
  try {
    claim = parseClaim(bytes)
  } catch (error) {
    expect(error).toBeInstanceOf(Error)
    expect((error as Error).message).not.toMatch(/call stack/)
    return
  }
  expect(Number.isInteger(claim.outputs)).toBe(true)
  if (!claim.ok) for (const text of Object.values(claim.error)) expect(String(text).isWellFormed()).toBe(true)
  expect(Object.getPrototypeOf({})).toBe(Object.prototype)
  expect(({} as Record<string, unknown>)['polluted']).toBeUndefined()
}

const SECRET = 'a secret of the host'
let folder: string

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'handaxe-fuzz-'))
  writeFileSync(join(folder, 'secret'), SECRET)
  if (spawnSync('mkfifo', [join(folder, 'fifo')]).status !== 0) throw new Error('No FIFO can be made here')
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

type Entry = { name: Buffer } & (
  | { kind: 'file'; bytes: number }
  | { kind: 'sparse'; bytes: number }
  | { kind: 'link'; target: string }
  | { kind: 'fifo' }
  | { kind: 'folder'; entries: Entry[] }
)

const name = fc
  .oneof(
    fc
      .constantFrom(
        'a',
        'b.csv',
        '-rf',
        '..a',
        'a\nb',
        '\u001b[2J',
        '\u202egnp.exe',
        'é',
        '%00',
        'a\\b',
        '~',
        '日本',
        'x'.repeat(250),
      )
      .map((text) => Buffer.from(text)),
    fc
      .uint8Array({ minLength: 1, maxLength: 20 })
      .map((bytes) => Buffer.from(bytes.filter((byte) => byte !== 0 && byte !== 0x2f))),
  )
  .filter((bytes) => bytes.length > 0 && bytes.toString('latin1') !== '.' && bytes.toString('latin1') !== '..')

const { entries } = fc.letrec<{ entry: Entry; entries: Entry[] }>((tie) => ({
  entry: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.record({ kind: fc.constant('file' as const), name, bytes: fc.nat(3_000) }),
    fc.record({ kind: fc.constant('sparse' as const), name, bytes: fc.constantFrom(0, 5_000, 1 << 20, 2 ** 40) }),
    fc.record({
      kind: fc.constant('link' as const),
      name,
      target: fc.constantFrom(
        'SECRET',
        '/etc/passwd',
        '/proc/self/environ',
        '../..',
        '.',
        'a',
        '/dev/zero',
        '/nowhere',
      ),
    }),
    fc.record({ kind: fc.constant('fifo' as const), name }),
    fc.record({ kind: fc.constant('folder' as const), name, entries: tie('entries') }),
  ),
  entries: fc.array(tie('entry'), { maxLength: 8 }),
}))

test.each(SEEDS)(
  `whatever lies in the output folder: only its regular files come out, whole (seed %s)`,
  async (seed) => {
    const seen = { artifacts: 0, dropped: 0 }
    await fc.assert(
      fc.asyncProperty(entries, fc.nat(8), fc.constantFrom(4_096, 10_000, 1 << 20), async (tree, count, bytes) => {
        const own = mkdtempSync(join(folder, 'case-'))
        const [source, target] = [join(own, 'source'), join(own, 'target')]
        try {
          mkdirSync(source)
          mkdirSync(target)
          plant(Buffer.from(source), tree)
          const limits = { ...DEFAULT_LIMITS, artifactCount: count, artifactBytes: bytes }
          const { artifacts, dropped } = await collectArtifacts({ source, target, limits })
          seen.artifacts += artifacts.length
          seen.dropped += dropped.length
          expect(artifacts.length).toBeLessThanOrEqual(count)
          expect(artifacts.reduce((sum, one) => sum + one.bytes, 0)).toBeLessThanOrEqual(bytes)
          expect(dropped.length).toBeLessThanOrEqual(100)
          for (const artifact of artifacts) {
            expect(artifact.name).toMatch(/^[^\p{C}\\]+$/u)
            expect(artifact.path).toBe(join(target, artifact.name))
            expect(lstatSync(join(source, artifact.name)).isFile()).toBe(true)
            const content = readFileSync(artifact.path)
            expect(content).toEqual(readFileSync(join(source, artifact.name)))
            expect(content.toString('latin1')).not.toContain(SECRET)
            expect(artifact.sha256).toBe(createHash('sha256').update(content).digest('hex'))
          }
          expect(filesBelow(target).toSorted()).toEqual(artifacts.map((one) => one.name).toSorted())
        } finally {
          rmSync(own, { recursive: true, force: true })
        }
      }),
      runs(TREES, seed),
    )
    // Otherwise the test would have looked at nothing.
    expect(Math.min(seen.artifacts, seen.dropped)).toBeGreaterThan(10)
  },
)

function plant(parent: Buffer, tree: Entry[]): void {
  for (const entry of tree) {
    const path = Buffer.concat([parent, Buffer.from('/'), entry.name])
    try {
      if (entry.kind === 'file') writeFileSync(path, Buffer.alloc(entry.bytes, 'x'), { flag: 'wx' })
      else if (entry.kind === 'link')
        symlinkSync(entry.target === 'SECRET' ? join(folder, 'secret') : entry.target, path)
      else if (entry.kind === 'fifo') linkSync(join(folder, 'fifo'), path)
      else if (entry.kind === 'folder') mkdirSync(path)
      else {
        writeFileSync(path, '', { flag: 'wx' })
        truncateSync(path, entry.bytes)
      }
    } catch (error) {
      // Two entries of one name: the first one stays, which may not be a folder.
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
      continue
    }
    if (entry.kind === 'folder') plant(path, entry.entries)
  }
}

function filesBelow(root: string): string[] {
  return readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory())
    .map((entry) => relative(root, join(entry.parentPath, entry.name)))
}
