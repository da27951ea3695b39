import { basename, dirname, extname, join } from 'node:path'
import { HandaxeError } from '../../contracts/errors.ts'
import type { ManifestCheck, ToolReading } from '../../contracts/exchange.ts'
import { BUNDLE_FILE } from './bundle/bundle-file.ts'
import { readBundle } from './bundle/read-bundle.ts'
import { MANIFEST_FILE } from './manifest/create-manifest.ts'
import { verifyManifest } from './manifest/verify-manifest.ts'
import { openSource } from './read/open-source.ts'
import { addFile, addTo, emptyReading, finishReading, type PartialReading } from './read/reading.ts'
import { isSkillPage, readSkills } from './read/read-skills.ts'
import { indexNeighbours, readSource } from './read/read-source.ts'
import { findToolList, readPackageFolder } from './read/read-tool-list.ts'
import { walkFolder, type FolderListing } from './read/walk-folder.ts'

const ARCHIVES = new Set(['.zip', '.skill', '.tar', '.gz', '.tgz', '.whl', '.bz2', '.xz', '.7z', '.rar'])

/**
 * What tools are in a bundle, a folder of skills, a package that was exported, a Python or JavaScript file, or a folder of
 * them. Reads text only: nothing is executed and nothing is saved. Every candidate has to be verified before it is used,
 * whatever its source says of it. Rejects with `invalid_input_file` where there is nothing of the kind, and for a bundle or
 * package that a newer handaxe wrote.
 */
export async function readTools(path: string): Promise<ToolReading> {
  const { root, isFolder } = await openSource(path)
  if (!isFolder) return readFile(root)
  const listing = await walkFolder(root)
  const list = await findToolList(root, listing.files)
  if (list === null && !listing.files.some(isSkillPage) && listing.files.includes(BUNDLE_FILE)) {
    return readBundle(join(root, BUNDLE_FILE))
  }
  const reading: PartialReading = { ...emptyReading(), leftOut: listing.leftOut }
  const manifest = await readCheck(root, reading)
  if (list !== null) {
    addTo(reading, await readPackageFolder(root, { files: listing.files, list, manifest }))
    return finishReading(list.kind === 'python' ? 'python-package' : 'ai-sdk', reading, manifest)
  }
  if (listing.files.some(isSkillPage)) {
    addTo(reading, await readSkills(root, { files: listing.files, manifest }))
    return finishReading('skills', reading, manifest)
  }
  addTo(reading, await readFiles(root, listing))
  return finishReading('files', reading, manifest)
}

async function readFile(path: string): Promise<ToolReading> {
  if (isSkillPage(path)) return readTools(dirname(path))
  const extension = extname(path).toLowerCase()
  if (ARCHIVES.has(extension)) {
    throw new HandaxeError('invalid_input_file', `${path} is an archive`, {
      hint: 'Unpack it and name the folder: then you see what is in it before handaxe does.',
      details: { path },
    })
  }
  if (extension === '.json') return readBundle(path)
  const found = await readSource(dirname(path), basename(path), () => () => false)
  if ('reason' in found) {
    throw new HandaxeError('invalid_input_file', `${path} ${found.reason}`, {
      hint: 'Name a bundle, a folder of Agent Skills, a Python or JavaScript file, or a folder of them.',
      details: { path },
    })
  }
  return finishReading('files', { ...emptyReading(), candidates: [found] }, null)
}

async function readFiles(root: string, { files }: FolderListing): Promise<PartialReading> {
  const reading = emptyReading()
  const neighboursOf = indexNeighbours(files)
  for (const path of files) {
    if (path !== MANIFEST_FILE) addFile(reading, path, await readSource(root, path, neighboursOf))
  }
  return reading
}

/** Without its manifest a folder can still be read; that nobody can say what changed is worth a word. */
async function readCheck(root: string, reading: PartialReading): Promise<ManifestCheck | null> {
  try {
    return await verifyManifest(root)
  } catch (error) {
    if (!HandaxeError.isInstance(error) || error.code !== 'invalid_input_file') throw error
    reading.notes.push(`${error.message}: what changed is not known.`)
    return null
  }
}
