// pgvector for the tests' server of PostgreSQL, where the distribution has no package of it: its source from a newer release
// of Debian, compiled against the headers of the server that is here. Nothing of the machine's package lists changes.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { installPackages, runAsRoot } from './system-packages.mjs'
import { addNotTested } from './test-counts.mjs'
import { extensionFolders, findPostgres } from '../test/support/find-postgres.ts'

const SOURCE_RELEASE = 'trixie'
const KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg'

/** Says what it does, and where it cannot, why: the tests that need it are skipped then. */
export function installPgvector() {
  console.error('· building pgvector for the tests')
  const folder = mkdtempSync(join(tmpdir(), 'handaxe-pgvector-'))
  try {
    prepareCompiler(folder)
    if (!existsSync(KEYRING)) throw new Error('there is no key of Debian to check its source by')
    build(folder)
  } catch (error) {
    console.error(`· that did not work (${error.message}), its tests are skipped`)
    addNotTested('search by vectors on PostgreSQL', error.message)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** A compiler that makes programs: a bare Debian has none, and one without the C library's headers is no use. */
function prepareCompiler(folder) {
  const program = join(folder, 'program.c')
  writeFileSync(
    program,
    '#include <math.h>\n#include <stdio.h>\nint main(void) { return printf("%f", sqrt(4)) < 0; }\n',
  )
  if (spawnSync('gcc', ['-o', join(folder, 'program'), program, '-lm']).status === 0) return
  installPackages('gcc', 'libc6-dev')
}

function build(folder) {
  const folders = extensionFolders(findPostgres())
  const version = /postgresql\/(\d+)\//.exec(folders?.library ?? '')?.[1]
  if (version === undefined) throw new Error('the server is not where Debian puts it')
  const headers = fetchHeaders(folder, version)
  const source = fetchSource(folder)
  const library = join(folder, 'vector.so')
  const files = readdirSync(join(source, 'src')).filter((name) => name.endsWith('.c'))
  run('gcc', [
    '-O2',
    '-ftree-vectorize',
    '-fassociative-math',
    '-fno-signed-zeros',
    '-fno-trapping-math',
    '-shared',
    '-fPIC',
    '-D_GNU_SOURCE',
    '-o',
    library,
    `-I${headers}/${version}/server`,
    `-I${headers}/internal`,
    ...files.map((name) => join(source, 'src', name)),
    '-lm',
  ])
  place(library, join(folders.library, 'vector.so'))
  const release = /default_version = '(.+)'/.exec(run('cat', [join(source, 'vector.control')]))?.[1]
  place(join(source, 'sql', 'vector.sql'), join(folders.share, `vector--${release}.sql`))
  // Last: its presence says that the rest is there.
  place(join(source, 'vector.control'), join(folders.share, 'vector.control'))
}

/** Only the files of the package: installing it would bring a compiler of its own. */
function fetchHeaders(folder, version) {
  const target = join(folder, 'headers')
  mkdirSync(target)
  try {
    run('apt-get', ['download', `postgresql-server-dev-${version}`], target)
  } catch {
    // The lists of packages may be missing or old.
    runAsRoot('apt-get', ['update', '-q'])
    run('apt-get', ['download', `postgresql-server-dev-${version}`], target)
  }
  const [name] = readdirSync(target)
  run('dpkg-deb', ['-x', name, '.'], target)
  return join(target, 'usr/include/postgresql')
}

/** By apt with a list of sources of its own: signatures and hashes are checked as for any package. */
function fetchSource(folder) {
  const lists = join(folder, 'lists')
  const target = join(folder, 'source')
  for (const path of [join(lists, 'partial'), target]) mkdirSync(path, { recursive: true })
  const sources = join(folder, 'newer.sources')
  writeFileSync(
    sources,
    `Types: deb-src\nURIs: ${debianMirror()}\nSuites: ${SOURCE_RELEASE}\nComponents: main\nSigned-By: ${KEYRING}\n`,
  )
  const only = [
    '-o',
    `Dir::Etc::SourceList=${sources}`,
    '-o',
    'Dir::Etc::SourceParts=-',
    '-o',
    `Dir::State::Lists=${lists}`,
  ]
  run('apt-get', [...only, 'update'])
  run('apt-get', [...only, 'source', '--download-only', 'pgvector'], target)
  const archive = readdirSync(target).find((name) => name.includes('.orig.tar'))
  if (archive === undefined) throw new Error('the source has no archive')
  mkdirSync(join(target, 'pgvector'))
  run('tar', ['-xf', archive, '-C', 'pgvector', '--strip-components=1'], target)
  return join(target, 'pgvector')
}

/** Where this machine has its own packages from. */
function debianMirror() {
  const mirrors = run('apt-get', ['indextargets', '--format', '$(REPO_URI)', 'Created-By: Packages']).split('\n')
  const mirror = mirrors.find((address) => /\/debian\/?$/.test(address))
  if (mirror === undefined) throw new Error('this machine has no packages of Debian')
  return mirror
}

/** Whole or not at all, also for a second process that is doing the same. The server's folders belong to root. */
function place(file, target) {
  const partial = `${target}.${process.pid}.partial`
  runAsRoot('install', ['-m', '644', file, partial])
  runAsRoot('mv', ['-f', partial, target])
}

function run(command, args, cwd) {
  const { status, stdout, stderr } = spawnSync(command, args, { cwd, encoding: 'utf8' })
  if (status !== 0) throw new Error(`${command} ${args[0]}: ${(stderr || stdout || 'failed').trim().slice(-300)}`)
  return stdout
}
