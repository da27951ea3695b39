import { expect, test } from 'vitest'
import { describeInstalling, renderScriptRules } from '../../../src/agent/text/render-script-rules.ts'
import type { PackageProvider } from '../../../src/contracts/environment.ts'

const environmentPackages = { python: ['numpy'], javascript: [] }

test('scripts are told which packages the policy lets them install', () => {
  const packages = { allowList: ['xlrd', 'tabulate'] } as unknown as PackageProvider
  const rules = renderScriptRules({ environmentPackages, packages })
  expect(rules).toContain(
    'installed when it imports or uses them: xlrd, tabulate. Nothing else can be installed and there',
  )
})

test.each([undefined, []])('without such a list nothing can be installed: %j', (allowList) => {
  const packages = (allowList === undefined ? {} : { allowList }) as unknown as PackageProvider
  expect(renderScriptRules({ environmentPackages, packages })).toContain(
    'Nothing can be installed and there is no network.',
  )
  expect(describeInstalling(allowList ?? [])).toBe('Nothing can be installed')
})
