// Runs before each file of tests. Files of one worker may share the process, and with it the modules of the project, which takes a
// second of a processor less for each file. What a file changed of the environment must not reach the next one.
import { expect } from 'vitest'

const KEY = Symbol.for('handaxe.tests.environment')
const shared = globalThis as typeof globalThis & { [KEY]?: NodeJS.ProcessEnv }

const original = (shared[KEY] ??= { ...process.env })
for (const name of Object.keys(process.env)) if (!(name in original)) delete process.env[name]
Object.assign(process.env, original)

// What tests write goes to memory where there is room (scripts/run-tests.mjs). Those of the sandbox look at how it hides the paths
// of this machine's disk, and stay there.
const memory = process.env['HANDAXE_TEST_MEMORY']
const isOfSandbox = /[\\/]test[\\/]sandbox[\\/]/.test(expect.getState().testPath ?? '')
if (memory !== undefined && memory !== '' && !isOfSandbox) process.env['TMPDIR'] = memory
