import { spawn } from 'node:child_process'
import { existsSync, lstatSync } from 'node:fs'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { EngineClient } from '../backends/docker/engine-client.ts'
import { EngineError, engineUnavailable } from '../backends/docker/engine-failure.ts'
import { findEngine } from '../backends/docker/find-engine.ts'
import { defaultImage } from '../backends/docker/image.ts'
import { HandaxeError } from '../../contracts/errors.ts'

/** Of silence: an engine writes a gigabyte to a slow disk before it answers. */
const IMPORT_TIMEOUT_MS = 15 * 60_000
/** Where volumes and the program's folder are mounted: an image for a read-only root has to have them. */
const MOUNT_POINTS = ['box', 'fill', 'opt/guest']
const NEEDED: Record<string, string[]> = {
  'Python 3': ['usr/bin/python3', 'usr/local/bin/python3'],
  'Node 24': ['usr/bin/node', 'usr/local/bin/node'],
}

export interface ImportImageOptions {
  /** A whole root folder, such as one that debootstrap makes, with Python, its packages, and Node. */
  rootFolder: string
  /** Of the host: PATH, and what says where the engine is. */
  environment: Record<string, string | undefined>
  onProgress: (line: string) => void
  signal?: AbortSignal
}

/**
 * Makes the sandbox's image of a root folder, without any registry; an older one of the name is replaced. Programs with
 * set-user-id lose it on the way. Rejects with `invalid_request` where the folder is no such root, else with
 * `sandbox_unavailable`.
 */
export async function importImage(options: ImportImageOptions): Promise<{ image: string; built: boolean }> {
  const { rootFolder, environment, onProgress, signal } = options
  assertRootFolder(rootFolder)
  const engine = new EngineClient(findEngine(environment))
  const extra = await mkdtemp(join(tmpdir(), 'handaxe-image-'))
  try {
    for (const place of MOUNT_POINTS) await mkdir(join(extra, place), { recursive: true })
    const image = await defaultImage()
    const [repository = '', tag = ''] = image.split(':')
    onProgress(`importing ${image} from ${rootFolder}`)
    const archive = pack(rootFolder, extra, environment)
    const query = { fromSrc: '-', repo: repository, tag, changes: ['USER 65534:65534', 'WORKDIR /box'] }
    const sent = engine.text('POST', '/images/create', {
      query,
      body: archive.stream,
      timeoutMs: IMPORT_TIMEOUT_MS,
      ...(signal === undefined ? {} : { signal }),
    })
    try {
      await Promise.all([sent, archive.ended])
    } catch (error) {
      archive.kill()
      await Promise.allSettled([sent, archive.ended])
      throw error instanceof EngineError ? engineUnavailable(engine.name, error) : error
    }
    return { image, built: true }
  } finally {
    engine.close()
    await rm(extra, { recursive: true, force: true })
  }
}

function assertRootFolder(folder: string): void {
  const hint = 'Make one with debootstrap, and put Python packages and Node into it; docs/sandbox.md shows how'
  for (const [what, places] of Object.entries(NEEDED)) {
    // Links of a root lead to places in it, which on this machine may be missing.
    if (places.some((place) => isThere(join(folder, place)))) continue
    throw new HandaxeError('invalid_request', `${folder} is no root folder for the image: ${what} is not in it`, {
      hint,
      details: { places },
    })
  }
}

function isThere(path: string): boolean {
  return existsSync(path) || lstatSync(path, { throwIfNoEntry: false }) !== undefined
}

function pack(root: string, extra: string, environment: Record<string, string | undefined>) {
  const without = ['proc', 'sys', 'dev'].map((name) => `--exclude=./${name}/*`)
  // An engine refuses an archive in which a path stands twice.
  const missing = MOUNT_POINTS.filter((place) => !isThere(join(root, place))).map((place) => `./${place}`)
  const added = missing.length === 0 ? [] : ['-C', extra, ...missing]
  const options = ['--numeric-owner', '--one-file-system', '--mode=ug-s', ...without]
  const child = spawn('tar', [...options, '-cf', '-', '-C', root, '.', ...added], {
    env: { PATH: environment['PATH'], LC_ALL: 'C' },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let said = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said = (said + text).slice(-2000)))
  const ended = new Promise<void>((resolve, reject) => {
    const fail = (reason: string): void => {
      const hint = 'Every file of the folder must be readable: run the command as its owner, mostly root'
      reject(new HandaxeError('sandbox_unavailable', `The root folder could not be packed: ${reason}`, { hint }))
    }
    child.on('error', (error) => fail(error.message))
    child.on('close', (code) => (code === 0 ? resolve() : fail(said.trim())))
  })
  return { stream: child.stdout, ended, kill: () => void child.kill('SIGKILL') }
}
