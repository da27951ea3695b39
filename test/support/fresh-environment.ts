// Runs before each file of tests. Files of one worker share the process, and with it the modules of the project, which takes a
// second of a processor less for each file. What a file changed of the environment must not reach the next one.
const KEY = Symbol.for('handaxe.tests.environment')
const shared = globalThis as typeof globalThis & { [KEY]?: NodeJS.ProcessEnv }

const original = (shared[KEY] ??= { ...process.env })
for (const name of Object.keys(process.env)) if (!(name in original)) delete process.env[name]
Object.assign(process.env, original)
