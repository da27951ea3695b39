import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { PROJECT_SETTINGS } from '../../src/app/project-settings.ts'
import { configFileSchema } from '../../src/contracts/config.ts'
import { sandboxSettingsSchema } from '../../src/contracts/policy-schema.ts'

const docs = readFileSync(join(import.meta.dirname, '..', '..', 'docs', 'configuration.md'), 'utf8')

function keysOf(schema: unknown): string[] {
  return Object.keys((schema as { shape: object }).shape)
}

test('every setting has a rule: a new one is decided on before it can be read', () => {
  const settings = keysOf(configFileSchema).filter((name) => name !== '$schema' && name !== 'sandbox')
  const inside = keysOf(sandboxSettingsSchema).map((name) => `sandbox.${name}`)
  expect(Object.keys(PROJECT_SETTINGS).toSorted()).toEqual([...settings, ...inside].toSorted())
})

test('the documentation has the same table', () => {
  const [, table = ''] = /## A project's file\n([\s\S]*?)\n## /.exec(docs) ?? []
  const rows = table.split('\n').filter((line) => line.startsWith('| `'))
  for (const [setting, { may }] of Object.entries(PROJECT_SETTINGS)) {
    const row = rows.find((line) => line.includes(`\`${setting}\``))
    expect(row, setting).toContain(`| ${may ?? 'nothing'}`)
  }
})
