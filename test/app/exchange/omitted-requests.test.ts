import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { applySync } from '../../../src/app/exchange/apply-sync.ts'
import { exportLibrary } from '../../../src/app/exchange/export-library.ts'
import { planSync } from '../../../src/app/exchange/plan-sync.ts'
import type { NewTool } from '../../../src/contracts/tool.ts'
import { readTools } from '../../../src/library/formats/read-tools.ts'
import { sampleTool } from '../../store/support/samples.ts'
import { useTestApp } from './support.ts'
import { rangeModule } from '../../support/range-module.ts'

const CODE = rangeModule('return max(values) - min(values)')
/** Stands in everything that a real request brought: none of it may go out. */
const SECRET = 4711.25

function tool(): NewTool {
  const { pins: _pins, codeHash: _hash, ...sample } = sampleTool('value_range', { code: CODE })
  return {
    ...sample,
    summary: 'Difference between the largest and the smallest value.',
    exampleRequests: ['How far apart are the extremes?', `Spread of the salary ${SECRET}?`],
    provenance: {
      ...sample.provenance,
      runId: `run-${SECRET}`,
      request: `Range of ${SECRET}`,
      earlierRequests: [`Spread of the salary ${SECRET}?`],
    },
    tests: [
      { name: 'three', kind: 'example', arguments: { values: [1, 5, 2] }, expected: 4 },
      { name: 'one', kind: 'example', arguments: { values: [3] }, expected: 0 },
      { name: 'none', kind: 'error', arguments: { values: [] }, raises: 'ValueError' },
      {
        name: `gives what a program found for: Spread of the salary ${SECRET}?`,
        kind: 'example',
        arguments: { values: [SECRET, 4700.25] },
        expected: 11,
        fromRequest: true,
      },
    ],
  }
}

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'handaxe-omitted-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

function textOf(path: string): string {
  const files = readdirSync(path, { recursive: true, encoding: 'utf8' }).map((name) => join(path, name))
  return files.flatMap((file) => (statSync(file).isFile() ? [readFileSync(file, 'utf8')] : [])).join('\n')
}

const context = useTestApp()

describe('an export without requests', () => {
  test.each(['skill', 'python', 'ai-sdk', 'bundle'] as const)('as %s says nothing of them', async (format) => {
    await context.library.save(tool())
    const options = { format, folder: join(folder, 'out') }
    await exportLibrary(context.app, options)
    expect(textOf(options.folder)).toContain(String(SECRET))
    rmSync(options.folder, { recursive: true })
    await exportLibrary(context.app, { ...options, requests: false })
    const text = textOf(options.folder)
    expect(text).not.toContain(String(SECRET))
    expect(text).toContain('How far apart are the extremes?')
  })

  test('with them comes back as it was, so that they can still be left out later', async () => {
    await context.library.save(tool())
    await exportLibrary(context.app, { format: 'skill', folder: join(folder, 'out') })
    const [candidate] = (await readTools(join(folder, 'out'))).candidates
    expect(candidate?.tests).toEqual(tool().tests)
    expect(candidate?.declared.provenance?.earlierRequests).toEqual(tool().provenance.earlierRequests)
  })
})

describe('a folder in step that shows no requests', () => {
  const place = () => join(folder, 'team')
  const script = () => join(place(), 'value-range/scripts/value_range.py')
  const edit = (from: string, to: string): void => {
    const text = readFileSync(script(), 'utf8')
    expect(text).toContain(from)
    writeFileSync(script(), text.replace(from, to))
  }
  const sync = async () => {
    const plan = await planSync(context.app, place(), { requests: false })
    await applySync(context.app, plan)
    return plan.items.map(({ name, action }) => [name, action])
  }

  test('is in step at once, and its edits keep the tests that it does not show', async () => {
    await context.library.save(tool())
    expect(await sync()).toEqual([['value_range', 'write']])
    expect(await sync()).toEqual([['value_range', 'none']])
    edit('max(values) - min(values)', 'float(max(values) - min(values))')
    expect(await sync()).toEqual([['value_range', 'import']])
    const edited = await context.library.get('value_range')
    expect(edited).toMatchObject({ version: 2, state: 'verified' })
    expect(edited.tests.filter((one) => one.kind === 'example' && one.fromRequest)).toHaveLength(1)
    expect(await sync()).toEqual([['value_range', 'none']])
    expect(textOf(place())).not.toContain(String(SECRET))
  })

  test('an edit that only a hidden test sees is refused', async () => {
    await context.library.save(tool())
    await sync()
    edit('max(values) - min(values)', 'max(values) - min(values) if max(values) < 4000 else 0.0')
    expect(await sync()).toEqual([['value_range', 'refused']])
    expect(await context.library.get('value_range')).toMatchObject({ version: 1 })
  })
})
