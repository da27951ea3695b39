import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, linkSync, lstatSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { symlinkSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import * as fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { DEFAULT_LIMITS, type Limits } from '../../src/contracts/limits.ts'
import type { Artifact } from '../../src/contracts/sandbox.ts'
import { collectArtifacts, type Collected } from '../../src/sandbox/collect-artifacts.ts'
import { FUZZ_MS, runsOf, SEEDS } from './support/fuzz-runs.ts'

const SECRET = 'a secret of the host'
let folder: string

beforeAll(() => {
  // In memory where that is possible: a hundred thousand trees of files.
  const parent = existsSync('/dev/shm') ? '/dev/shm' : tmpdir()
  folder = mkdtempSync(join(parent, 'handaxe-fuzz-'))
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
  entries: fc.array(tie('entry'), { maxLength: 5 }),
}))

test.each(SEEDS)(
  `whatever lies in the output folder: only its regular files come out, whole (seed %s)`,
  async (seed) => {
    const seen = { artifacts: 0, dropped: 0 }
    await fc.assert(
      fc.asyncProperty(entries, fc.nat(5), fc.constantFrom(4_096, 10_000, 1 << 20), async (tree, count, bytes) => {
        const own = join(folder, `case-${seed}`)
        const [source, target] = [join(own, 'source'), join(own, 'target')]
        try {
          mkdirSync(source, { recursive: true })
          mkdirSync(target)
          plant(Buffer.from(source), tree)
          const limits = { ...DEFAULT_LIMITS, artifactCount: count, artifactBytes: bytes }
          const collected = await collectArtifacts({ source, target, limits })
          seen.artifacts += collected.artifacts.length
          seen.dropped += collected.dropped.length
          const wrong = [...violations(collected, limits), ...collected.artifacts.flatMap((one) => unlike(one, own))]
          const names = collected.artifacts.map((one) => one.name)
          if (filesBelow(target).toSorted().join('\0') !== names.toSorted().join('\0')) wrong.push('other files')
          if (wrong.length > 0) expect(wrong).toEqual([])
        } finally {
          rmSync(own, { recursive: true, force: true })
        }
      }),
      runsOf(seed),
    )
    // Otherwise the test would have looked at nothing.
    expect(Math.min(seen.artifacts, seen.dropped)).toBeGreaterThan(10)
  },
  FUZZ_MS,
)

/** What is wrong with the numbers. Plain comparisons: with the matchers this took ten times as long. */
function violations({ artifacts, dropped }: Collected, limits: Limits): string[] {
  const bytes = artifacts.reduce((sum, one) => sum + one.bytes, 0)
  const wrong: string[] = []
  if (artifacts.length > limits.artifactCount) wrong.push(`${artifacts.length} artifacts`)
  if (bytes > limits.artifactBytes) wrong.push(`${bytes} bytes`)
  if (dropped.length > 100) wrong.push(`${dropped.length} dropped`)
  return wrong
}

/** How an artifact differs from the regular file of its name in the source, or from what is told of it. */
function unlike(artifact: Artifact, own: string): string[] {
  const [source, target] = [join(own, 'source', artifact.name), join(own, 'target', artifact.name)]
  const content = readFileSync(artifact.path)
  const wrong: string[] = []
  if (!/^[^\p{C}\\]+$/u.test(artifact.name)) wrong.push('an unsafe name')
  if (artifact.path !== target) wrong.push('another path')
  if (!lstatSync(source).isFile()) wrong.push('not a regular file')
  else if (!content.equals(readFileSync(source))) wrong.push('other content')
  if (content.includes(SECRET)) wrong.push('the secret')
  if (artifact.bytes !== content.length) wrong.push('another size')
  if (artifact.sha256 !== createHash('sha256').update(content).digest('hex')) wrong.push('another hash')
  return wrong.map((text) => `${artifact.name}: ${text}`)
}

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
