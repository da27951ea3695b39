import { existsSync, lstatSync, readlinkSync } from 'node:fs'
import { dirname } from 'node:path'
import type { PythonFacts } from './describe-python.ts'

/**
 * What the distribution's packages own. Not /usr/local, /usr/src, /usr/etc and the like: people put their own things there,
 * such as npm's configuration with its tokens (/usr/local/etc/npmrc), and programs have no use for them.
 */
const OF_THE_DISTRIBUTION = ['bin', 'sbin', 'lib', 'lib32', 'lib64', 'libx32', 'libexec', 'share'].map(
  (name) => `/usr/${name}`,
)
const FONTS = '/usr/local/share/fonts'

/** Folders and links of the system, as arguments of bubblewrap: read-only, under their own names. */
export function systemFolders(python: Pick<PythonFacts, 'executable' | 'basePrefix' | 'packageFolders'>): string[] {
  const folders = [...OF_THE_DISTRIBUTION, '/bin', '/sbin', '/lib', '/lib32', '/lib64', '/libx32']
  const shown = folders.filter((folder) => existsSync(folder))
  const others = neededBeside(OF_THE_DISTRIBUTION, python).filter((path) => existsSync(path))
  return [
    ...openParents([...shown, ...others]),
    ...shown.flatMap((folder) => showFolder(folder)),
    ...others.flatMap((path) => ['--ro-bind', path, path]),
  ]
}

/** Bubblewrap makes the folders above a bind with the mode 700, which shuts out slots that have a user of their own. */
function openParents(paths: readonly string[]): string[] {
  const parents = new Set<string>()
  for (const path of paths) {
    for (let parent = dirname(path); parent !== '/'; parent = dirname(parent)) {
      if (!paths.includes(parent)) parents.add(parent)
    }
  }
  return [...parents].toSorted().flatMap((parent) => ['--dir', parent])
}

function showFolder(folder: string): string[] {
  return lstatSync(folder).isSymbolicLink()
    ? ['--symlink', readlinkSync(folder), folder]
    : ['--ro-bind', folder, folder]
}

/** Of what lies below /usr beside the distribution's own: Python, its packages, and fonts. */
function neededBeside(
  owned: readonly string[],
  { executable, basePrefix, packageFolders }: Pick<PythonFacts, 'executable' | 'basePrefix' | 'packageFolders'>,
): string[] {
  // A Python that was installed into /usr/local shares it with everything else there.
  const isShared = basePrefix === '/usr' || basePrefix === '/usr/local'
  const ofPython = isShared ? [`${basePrefix}/lib`, executable] : [basePrefix]
  const wanted = [...ofPython, ...packageFolders, FONTS].filter((path) => isBelow(path, '/usr') && path !== '/usr')
  return wanted.filter(
    (path, index) =>
      !owned.some((folder) => isBelow(path, folder)) &&
      !wanted.some((other, place) => (other === path ? place < index : isBelow(dirname(path), other))),
  )
}

/** Whether a path is a folder or lies in it. */
export function isBelow(path: string, folder: string): boolean {
  return path === folder || path.startsWith(`${folder}/`)
}
