import { expect, test } from 'vitest'
import * as published from '../../src/index.ts'

test('the public names are these and no others', () => {
  expect(Object.keys(published).sort()).toEqual([
    'DEFAULT_BUDGET',
    'DEFAULT_LIMITS',
    'ERROR_KINDS',
    'HandaxeError',
    'ProgramError',
    'openAgent',
    'openLibrary',
    'openSandbox',
    'openSession',
    'openStore',
  ])
})
