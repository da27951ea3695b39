import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { tellOnce } from '../../src/app/tell-once.ts'

test('something is told once, also to another process, and other things beside it', () => {
  const folder = mkdtempSync(join(tmpdir(), 'handaxe-told-'))
  expect([tellOnce(folder, 'a'), tellOnce(folder, 'a'), tellOnce(folder, 'b/../c')]).toEqual([true, false, true])
  writeFileSync(join(folder, 'file'), '')
  // A folder that cannot be made: it is told again.
  expect([tellOnce(join(folder, 'file'), 'a'), tellOnce(join(folder, 'file'), 'a')]).toEqual([true, true])
  rmSync(folder, { recursive: true })
})
