// Installs wheels for another Python of this machine's kind into a folder, by the pip of the sandbox's Python, or by one that is
// made for it: a bare Debian has no pip. Runs on the project's Node. In TypeScript, because it
// calls what the project keeps changing.
//
//   node scripts/install-wheels.ts FOLDER PYTHON-VERSION PACKAGE…
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { HandaxeError } from '../src/contracts/errors.ts'
import { describePythonBase } from '../src/sandbox/environments/python/describe-python-base.ts'
import { findPip } from '../src/sandbox/environments/python/find-pip.ts'
import { findPython } from '../test/support/python.ts'

const [folder = '', version = '', ...packages] = process.argv.slice(2)
const platform = process.arch === 'arm64' ? 'aarch64' : 'x86_64'
const platforms = ['manylinux2014', 'manylinux_2_27', 'manylinux_2_28'].flatMap((name) => [
  '--platform',
  `${name}_${platform}`,
])
const work = mkdtempSync(join(tmpdir(), 'handaxe-wheels-'))
mkdirSync(join(work, 'tmp'))
try {
  const python = findPython() ?? '/usr/bin/python3'
  const base = await describePythonBase(python, { environment: process.env, cwd: work })
  const onProgress = (line: string): void => console.error(`· ${line}`)
  const pip = await findPip(python, base, { work, environment: process.env, onProgress })
  const target = ['--python-version', version, '--implementation', 'cp', ...platforms, '--target', folder]
  const outcome = await pip(['install', '--quiet', '--only-binary', ':all:', ...target, ...packages])
  if (outcome.exitCode !== 0) console.error(outcome.stderr)
  process.exitCode = outcome.exitCode ?? 1
} catch (error) {
  // On one line, for whoever shows the last words of a program: a stack names neither the registry's answer nor the next step.
  if (!HandaxeError.isInstance(error)) throw error
  const answer = String(error.details['registry'] ?? 'no registry was asked')
    .trim()
    .split('\n')
    .at(-1)
  console.error(`error: ${error.message} (${answer}). ${error.hint ?? ''}`)
  process.exitCode = 1
} finally {
  rmSync(work, { recursive: true, force: true })
}
