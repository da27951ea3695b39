import { spawn } from 'node:child_process'
import { mkdtempSync, readlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { openDaemonFolder } from '../../../src/sandbox/daemon/daemon-folder.ts'
import { publishRecord, readRecord, removeLeftovers, removeRecord } from '../../../src/sandbox/daemon/daemon-record.ts'
import { parseHello, renderHello } from '../../../src/sandbox/daemon/protocol.ts'
import { findProcess, isDead, ownIdentity } from '../../../src/sandbox/process-identity.ts'

const TOKEN = '0123456789abcdef'.repeat(4)

describe('parseHello', () => {
  test('reads what renderHello writes', () => {
    expect(parseHello(renderHello(TOKEN).trimEnd())).toEqual({ protocol: 1, token: TOKEN })
  })

  test.each([
    ['nothing', ''],
    ['no token', 'handaxe 1 '],
    ['a short token', 'handaxe 1 abc'],
    ['a long token', `handaxe 1 ${TOKEN}0`],
    ['capitals', `handaxe 1 ${TOKEN.toUpperCase()}`],
    ['more after it', `handaxe 1 ${TOKEN} x`],
    ['a line before it', `x\nhandaxe 1 ${TOKEN}`],
    ['a sign', `handaxe -1 ${TOKEN}`],
    ['a huge protocol', `handaxe 99999999999999999999 ${TOKEN}`],
    ['another program', `handäxe 1 ${TOKEN}`],
    ['NUL', `handaxe 1 \0${TOKEN.slice(1)}`],
  ])('refuses %s', (_, line) => {
    expect(parseHello(line)).toBeNull()
  })
})

describe('the record of a daemon', () => {
  const folder = openDaemonFolder(mkdtempSync(join(tmpdir(), 'handaxe-record-')))
  const key = 'a'.repeat(16)
  const record = {
    protocol: 1,
    version: '1.0.0',
    build: 'b',
    identity: ownIdentity(),
    pid: process.pid,
    token: TOKEN,
    socket: 'x.sock',
    startedAt: 'now',
  }
  const write = (text: string) => writeFileSync(join(folder.path, `${key}.json`), text)
  afterAll(() => folder.close())

  test('is read as it was written; the later one is in charge, and only that one can end its charge', () => {
    publishRecord(folder, key, record)
    expect(readRecord(folder, key)).toEqual(record)
    publishRecord(folder, key, { ...record, identity: '1-2-3' })
    publishRecord(folder, key, record, { onlyIfMissing: true })
    expect(readRecord(folder, key)?.identity).toBe('1-2-3')
    removeRecord(folder, key, record.identity)
    expect(readRecord(folder, key)?.identity).toBe('1-2-3')
    removeRecord(folder, key, '1-2-3')
    expect(readRecord(folder, key)).toBeNull()
    publishRecord(folder, key, record, { onlyIfMissing: true })
    expect(readRecord(folder, key)).toEqual(record)
  })

  test.each([
    ['an empty file', ''],
    ['half a record', JSON.stringify(record).slice(0, 40)],
    ['another type', '[]'],
    ['null', 'null'],
    ['a missing part', JSON.stringify({ ...record, token: undefined })],
    ['a pid that is text', JSON.stringify({ ...record, pid: '1' })],
    ['a socket elsewhere', JSON.stringify({ ...record, socket: '../../other/x.sock' })],
  ])('%s is nobody', (_, text) => {
    write(text)
    expect(readRecord(folder, key)).toBeNull()
  })

  test('what a dead process left is cleared away, what a living one has is not', () => {
    const [namespace = ''] = ownIdentity().split('-')
    const dead = `${namespace}-4194303-1`
    const kept = `${key}-${ownIdentity()}.sock`
    write(JSON.stringify({ ...record, identity: dead }))
    writeFileSync(join(folder.path, `${key}-${dead}.sock`), '')
    writeFileSync(join(folder.path, kept), '')
    removeLeftovers(folder)
    expect(readRecord(folder, key)).toBeNull()
    expect(() => writeFileSync(join(folder.path, kept), '', { flag: 'wx' })).toThrow('EEXIST')
    expect(() => writeFileSync(join(folder.path, `${key}-${dead}.sock`), '', { flag: 'wx' })).not.toThrow()
  })
})

describe('the identity of a process', () => {
  test('of this one: it lives', () => {
    expect([findProcess(ownIdentity()), isDead(ownIdentity())]).toEqual([process.pid, false])
  })

  test('of the same id at another time: it is dead', () => {
    const other = ownIdentity().replace(/\d+$/, '1')
    expect([findProcess(other), isDead(other)]).toEqual(['gone', true])
  })

  test.each(['', '1-2', 'a-b-c'])('of none (%j): nobody knows', (text) => {
    expect([findProcess(text), isDead(text)]).toEqual(['unknown', false])
  })

  const isFirst = readlinkSync('/proc/self/ns/pid') === 'pid:[4026531836]'

  test.skipIf(!isFirst)(
    "of a pid namespace that is gone, seen from the first one: it is dead (needs the machine's first pid namespace)",
    () => {
      expect(isDead(`1-${process.pid}-3`)).toBe(true)
    },
  )

  test.skipIf(isFirst)(
    'of another pid namespace, seen from one that is not the first: nobody knows (needs a pid namespace that is not the first)',
    () => {
      expect(findProcess(`1-${process.pid}-3`)).toBe('unknown')
    },
  )

  test.skipIf(!isFirst || process.getuid?.() !== 0)(
    'of a process in a pid namespace below: it is found until it ends (skipped without root, and in containers)',
    async () => {
      const module = join(import.meta.dirname, '..', '..', '..', 'src', 'sandbox', 'process-identity.ts')
      const code = `const { ownIdentity } = await import(${JSON.stringify(module)}); console.log(ownIdentity()); setInterval(() => {}, 1000)`
      const child = spawn(
        'unshare',
        ['--pid', '--fork', '--mount-proc', '--kill-child', process.execPath, '--input-type=module', '-e', code],
        {
          stdio: ['ignore', 'pipe', 'inherit'],
        },
      )
      const identity = await new Promise<string>((resolve) =>
        child.stdout.once('data', (data) => resolve(String(data).trim())),
      )
      expect(identity).toMatch(/^\d+-1-\d+$/)
      const found = findProcess(identity)
      expect(found).toBeTypeOf('number')
      expect(found).not.toBe(1)
      child.kill('SIGKILL')
      await expect.poll(() => findProcess(identity), { timeout: 10_000 }).toBe('gone')
    },
  )
})
