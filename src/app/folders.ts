import { userInfo } from 'node:os'
import { join, resolve } from 'node:path'
import { HandaxeError } from '../contracts/errors.ts'

export interface Folders {
  /** The user's configuration file. */
  config: string
  /** The library, the journal, the Python environment, artifacts. */
  data: string
  /** What may be lost: private run-time files. */
  state: string
  cache: string
}

type Environment = Record<string, string | undefined>

/**
 * Where handaxe keeps its files: the XDG folders on Linux and wherever their variables are set, the platform's own on
 * macOS and Windows. `HANDAXE_HOME` puts all of them under one folder. Throws `invalid_configuration` where the user has no
 * home: a folder that is shared, such as /tmp, would let others write the configuration.
 */
export function resolveFolders(environment: Environment, platform: string = process.platform): Folders {
  const given = environment['HANDAXE_HOME']
  const own = given ? resolve(given) : null
  if (own !== null) return { config: own, data: own, state: join(own, 'state'), cache: join(own, 'cache') }
  const home = findHome(environment)
  const fallback = platformFolders(platform, home, environment)
  const folder = (variable: string, otherwise: string): string => {
    const value = environment[variable]
    // The XDG specification: a relative path is to be ignored.
    return value?.startsWith('/') ? join(value, 'handaxe') : otherwise
  }
  return {
    config: folder('XDG_CONFIG_HOME', fallback.config),
    data: folder('XDG_DATA_HOME', fallback.data),
    state: folder('XDG_STATE_HOME', fallback.state),
    cache: folder('XDG_CACHE_HOME', fallback.cache),
  }
}

function findHome(environment: Environment): string {
  const given = environment['HOME'] || environment['USERPROFILE']
  if (given) return resolve(given)
  // No HOME, or an empty one: the list of users still knows it.
  const known = knownHome()
  if (known) return known
  throw new HandaxeError('invalid_configuration', 'This user has no home folder', {
    hint: 'Set HOME, or HANDAXE_HOME to a folder of yours.',
  })
}

function knownHome(): string | null {
  try {
    return userInfo().homedir
  } catch {
    // A user id without an entry, as in containers.
    return null
  }
}

function platformFolders(platform: string, home: string, environment: Environment): Folders {
  if (platform === 'darwin') {
    const support = join(home, 'Library', 'Application Support', 'handaxe')
    return {
      config: support,
      data: support,
      state: join(support, 'state'),
      cache: join(home, 'Library', 'Caches', 'handaxe'),
    }
  }
  if (platform === 'win32') {
    const local = join(environment['LOCALAPPDATA'] || join(home, 'AppData', 'Local'), 'handaxe')
    return { config: local, data: local, state: join(local, 'state'), cache: join(local, 'cache') }
  }
  return {
    config: join(home, '.config', 'handaxe'),
    data: join(home, '.local', 'share', 'handaxe'),
    state: join(home, '.local', 'state', 'handaxe'),
    cache: join(home, '.cache', 'handaxe'),
  }
}
