import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { loadConfig } from '../../src/app/config.ts'
import { describeConfig } from '../../src/app/describe-config.ts'

test('what is shown of the configuration holds neither keys nor the password of a store', () => {
  const environment = {
    HANDAXE_HOME: mkdtempSync(join(tmpdir(), 'handaxe-config-')),
    HANDAXE_STORE: 'postgres://ada:secret-word@127.0.0.1/tools',
    OPENAI_API_KEY: 'secret-key',
  }
  const shown = JSON.stringify(describeConfig(loadConfig({ environment, workingFolder: environment.HANDAXE_HOME })))
  expect(shown).toContain('127.0.0.1')
  expect(shown).toContain('"OPENAI_API_KEY":true')
  expect(shown).not.toContain('secret')
})
