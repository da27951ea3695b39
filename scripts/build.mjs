// dist/: the library by tsc with declarations, the guest programs and prompts beside it, the command bundled for a fast start.
import { chmodSync, cpSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { ensureDependencies, projectRoot, runOrExit } from './ensure-dependencies.mjs'
import { chunkGroups, importBuiltins } from './fast-start.mjs'

const node = ensureDependencies()
if (process.argv[2] !== '--inside') {
  // Rolldown needs the project's Node, whatever runs this file.
  process.exit(
    runOrExit(node, [import.meta.filename ?? new URL(import.meta.url).pathname, '--inside'], { mayFail: true }),
  )
}

const dist = join(projectRoot, 'dist')
const source = join(projectRoot, 'src')
rmSync(dist, { recursive: true, force: true })
runOrExit(node, [join(projectRoot, 'node_modules/typescript/bin/tsc'), '-p', 'tsconfig.build.json'])
cpSync(source, dist, {
  recursive: true,
  filter: (path) => (statSync(path).isDirectory() ? !path.endsWith('__pycache__') : !/\.tsx?$/.test(path)),
})

const { rolldown } = await import('rolldown')
const bundle = await rolldown({
  input: { handaxe: join(source, 'cli/main.ts') },
  platform: 'node',
  logLevel: 'warn',
  preserveEntrySignatures: false,
  // What one group loads later may lie in a file of the other that is there already.
  checks: { ineffectiveDynamicImport: false },
  plugins: [importBuiltins()],
})
const command = join(dist, 'bin')
await bundle.write({
  dir: command,
  format: 'esm',
  minify: false,
  chunkFileNames: '[name]-[hash].js',
  codeSplitting: chunkGroups(source),
})
await bundle.close()
chmodSync(join(command, 'handaxe.js'), 0o755)
