import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { loadConfig } from '../../../src/app/config.ts'
import { applySync } from '../../../src/app/exchange/apply-sync.ts'
import type { SyncPreference } from '../../../src/app/exchange/decide-sync.ts'
import { planSync } from '../../../src/app/exchange/plan-sync.ts'
import { loadSyncMemory, rememberSync } from '../../../src/app/exchange/sync-memory.ts'
import type { App } from '../../../src/app/open-app.ts'
import type { Library } from '../../../src/contracts/library.ts'
import type { ToolTest } from '../../../src/contracts/tool.ts'
import { newTool, openTestLibrary } from '../../library/support/library.ts'
import { useTestApp } from './support.ts'

const SLOW = { timeout: 240_000 }
const opened = useTestApp()

let root: string
let folder: string
/** Two people with a library each, and one folder between them. */
let mine: Person
let hers: Person

interface Person {
  library: Library
  app: Pick<App, 'library' | 'sandbox' | 'config'>
}

async function person(name: string): Promise<Person> {
  const { library } = await openTestLibrary()
  const config = loadConfig({ environment: { HANDAXE_HOME: join(root, name) }, workingFolder: root })
  return { library, app: { ...opened.app, library: () => Promise.resolve(library), config } }
}

beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), 'handaxe-sync-'))
  folder = join(root, 'tools')
  mine = await person('mine')
  hers = await person('hers')
  await save(mine.library, 'value_range', 'max(values) - min(values)', 3)
  await save(mine.library, 'largest', 'max(values)', 4)
})
afterEach(() => rmSync(root, { recursive: true, force: true }))

async function save(library: Library, name: string, expression: string, expected: number): Promise<void> {
  const code = `def ${name}(values: list[float]) -> float:
    """The ${name}.

    Args:
        values: The numbers.
    """
    if not values:
        raise ValueError("no values")
    return ${expression}
`
  const tests: ToolTest[] = [
    { name: 'some', kind: 'example', arguments: { values: [1, 4, 2] }, expected },
    { name: 'none', kind: 'error', arguments: { values: [] }, raises: 'ValueError' },
  ]
  const values = { type: 'array', items: { type: 'number' }, description: 'The numbers.' }
  const inputSchema = { type: 'object', properties: { values }, required: ['values'] }
  await library.save(newTool(name, { code, tests, inputSchema }))
}

/** Brings the folder and a library in step, as the command does; gives what was done to each tool. */
async function sync({ app }: Person, prefer?: SyncPreference): Promise<Record<string, string>> {
  const memory = await loadSyncMemory(app.config, folder)
  const plan = await planSync(app, folder, { memory, ...(prefer === undefined ? {} : { prefer }) })
  const done = Object.fromEntries(plan.items.map(({ name, action }) => [name, action]))
  const written = await applySync(app, plan)
  await rememberSync(app, plan, { memory, written })
  return done
}

const inFolder = (): string[] =>
  readdirSync(folder)
    .filter((name) => name !== 'manifest.json')
    .toSorted()

test('a tool that was removed from the library does not come back: its files leave the folder', SLOW, async () => {
  expect(await sync(mine)).toEqual({ largest: 'write', value_range: 'write' })
  await mine.library.remove('value_range')
  expect(await sync(mine)).toEqual({ largest: 'none', value_range: 'remove' })
  expect(inFolder()).toEqual(['largest'])
  expect(await mine.library.find('value_range')).toBeNull()
  expect(await sync(mine)).toEqual({ largest: 'none' })
})

test(
  'one that a colleague removed leaves her folder and, as retired, my library; nobody writes it again',
  SLOW,
  async () => {
    await sync(mine)
    expect(await sync(hers)).toEqual({ largest: 'import', value_range: 'import' })
    await hers.library.remove('value_range')
    expect(await sync(hers)).toMatchObject({ value_range: 'remove' })
    expect(await sync(mine)).toEqual({ largest: 'none', value_range: 'retire' })
    expect((await mine.library.changes('value_range')).at(-1)).toMatchObject({
      state: 'retired',
      reason: 'its folder was removed, and the library brought in step',
    })
    expect(inFolder()).toEqual(['largest'])
    expect(await sync(mine)).toEqual({ largest: 'none' })
    expect(await sync(hers)).toEqual({ largest: 'none' })
  },
)

test('what one removed and the other changed is a conflict, either way', SLOW, async () => {
  await sync(mine)
  await sync(hers)
  // She removes it, and I have changed it since.
  await hers.library.remove('value_range')
  await sync(hers)
  await save(mine.library, 'value_range', 'float(max(values) - min(values))', 3)
  expect(await sync(mine)).toMatchObject({ value_range: 'conflict' })
  expect((await mine.library.get('value_range')).state).toBe('verified')
  // I remove another, and she has changed it in the folder.
  await mine.library.remove('largest')
  await save(hers.library, 'largest', 'float(max(values))', 4)
  expect(await sync(hers)).toMatchObject({ largest: 'write' })
  expect(await sync(mine)).toMatchObject({ largest: 'conflict', value_range: 'conflict' })
  expect(await sync(mine, 'library')).toMatchObject({ largest: 'remove', value_range: 'write' })
  expect(inFolder()).toEqual(['value-range'])
})

test(
  'what was retired and is in the folder again is told, and brought back where the folder is preferred',
  SLOW,
  async () => {
    await sync(mine)
    const files = new Map(
      ['SKILL.md', 'tool.json', 'tests.json', 'scripts/value_range.py'].map((file) => [
        file,
        readFileSync(join(folder, 'value-range', file)),
      ]),
    )
    const manifest = readFileSync(join(folder, 'manifest.json'))
    await mine.library.retire('value_range', { reason: 'too slow' })
    expect(await sync(mine)).toMatchObject({ value_range: 'remove' })
    // As `git revert` does.
    mkdirSync(join(folder, 'value-range', 'scripts'), { recursive: true })
    for (const [file, content] of files) writeFileSync(join(folder, 'value-range', file), content)
    writeFileSync(join(folder, 'manifest.json'), manifest)
    expect(await sync(mine)).toMatchObject({ value_range: 'conflict' })
    expect(inFolder()).toContain('value-range')
    expect(await sync(mine, 'folder')).toMatchObject({ value_range: 'import' })
    expect(await mine.library.findUsable('value_range')).toMatchObject({ version: 1 })
    expect(await sync(mine)).toMatchObject({ value_range: 'none' })
  },
)

test('a folder that was begun anew retires nothing, and a memory that is no memory is named', SLOW, async () => {
  await sync(mine)
  rmSync(folder, { recursive: true })
  expect(await sync(mine)).toEqual({ largest: 'write', value_range: 'write' })
  const place = join(mine.app.config.folders.state, 'sync')
  const [file = ''] = readdirSync(place)
  writeFileSync(join(place, file), '{"kind": "something"}')
  await expect(sync(mine)).rejects.toMatchObject({
    code: 'invalid_input_file',
    hint: expect.stringContaining('Delete'),
  })
})
