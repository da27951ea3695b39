import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, describe, expect, test } from 'vitest'
import { ownIdentity } from '../../../src/sandbox/process-identity.ts'
import { SessionStore, type SessionDraft } from '../../../src/sandbox/session/session-store.ts'
import { checkSessionName } from '../../../src/sandbox/session/session-format.ts'

let root: string
let folder: string
let store: SessionStore

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'handaxe-session-store-'))
  folder = join(root, 'session')
  store = new SessionStore(folder)
})

async function put(draft: SessionDraft, name: string, content: string): Promise<void> {
  const source = join(root, `${name}-${Math.random()}`)
  writeFileSync(source, content)
  const file = `${draft.values.length}.json`
  await store.add(draft, source, file)
  draft.values = [
    ...draft.values,
    { name, format: 'json', file, bytes: content.length, sha256: '0'.repeat(64), type: 't' },
  ]
}

async function save(...names: string[]): Promise<void> {
  const draft = await store.begin()
  draft.values = []
  for (const name of names) await put(draft, name, name)
  await store.commit(draft)
}

const contents = async () => {
  const manifest = await store.read()
  return manifest?.values.map(({ file }) => readFileSync(join(folder, manifest.folder, file), 'utf8'))
}

describe('the state of a session on the disk', () => {
  test('is what was committed last, and nothing else stays', async () => {
    await save('a', 'b')
    await save('c')
    expect(await contents()).toEqual(['c'])
    expect(readdirSync(folder)).toHaveLength(2)
  })

  test('of two drafts at one time the last one wins wholly', async () => {
    await save('old')
    const one = await store.begin()
    const other = await store.begin()
    await put(one, 'one', '1')
    await put(other, 'other', '2')
    await store.commit(one)
    expect(await contents()).toEqual(['old', '1'])
    await store.commit(other)
    expect((await store.read())?.values.map(({ name }) => name)).toEqual(['old', 'other'])
    expect(await contents()).toEqual(['old', '2'])
  })

  test('many writers at a time leave one whole state, readers always find one', async () => {
    await save('n')
    const write = async (number: number) => {
      const draft = await store.begin()
      expect(draft.values.length).toBe(readdirSync(draft.folder).length)
      draft.values = []
      for (let index = 0; index < 5; index++) await put(draft, `n${number}`, String(number))
      await store.commit(draft)
    }
    await Promise.all(Array.from({ length: 20 }, (_, number) => write(number)))
    const last = await contents()
    expect(last).toHaveLength(5)
    expect(new Set(last).size).toBe(1)
  })

  test('a draft that was never committed changes nothing, and goes with its process', async () => {
    await save('a')
    const draft = await store.begin()
    await put(draft, 'b', 'b')
    expect(await contents()).toEqual(['a'])
    const [namespace = ''] = ownIdentity().split('-')
    mkdirSync(join(folder, `values-${namespace}-4194303-1-0123456789abcdef`))
    await store.discard(draft)
    await save('c')
    expect(readdirSync(folder)).toHaveLength(2)
  })

  test.each([
    ['half a manifest', '{"format": 1, "savedAt"'],
    ['another format', '{"format": 2}'],
    ['a folder elsewhere', '{"format": 1, "savedAt": "", "folder": "../../etc", "values": []}'],
    [
      'a file elsewhere',
      `{"format": 1, "savedAt": "", "folder": "values-1", "values": [{"name": "a", "format": "json", "file": "../../x", "bytes": 1, "sha256": "${'0'.repeat(64)}", "type": ""}]}`,
    ],
    ['nothing', ''],
  ])('%s is said to be damaged', async (_, text) => {
    await save('a')
    writeFileSync(join(folder, 'session.json'), text)
    await expect(store.read()).rejects.toMatchObject({ code: 'store_corrupt' })
    await expect(store.begin()).rejects.toMatchObject({ code: 'store_corrupt' })
  })

  test('a state whose files are gone is said to be damaged', async () => {
    await save('a')
    const manifest = await store.read()
    rmSync(join(folder, manifest?.folder ?? ''), { recursive: true })
    await expect(store.begin()).rejects.toMatchObject({ code: 'store_corrupt' })
  })
})

test.each(['', '.', '..', '../a', 'a/b', '.hidden', 'a b', 'ä', 'a\0', 'x'.repeat(65), '-a'])(
  'a session cannot be named %j',
  (name) => {
    expect(() => checkSessionName(name)).toThrow('cannot be named')
  },
)
