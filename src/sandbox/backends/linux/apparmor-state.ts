import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'

/** Ours, in /etc/apparmor.d and in the kernel. */
export const PROFILE_NAME = 'handaxe-bwrap'
export const PROFILE_FILE = `/etc/apparmor.d/${PROFILE_NAME}`
/** A bubblewrap of handaxe's own, where another profile holds the path of the system's. */
export const OWN_BUBBLEWRAP = '/usr/local/lib/handaxe/bwrap'

const PROFILES = '/etc/apparmor.d'
const PARSERS = ['/usr/sbin/apparmor_parser', '/sbin/apparmor_parser']
/** Tunables of AppArmor that paths of programs begin with. */
const TUNABLES: Record<string, string> = { '@{bin}': '{/usr,}/{bin,sbin}', '@{exec_path}': '', '@{lib}': '{/usr,}/lib' }

/** A profile of somebody else that attaches to the path of bubblewrap. */
export interface ForeignProfile {
  name: string
  file: string
  /** It allows user namespaces and confines nothing: bubblewrap works as it is. */
  opensNamespaces: boolean
}

export interface AppArmorState {
  /** AppArmor is on, and keeps programs without a profile from user namespaces: Ubuntu 23.10 and later. */
  isRestricting: boolean
  /** Path of the program that loads profiles; null where there is none. */
  parser: string | null
  /** What stands in our profile's file; null where there is none. */
  ownProfile: string | null
  hasOwnBubblewrap: boolean
  foreign: ForeignProfile[]
}

/** Reads files only. `root` is the folder that stands for `/`: the tests have recorded ones. */
export function readAppArmor(bubblewrapPath: string, root = '/'): AppArmorState {
  const read = (path: string): string | null => readText(join(root, path))
  return {
    isRestricting:
      read('/sys/module/apparmor/parameters/enabled')?.trim() === 'Y' &&
      read('/proc/sys/kernel/apparmor_restrict_unprivileged_userns')?.trim() === '1',
    parser: PARSERS.find((path) => isFile(join(root, path))) ?? null,
    ownProfile: read(PROFILE_FILE),
    hasOwnBubblewrap: isFile(join(root, OWN_BUBBLEWRAP)),
    foreign: readForeign(bubblewrapPath, root),
  }
}

function readForeign(bubblewrapPath: string, root: string): ForeignProfile[] {
  const folder = join(root, PROFILES)
  const disabled = new Set(listFolder(join(folder, 'disable')))
  return listFolder(folder)
    .filter((name) => name !== PROFILE_NAME && !disabled.has(name) && isProfileName(name) && isFile(join(folder, name)))
    .flatMap((name) => attachedProfiles(readText(join(folder, name)) ?? '', bubblewrapPath, `${PROFILES}/${name}`))
}

/** As AppArmor's own scripts pass over what editors and packages leave behind. */
function isProfileName(name: string): boolean {
  return !/^\.|~$|\.(?:bak|dpkg-\w+|orig|pac\w+|rej|rpm\w+|ucf-\w+|save|swp)$/.test(name)
}

function attachedProfiles(text: string, path: string, file: string): ForeignProfile[] {
  // `profile NAME PATH flags=(…) {`, or `PATH {`, which is its own name; quoted where it has blanks.
  const header =
    /^[ \t]*(?:profile[ \t]+("[^"\n]+"|[^\s"{]+)(?:[ \t]+((?:"[^"\n]+"|@?[{/][^\s]*)))?|("[^"\n]+"|@?[{/][^\s]*))[ \t]*(?:xattrs=\([^)]*\)[ \t]*)?(?:flags[ \t]*=[ \t]*)?(\([^)]*\))?[ \t]*\{[ \t]*(?:#.*)?$/gm
  const found: ForeignProfile[] = []
  for (const match of text.matchAll(header)) {
    const [whole, name = '', attachment, bare] = match
    const pattern = unquote(attachment ?? bare ?? name)
    if (!/^[/@{]/.test(pattern) || !toRegExp(pattern).test(path)) continue
    const body = text.slice((match.index ?? 0) + whole.length).split(/^\}/m)[0] ?? ''
    const opensNamespaces = /\bunconfined\b/.test(match[4] ?? '') && /^\s*(?:allow\s+)?userns\b/m.test(body)
    found.push({ name: unquote(name || bare || ''), file, opensNamespaces })
  }
  return found
}

function unquote(text: string): string {
  return text.replace(/^"(.*)"$/, '$1')
}

/** AppArmor's patterns of paths: `*` and `?` stay within a folder, `**` does not, `{a,b}` is either. */
function toRegExp(pattern: string): RegExp {
  let expanded = pattern
  for (const [name, value] of Object.entries(TUNABLES)) expanded = expanded.replaceAll(name, value)
  const source = expanded.replaceAll(/\*\*|[*?{},]|\[[^\]]*\]|[^\w/]/g, (part) => {
    const known: Record<string, string> = { '**': '.*', '*': '[^/]*', '?': '[^/]', '{': '(?:', '}': ')', ',': '|' }
    return known[part] ?? (part.startsWith('[') && part.length > 1 ? part : `\\${part}`)
  })
  return new RegExp(`^${source}$`)
}

function readText(path: string): string | null {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    // Not there, or not for this user.
    return null
  }
}

function listFolder(path: string): string[] {
  try {
    return readdirSync(path).toSorted()
  } catch {
    // No AppArmor here.
    return []
  }
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() === true
}
