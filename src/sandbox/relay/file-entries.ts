import { constants } from 'node:fs'
import { open, readdir, readFile, realpath } from 'node:fs/promises'
import { join } from 'node:path'
import { HandaxeError } from '../../contracts/errors.ts'
import type { InputFile } from '../../contracts/sandbox.ts'
import { assetPath } from '../../util/asset-path.ts'
import { walkInputFolder } from '../walk-input-folder.ts'

/** The mount is read-only. Without the right to write, code would be told EACCES in place of EROFS. */
const MODE = 0o666

/** What travels to where executions are. */
export type FileEntry =
  | { name: string; content: Uint8Array; mode?: number }
  /** `bytes` as measured when it was opened; what the file has grown by since is left out. */
  | { name: string; path: string; bytes: number; mode?: number }
  | { name: string; kind: 'folder' }
  | { name: string; kind: 'link'; target: string }

/** The programs that run inside, as they are in this version of handaxe, by `folder/name`. */
export async function guestEntries(folders: readonly string[]): Promise<{ name: string; content: Buffer }[]> {
  const guest = assetPath('sandbox/guest')
  const entries: { name: string; content: Buffer }[] = []
  for (const folder of folders) {
    for (const name of (await readdir(join(guest, folder))).sort()) {
      if (!/\.(py|mjs)$/.test(name)) continue
      entries.push({ name: `${folder}/${name}`, content: await readFile(join(guest, folder, name)) })
    }
  }
  return entries
}

/** The input files as entries. Rejects with `invalid_input_file` before anything is sent. */
export async function inputEntries(inputs: readonly InputFile[]): Promise<FileEntry[]> {
  const entries: FileEntry[] = []
  for (const input of inputs) {
    if ('content' in input)
      entries.push({ name: input.name, content: Buffer.from(input.content as Uint8Array), mode: MODE })
    else entries.push(...(await pathEntries(input.name, input.path)))
  }
  return entries
}

async function pathEntries(name: string, given: string): Promise<FileEntry[]> {
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

async function folderEntries(name: string, root: string): Promise<FileEntry[]> {
  const entries: FileEntry[] = []
  for await (const { name: below, path, kind, bytes, target } of walkInputFolder(root)) {
    const inside = `${name}/${below}`
    if (kind === 'file') entries.push({ name: inside, path, bytes, mode: MODE })
    else entries.push(kind === 'folder' ? { name: inside, kind } : { name: inside, kind, target })
  }
  return entries
}
