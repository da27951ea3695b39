import { readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { expect, test } from 'vitest'

const sourceRoot = join(import.meta.dirname, '..', '..', 'src')

/** What `handaxe exec` loads where a daemon serves it: these modules, and what they import without `import()`. */
const LOADED = [
  'cli/main.ts',
  'cli/run-cli.ts',
  'cli/commands/exec.ts',
  'app/load-settings.ts',
  'app/open-app.ts',
  'app/open-through-daemon.ts',
]

function importsOf(file: string): string[] {
  const text = readFileSync(join(sourceRoot, file), 'utf8')
  const statements = text.match(/^(?:import|export)\s[^;'"]*?from\s+'[^']+'/gms) ?? []
  const needed = statements.filter((statement) => !/^(?:import|export)\s+type\b/.test(statement))
  return needed.flatMap((statement) => /from\s+'([^']+)'/.exec(statement)?.[1] ?? [])
}

function reachable(): Set<string> {
  const found = new Set(LOADED)
  for (const file of found) {
    if (!file.endsWith('.ts')) continue
    for (const specifier of importsOf(file)) {
      found.add(
        specifier.startsWith('.') ? relative(sourceRoot, join(sourceRoot, dirname(file), specifier)) : specifier,
      )
    }
  }
  return found
}

test('the client of a daemon loads neither the sandbox nor a package', () => {
  const all = [...reachable()]
  const packages = all.filter((name) => !name.endsWith('.ts') && !name.startsWith('node:'))
  // Colours only: every package more is some ten milliseconds of a call that takes fifty.
  expect(packages).toEqual(['picocolors'])
  const sandbox = all.filter((name) => name.startsWith('sandbox/') && !name.startsWith('sandbox/daemon/'))
  expect(sandbox.sort()).toEqual([
    'sandbox/choose/unmet-requirements.ts',
    'sandbox/frames.ts',
    'sandbox/process-identity.ts',
    'sandbox/standard-packages.ts',
    'sandbox/unusable-input.ts',
  ])
  expect(all).not.toContain('sandbox/daemon/serve-daemon.ts')
})
