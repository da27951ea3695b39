// `npm run pack`: build/handaxe-<version>.tgz, the package as it is published. Its package.json carries neither the
// development tools nor the packaged Node: a user brings a Node 24 of their own.
import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ensureDependencies, projectRoot, runOrExit } from './ensure-dependencies.mjs'

const node = ensureDependencies()
runOrExit(node, ['scripts/build.mjs'])
const folder = join(projectRoot, 'build', 'package')
rmSync(folder, { recursive: true, force: true })
mkdirSync(folder, { recursive: true })
const published = JSON.parse(readFileSync(join(projectRoot, 'package.json'), 'utf8'))
for (const name of ['private', 'scripts', 'devDependencies', 'optionalDependencies']) delete published[name]
writeFileSync(join(folder, 'package.json'), `${JSON.stringify(published, null, 2)}\n`)
for (const name of published.files) cpSync(join(projectRoot, name), join(folder, name), { recursive: true })
checkTypes()
const packed = spawnSync('npm', ['pack', '--silent', '--pack-destination', join(projectRoot, 'build')], {
  cwd: folder,
  stdio: 'inherit',
})
process.exit(packed.status ?? 1)

/** The types as a strict project sees them that skips no library check and has no types of Node. */
function checkTypes() {
  const consumer = join(projectRoot, 'build', 'consumer')
  mkdirSync(consumer, { recursive: true })
  const compilerOptions = {
    strict: true,
    exactOptionalPropertyTypes: true,
    skipLibCheck: false,
    module: 'nodenext',
    target: 'es2024',
    lib: ['es2024', 'esnext.disposable', 'dom'],
    types: [],
    noEmit: true,
  }
  writeFileSync(join(consumer, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['index.mts'] }))
  const names = ['index', 'testing/index'].map((name) => `export * from '../package/dist/${name}.js'\n`)
  writeFileSync(join(consumer, 'index.mts'), names.join(''))
  runOrExit(node, [join(projectRoot, 'node_modules/typescript/bin/tsc'), '-p', consumer])
}
