import { constants } from 'node:fs'
import { open, readdir, readFile, realpath } from 'node:fs/promises'
import { join } from 'node:path'
import { HandaxeError } from '../../../contracts/errors.ts'
import type { InputFile } from '../../../contracts/sandbox.ts'
import { assetPath } from '../../../util/asset-path.ts'
import { removeContainer } from './container.ts'
import { fillerOptions } from './container-options.ts'
import type { EngineClient } from './engine-client.ts'
import { createContainer } from './create-container.ts'
import { walkInputFolder } from '../../walk-input-folder.ts'
import { packTar, type TarEntry } from './tar.ts'

/** The mount is read-only. Without the right to write, code would be told EACCES in place of EROFS. */
const MODE = 0o666

export interface VolumeFilling {
  engine: EngineClient
  image: string
  volume: string
  labels: Record<string, string>
}

/**
 * Puts files into a volume of the engine. They travel as a stream into a container that is never started: no folder of
 * the host is shown to the engine, which may run on another machine.
 */
export async function fillVolume({ engine, image, volume, labels }: VolumeFilling, entries: TarEntry[]): Promise<void> {
  const id = await createContainer(engine, fillerOptions(image, volume, labels), image)
  try {
    await engine.text('PUT', `/containers/${id}/archive`, { query: { path: '/fill' }, body: packTar(entries) })
  } finally {
    await removeContainer(engine, id)
  }
}

/** The programs that run inside, as they are in this version of handaxe. */
export async function guestEntries(): Promise<TarEntry[]> {
  const guest = assetPath('sandbox/guest')
  const entries: TarEntry[] = []
  for (const folder of ['python', 'javascript']) {
    for (const name of (await readdir(join(guest, folder))).sort()) {
      if (!/\.(py|mjs)$/.test(name)) continue
      entries.push({ name: `${folder}/${name}`, content: await readFile(join(guest, folder, name)) })
    }
  }
  return entries
}

/** The input files as entries. Rejects with `invalid_input_file` before anything is sent. */
export async function inputEntries(inputs: readonly InputFile[]): Promise<TarEntry[]> {
  const entries: TarEntry[] = []
  for (const input of inputs) {
    if ('content' in input)
      entries.push({ name: input.name, content: Buffer.from(input.content as Uint8Array), mode: MODE })
    else entries.push(...(await pathEntries(input.name, input.path)))
  }
  return entries
}

async function pathEntries(name: string, given: string): Promise<TarEntry[]> {
  try {
    const path = await realpath(given)
    // O_NONBLOCK: a FIFO in place of a file must not hold the host up.
    const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK)
    try {
      const stat = await file.stat()
      if (stat.isDirectory()) return [{ name, kind: 'folder' }, ...(await folderEntries(name, path))]
      if (!stat.isFile()) throw new Error('it is neither a regular file nor a folder')
      return [{ name, path, bytes: stat.size, mode: MODE }]
    } finally {
      await file.close()
    }
  } catch (error) {
    throw new HandaxeError(
      'invalid_input_file',
      `The input file '${name}' cannot be used: ${(error as Error).message}`,
      {
        hint: 'Check that the path exists, can be read and is a file or a folder',
        details: { name, path: given },
        cause: error,
      },
    )
  }
}

async function folderEntries(name: string, root: string): Promise<TarEntry[]> {
  const entries: TarEntry[] = []
  for await (const { name: below, path, kind, bytes, target } of walkInputFolder(root)) {
    const inside = `${name}/${below}`
    if (kind === 'file') entries.push({ name: inside, path, bytes, mode: MODE })
    else entries.push(kind === 'folder' ? { name: inside, kind } : { name: inside, kind, target })
  }
  return entries
}
