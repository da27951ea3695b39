import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'

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
 * macOS and Windows. `HANDAXE_HOME` puts all of them under one folder.
 */
export function resolveFolders(environment: Environment, platform: NodeJS.Platform = process.platform): Folders {
  const own = environment['HANDAXE_HOME']
  if (own) return { config: own, data: own, state: join(own, 'state'), cache: join(own, 'cache') }
  const home = environment['HOME'] || environment['USERPROFILE'] || homedir() || tmpdir()
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

function platformFolders(platform: NodeJS.Platform, home: string, environment: Environment): Folders {
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
