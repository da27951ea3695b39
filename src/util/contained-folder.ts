import { closeSync, constants, existsSync, lstatSync, mkdirSync, openSync, renameSync, rmSync } from 'node:fs'
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'

const { O_CREAT, O_DIRECTORY, O_EXCL, O_NOFOLLOW, O_RDONLY, O_WRONLY } = constants
/** Names below an open folder, so that nobody can put a link in its place meanwhile. Linux has it. */
const OPEN_FOLDERS = '/proc/self/fd'

export type Obstacle =
  | 'link' // in the place of the file or of a folder above it
  | 'exists' // a file that somebody else has written
  | 'folder' // a folder in the place of the file, or a file in that of a folder
  | 'hidden' // a folder such as `.git` that was there before

/** Something stands where a file was to be written. Nothing was written. */
export class InTheWay extends Error {
  readonly obstacle: Obstacle

  constructor(obstacle: Obstacle, name: string) {
    super(`${name}: ${obstacle} in the way`)
    this.obstacle = obstacle
  }
}

/** A file that is being written. One of `finish` and `abandon` must be called. */
export interface ContainedFile {
  descriptor: number
  /** Shows the file under its name. Throws `InTheWay`. */
  finish(): void
  /** Leaves nothing. */
  abandon(): void
}

/**
 * Writes files below a folder whose names a stranger has chosen and which may hold anything: never through a link, never
 * into a hidden folder that was there before, and over another file only with `replace`. The folder itself may be reached by
 * a link: its owner has named it. Without /proc (macOS), links are looked for by name, which somebody who changes the folder
 * at that moment can get round.
 */
export class ContainedFolder {
  readonly #root: string
  readonly #replace: boolean
  /** Folders that this object has made. */
  readonly #made = new Set<string>()

  constructor(root: string, { replace }: { replace: boolean }) {
    this.#root = root
    this.#replace = replace
  }

  /** `name` has parts divided by `/`, none of them empty, `.` or `..`. Throws `InTheWay`, and what the file system says. */
  create(name: string): ContainedFile {
    const parts = name.split('/')
    const last = parts.pop() ?? ''
    const folder = this.#enter(parts)
    try {
      return this.#open(folder, last, name)
    } catch (error) {
      folder.close()
      throw error
    }
  }

  #enter(parts: string[]): OpenFolder {
    mkdirSync(this.#root, { recursive: true })
    let folder = openFolder(this.#root, '')
    for (const [index, part] of parts.entries()) {
      const outer = folder
      try {
        folder = this.#step(outer, part, parts.slice(0, index + 1).join('/'))
      } finally {
        outer.close()
      }
    }
    return folder
  }

  #step(outer: OpenFolder, part: string, name: string): OpenFolder {
    const path = join(outer.path, part)
    try {
      mkdirSync(path)
      this.#made.add(name)
    } catch (error) {
      if (codeOf(error) !== 'EEXIST') throw error
      if (part.startsWith('.') && !this.#made.has(name)) throw new InTheWay('hidden', name)
    }
    return openFolder(path, name)
  }

  #open(folder: OpenFolder, last: string, name: string): ContainedFile {
    const path = join(folder.path, last)
    const partial = this.#replace ? join(folder.path, `.${randomBytes(8).toString('hex')}.partial`) : path
    const descriptor = create(partial, name)
    return {
      descriptor,
      finish: () => {
        try {
          closeSync(descriptor)
          if (this.#replace) replaceFile(partial, path, name)
        } finally {
          folder.close()
        }
      },
      abandon: () => {
        closeSync(descriptor)
        rmSync(partial, { force: true })
        folder.close()
      },
    }
  }
}

interface OpenFolder {
  /** By which what lies in it is reached. */
  path: string
  close(): void
}

function openFolder(path: string, name: string): OpenFolder {
  // The first one is the caller's own choice.
  const follow = name === '' ? 0 : O_NOFOLLOW
  let descriptor: number
  try {
    descriptor = openSync(path, O_RDONLY | O_DIRECTORY | follow)
  } catch (error) {
    if (!['ELOOP', 'ENOTDIR', 'EMLINK'].includes(codeOf(error))) throw error
    throw new InTheWay(lstatSync(path).isSymbolicLink() ? 'link' : 'folder', name)
  }
  const open = `${OPEN_FOLDERS}/${descriptor}`
  return { path: existsSync(open) ? open : path, close: () => closeSync(descriptor) }
}

function create(path: string, name: string): number {
  try {
    return openSync(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o644)
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error
    throw new InTheWay(kindOf(path), name)
  }
}

function replaceFile(partial: string, path: string, name: string): void {
  try {
    // Puts away a link, never what it points to.
    renameSync(partial, path)
  } catch (error) {
    rmSync(partial, { force: true })
    if (!['EISDIR', 'ENOTEMPTY', 'EEXIST', 'ENOTDIR'].includes(codeOf(error))) throw error
    throw new InTheWay('folder', name)
  }
}

function kindOf(path: string): Obstacle {
  const stat = lstatSync(path)
  return stat.isSymbolicLink() ? 'link' : stat.isDirectory() ? 'folder' : 'exists'
}

function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? ''
}
