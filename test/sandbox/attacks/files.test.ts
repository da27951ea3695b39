import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect } from 'vitest'
import { openTestSandbox, type TestSandbox } from '../../support/open-test-sandbox.ts'
import { testAttacks } from '../support/attack.ts'
import { testItem } from '../support/invariants.ts'
import { FILES } from './tables/files.ts'

let opened: TestSandbox

beforeAll(async () => {
  opened = await openTestSandbox({ idleJavascript: 0 })
})
afterAll(() => opened.close())

testAttacks(() => opened, FILES)

testItem(
  'F5: artifacts land in the folder that was asked for and replace what was there',
  () => opened,
  async ({ execute }) => {
    const target = join(opened.folder, 'artifacts')
    mkdirSync(target)
    const result = await execute({
      language: 'python',
      code: "open('/box/output/a.txt', 'w').write('new')",
      artifactsFolder: target,
    })
    expect(result.artifacts).toMatchObject([{ name: 'a.txt', bytes: 3, path: join(target, 'a.txt') }])
    rmSync(target, { recursive: true })
  },
)
