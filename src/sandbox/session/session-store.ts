import { randomBytes } from 'node:crypto'
import { copyFile, link, mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { HandaxeError } from '../../contracts/errors.ts'
import { isDead, ownIdentity } from '../process-identity.ts'
import { manifestSchema, type SessionManifest, type SessionValue } from './session-format.ts'

const MANIFEST = 'session.json'
const WORK = /^values-(\d+-\d+-\d+)-[0-9a-f]{16}$/
/** How often another process may replace the state while it is being taken hold of. */
const ATTEMPTS = 20

/** A state that is being made: files of its own, which nobody else removes while this process lives. */
export interface SessionDraft {
  folder: string
  values: SessionValue[]
}

/**
 * The state of a session on the disk: one manifest, which is replaced as a whole, and one folder of files that belongs to
 * it. Of two processes that write at one time the last one wins, with all its values. What is not finished is not seen.
 */
export class SessionStore {
  readonly #folder: string

  constructor(folder: string) {
    this.#folder = folder
  }

  /** Takes hold of the current state: hard links, so that it stays whatever becomes of the original. */
  async begin(): Promise<SessionDraft> {
    await mkdir(this.#folder, { recursive: true, mode: 0o700 })
    for (let attempt = 1; ; attempt++) {
      const folder = join(this.#folder, `values-${ownIdentity()}-${randomBytes(8).toString('hex')}`)
      await mkdir(folder, { mode: 0o700 })
      const manifest = await this.read()
      try {
        for (const { file } of manifest?.values ?? []) {
          await linkOrCopy(join(this.#folder, manifest?.folder ?? '', file), join(folder, file))
        }
        return { folder, values: manifest?.values ?? [] }
      } catch (error) {
        await rm(folder, { recursive: true, force: true })
        if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || attempt === ATTEMPTS)
          throw damaged(this.#folder, error)
      }
    }
  }

  /** Puts a file into a draft. */
  async add(draft: SessionDraft, source: string, file: string): Promise<void> {
    const target = join(draft.folder, file)
    await rm(target, { force: true })
    try {
      await rename(source, target)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EXDEV') throw error
      await copyFile(source, target)
      await rm(source)
    }
  }

  /** Makes a draft the state. It is on the disk before anybody can see it. */
  async commit(draft: SessionDraft): Promise<void> {
    const before = await this.read()
    const folder = draft.folder.slice(this.#folder.length + 1)
    const used = new Set(draft.values.map(({ file }) => file))
    for (const file of await readdir(draft.folder)) {
      if (used.has(file)) await flush(join(draft.folder, file))
      else await rm(join(draft.folder, file), { force: true })
    }
    const manifest: SessionManifest = { format: 1, savedAt: new Date().toISOString(), folder, values: draft.values }
    const temporary = join(draft.folder, MANIFEST)
    const handle = await open(temporary, 'wx', 0o600)
    try {
      await handle.writeFile(JSON.stringify(manifest))
      await handle.datasync()
    } finally {
      await handle.close()
    }
    await rename(temporary, join(this.#folder, MANIFEST))
    if (before !== null) await rm(join(this.#folder, before.folder), { recursive: true, force: true })
    await this.#removeLeftovers(folder)
  }

  async discard(draft: SessionDraft): Promise<void> {
    await rm(draft.folder, { recursive: true, force: true })
  }

  /** Null where nothing has been kept yet. Rejects with `store_corrupt`. */
  async read(): Promise<SessionManifest | null> {
    let text: string
    try {
      text = await readFile(join(this.#folder, MANIFEST), 'utf8')
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
      throw damaged(this.#folder, error)
    }
    try {
      return manifestSchema.parse(JSON.parse(text))
    } catch (error) {
      throw damaged(this.#folder, error)
    }
  }

  /** Of processes that were killed in the middle. */
  async #removeLeftovers(current: string): Promise<void> {
    for (const name of await readdir(this.#folder)) {
      const [, owner] = WORK.exec(name) ?? []
      if (owner === undefined || name === current || !isDead(owner)) continue
      // Somebody may have made it the state since: then the manifest names it.
      if ((await this.read())?.folder !== name) await rm(join(this.#folder, name), { recursive: true, force: true })
    }
  }
}

async function linkOrCopy(source: string, target: string): Promise<void> {
  try {
    await link(source, target)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') throw error
    // A file system without links, or with as many as a file can have.
    await copyFile(source, target)
  }
}

async function flush(path: string): Promise<void> {
  const handle = await open(path, 'r')
  try {
    await handle.datasync()
  } finally {
    await handle.close()
  }
}

function damaged(folder: string, cause: unknown): HandaxeError {
  return new HandaxeError(
    'store_corrupt',
    `The session in ${folder} cannot be read: ${(cause as Error).message.slice(0, 200)}`,
    {
      hint: 'Remove it: handaxe sessions remove NAME',
      cause,
    },
  )
}
