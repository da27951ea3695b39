import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { ENVIRONMENT_GUEST_PATHS, type Environment } from '../../../contracts/environment.ts'
import { assetPath } from '../../../util/asset-path.ts'
import { GUEST_ENVIRONMENT } from '../../guest-surroundings.ts'
import type { PythonFacts } from './describe-python.ts'
import { isBelow, systemFolders } from './system-folders.ts'

/** Descriptor on which bubblewrap tells the process id of the zygote. */
export const INFO_DESCRIPTOR = 3
/** On which it is given a user namespace, where it does not make one. */
export const USER_NAMESPACE_DESCRIPTOR = 4

/** The certificates that the machine trusts, as Debian, Fedora and SUSE have them; inside always by the first path. */
const AUTHORITIES = [
  '/etc/ssl/certs/ca-certificates.crt',
  '/etc/pki/tls/certs/ca-bundle.crt',
  '/etc/ssl/ca-bundle.pem',
] as const

/** Host paths that the zygote sees, by their neutral names inside. */
export interface Bind {
  source: string
  target: string
  writable?: boolean
}

export interface LaunchPlan {
  binds: Bind[]
  /** Folders that executions see too. */
  trees: string[]
  /** Entries of `sys.path` beside the standard library. */
  paths: string[]
  /** Where Python finds the packages of its environment: after the standard library, before `paths`. */
  environmentPath: string | null
  interpreter: string
  /** Arguments of bubblewrap. */
  systemFolders: string[]
  environment: Record<string, string>
}

export interface LaunchFiles {
  python: PythonFacts
  nodePath: string
  hostFolder: string
  slotsFolder: string
  cgroupFolders: { name: string; path: string }[]
  environment: Environment | null
}

/** What of the host appears where inside: the least that Python and Node need, without any host path. */
export function planLaunch(files: LaunchFiles): LaunchPlan {
  const { python, nodePath, hostFolder, slotsFolder, cgroupFolders } = files
  const guest = assetPath('sandbox/guest')
  const binds: Bind[] = [
    { source: join(guest, 'python'), target: '/opt/guest/python' },
    { source: join(guest, 'javascript'), target: '/opt/guest/javascript' },
    { source: join(guest, 'network'), target: '/opt/guest/network' },
    { source: nodePath, target: '/opt/node' },
    { source: hostFolder, target: '/run/host' },
    { source: slotsFolder, target: '/slots' },
    ...cgroupFolders.map(({ name, path }) => ({ source: path, target: `/cgroup/${name}`, writable: true })),
  ]
  const trees: string[] = []
  const isOwnTree = !isBelow(python.basePrefix, '/usr')
  if (isOwnTree) {
    binds.push({ source: python.basePrefix, target: '/opt/python' })
    trees.push('/opt/python')
  }
  const paths = python.packageFolders.map((folder, index) => {
    if (isBelow(folder, '/usr')) return folder
    if (isOwnTree && isBelow(folder, python.basePrefix)) return `/opt/python${folder.slice(python.basePrefix.length)}`
    const target = `/opt/site-packages/${index}`
    binds.push({ source: folder, target })
    trees.push(target)
    return target
  })
  const interpreter = isOwnTree ? `/opt/python${python.executable.slice(python.basePrefix.length)}` : python.executable
  const environmentPath = files.environment?.language === 'python' ? ENVIRONMENT_GUEST_PATHS.python : null
  if (files.environment !== null) {
    const target = ENVIRONMENT_GUEST_PATHS[files.environment.language]
    binds.push({ source: files.environment.packagesFolder, target })
    trees.push(target)
  }
  const everywhere = environmentPath === null ? paths : [environmentPath, ...paths]
  return {
    binds,
    trees,
    paths,
    environmentPath,
    interpreter,
    systemFolders: systemFolders(python),
    environment: guestEnvironment(everywhere, isOwnTree),
  }
}

function guestEnvironment(paths: string[], isOwnTree: boolean): Record<string, string> {
  return {
    ...GUEST_ENVIRONMENT,
    PYTHONPATH: paths.join(':'),
    ...(isOwnTree ? { LD_LIBRARY_PATH: '/opt/python/lib' } : {}),
  }
}

/** Rights of the zygote in its own namespace: it mounts, and changes to the users of slots, owns their places and ends them. */
const SLOT_USER_RIGHTS = ['CAP_SETUID', 'CAP_SETGID', 'CAP_CHOWN', 'CAP_KILL']

/**
 * The arguments of bubblewrap. `locate` gives the path by which the sandbox's user reaches a bind's source. `hasSlotUsers`:
 * the user namespace is given, and has ids for slots besides 0.
 */
export function bubblewrapArguments(
  plan: LaunchPlan,
  locate: (bind: Bind, index: number) => string,
  hasSlotUsers = false,
): string[] {
  const user = hasSlotUsers
    ? `--userns ${USER_NAMESPACE_DESCRIPTOR} ${SLOT_USER_RIGHTS.map((name) => `--cap-add ${name}`).join(' ')}`
    : '--unshare-user --uid 0 --gid 0'
  // CAP_SETFCAP: since Linux 5.12 without it the slots could not map uid 0 of here into a user namespace of their own.
  const isolation =
    `--cap-drop ALL --cap-add CAP_SYS_ADMIN --cap-add CAP_SETFCAP ${user} ` +
    '--unshare-pid --as-pid-1 --unshare-net --unshare-ipc --unshare-uts --hostname sandbox --die-with-parent --new-session --clearenv'
  return [
    ...isolation.split(' '),
    ...Object.entries(plan.environment).flatMap(([name, value]) => ['--setenv', name, value]),
    ...plan.systemFolders,
    ...systemFiles(),
    ...'--proc /proc --dev /dev --tmpfs /tmp --chdir /'.split(' '),
    ...plan.binds.flatMap((bind, index) => [bind.writable ? '--bind' : '--ro-bind', locate(bind, index), bind.target]),
    '--info-fd',
    String(INFO_DESCRIPTOR),
    '--',
    // -S: no `.pth` files and no site customisation of the host take part.
    plan.interpreter,
    '-I',
    '-S',
    '-B',
    '/opt/guest/python/zygote.py',
  ]
}

function systemFiles(): string[] {
  const found: string[] = []
  for (const file of ['/etc/alternatives', '/etc/ld.so.cache', '/etc/fonts', '/etc/matplotlibrc'])
    found.push('--ro-bind-try', file, file)
  const authorities = AUTHORITIES.find((file) => existsSync(file))
  if (authorities !== undefined) found.push('--ro-bind', authorities, AUTHORITIES[0])
  return found
}
