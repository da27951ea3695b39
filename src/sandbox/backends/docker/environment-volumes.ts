import { HandaxeError } from '../../../contracts/errors.ts'
import type { Environment } from '../../../contracts/environment.ts'
import { buildKey } from '../../environments/build-key.ts'
import type { FileEntry } from '../../relay/file-entries.ts'
import { walkInputFolder } from '../../walk-input-folder.ts'
import { removeVolume } from './container.ts'
import { EngineError } from './engine-failure.ts'
import { fillVolume, type VolumeFilling } from './volumes.ts'

/** Each is a copy of the packages at the engine: the one that was used longest ago makes room. */
const MOST = 4

interface EnvironmentVolume {
  name: string
  filled: Promise<void>
  /** Containers that are being made with it: until they are, nothing at the engine holds it. */
  users: number
}

/** The package environments that the engine has been given: one volume each, filled once, shown read-only. */
export class EnvironmentVolumes {
  readonly #prefix: string
  readonly #filling: (volume: string) => VolumeFilling
  /** By the build, in the order of their last use. */
  readonly #volumes = new Map<string, EnvironmentVolume>()
  /** Made room for others while a container had them. */
  readonly #stale = new Set<string>()
  #made = 0

  /** `filling` gives what is needed to fill a volume of that name. */
  constructor(prefix: string, filling: (volume: string) => VolumeFilling) {
    this.#prefix = prefix
    this.#filling = filling
  }

  /** Makes a container with the volume of that name, which is filled by then and stays until `make` settles. */
  async use<Made>(environment: Environment, make: (volume: string) => Promise<Made>): Promise<Made> {
    const key = buildKey(environment)
    const found = this.#volumes.get(key) ?? this.#fill(key, environment)
    this.#volumes.delete(key)
    this.#volumes.set(key, found)
    found.users++
    try {
      await this.#makeRoom()
      await found.filled
      return await make(found.name)
    } finally {
      found.users--
    }
  }

  async close(): Promise<void> {
    const filled = Array.from(this.#volumes.values(), ({ filled }) => filled)
    await Promise.allSettled(filled)
    for (const name of [...this.#stale, ...Array.from(this.#volumes.values(), ({ name }) => name)]) {
      await removeVolume(this.#filling(name).engine, name)
    }
  }

  #fill(key: string, environment: Environment): EnvironmentVolume {
    const name = `${this.#prefix}-environment-${++this.#made}`
    const filled = packagesOf(environment).then((entries) => fillVolume(this.#filling(name), entries))
    // The next one that asks tries again; what is half there is removed with the sandbox.
    filled.catch(() => {
      if (this.#volumes.get(key)?.name === name) this.#volumes.delete(key)
      this.#stale.add(name)
    })
    return { name, filled, users: 0 }
  }

  async #makeRoom(): Promise<void> {
    for (const [key, { name, users }] of this.#volumes) {
      if (this.#volumes.size <= MOST) break
      if (users > 0) continue
      this.#volumes.delete(key)
      this.#stale.add(name)
    }
    for (const name of this.#stale) {
      try {
        await removeVolume(this.#filling(name).engine, name)
        this.#stale.delete(name)
      } catch (error) {
        // A container has it still, most likely: the next one that makes room, or the end, tries again.
        if (!(error instanceof EngineError)) throw error
      }
    }
  }
}

async function packagesOf({ name: environment, packagesFolder }: Environment): Promise<FileEntry[]> {
  const entries: FileEntry[] = []
  for await (const { name, path, kind, bytes } of walkInputFolder(packagesFolder)) {
    if (kind === 'folder') entries.push({ name, kind })
    else if (kind === 'file') entries.push({ name, path, bytes, mode: 0o644 })
    else throw damaged(environment)
  }
  return entries
}

function damaged(name: string): HandaxeError {
  return new HandaxeError('sandbox_broken', `The environment '${name}' has a link in it, which it was not built with`, {
    hint: `Remove it and create it again: handaxe env remove ${name}`,
  })
}
