import { createReadStream, write } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { HandaxeError } from '../contracts/errors.ts'
import type { Artifact } from '../contracts/sandbox.ts'
import { ContainedFolder, InTheWay, type Obstacle } from '../util/contained-folder.ts'
import { artifactsError, type ArtifactsFolder } from './artifacts-folder.ts'
import { safeText } from './terminal.ts'

export interface Delivery {
  /** Each with the path of its copy; one that could not be copied keeps the path that it has. */
  artifacts: Artifact[]
  /** About the files that were not copied. */
  problem: HandaxeError | null
}

const MOST_NAMED = 5
const MOST_NUMBERS = 1000
const REASONS: Readonly<Record<Obstacle, string>> = {
  link: 'a link stands in its place',
  exists: 'a file of that name is there already',
  folder: 'a file stands where a folder is to be, or a folder where a file is to be',
  hidden: 'a name that begins with a dot',
}

/**
 * Copies artifacts into the user's own folder. Model-written code has chosen their names, and the folder may be a home or a
 * repository: nothing is written through a link, nothing under a name that begins with a dot (`.bashrc`, `.git/hooks`), and
 * over a file of others only with `--overwrite`. Two artifacts of one name lie beside each other: `plot.png`, `plot-2.png`.
 * Never rejects: the answer is not to be lost for a file.
 */
export async function deliverArtifacts(artifacts: Artifact[], folder: ArtifactsFolder | null): Promise<Delivery> {
  if (folder === null || artifacts.length === 0) return { artifacts, problem: null }
  const destination = new ContainedFolder(folder.path, { replace: folder.overwrite })
  const names = new TakenNames(artifacts)
  const delivered: Artifact[] = []
  const left: string[] = []
  let problem: HandaxeError | null = null
  for (const artifact of artifacts) {
    let outcome: string | InTheWay | null = null
    try {
      // After a full disk, the next file would not arrive either.
      if (problem === null) outcome = await copyUnderFreeName(artifact, destination, names)
    } catch (error) {
      problem = artifactsError(join(folder.path, artifact.name), error)
    }
    if (outcome instanceof InTheWay) left.push(`${safeText(artifact.name)} (${REASONS[outcome.obstacle]})`)
    delivered.push(typeof outcome === 'string' ? { ...artifact, path: join(folder.path, outcome) } : artifact)
  }
  return { artifacts: delivered, problem: problem ?? (left.length === 0 ? null : notDelivered(left, folder)) }
}

/** As `deliverArtifacts`, from a folder of their own, which is removed where nothing stays in it. */
export async function moveArtifacts(
  artifacts: Artifact[],
  source: string,
  folder: ArtifactsFolder | null,
): Promise<Delivery> {
  const delivery = await deliverArtifacts(artifacts, folder)
  if (folder !== null && delivery.problem === null) await rm(source, { recursive: true, force: true })
  return delivery
}

/** The name that it has got, or why it has got none. Rejects with what the file system said. */
async function copyUnderFreeName(
  artifact: Artifact,
  destination: ContainedFolder,
  names: TakenNames,
): Promise<string | InTheWay> {
  if (artifact.name.split('/').some((part) => part.startsWith('.'))) return new InTheWay('hidden', artifact.name)
  for (let number = 1; ; number += 1) {
    const name = number === 1 ? artifact.name : numbered(artifact.name, number)
    if (!names.isFree(name, number)) continue
    try {
      await copy(artifact.path, destination, name)
      names.take(name)
      return name
    } catch (error) {
      if (!(error instanceof InTheWay)) throw error
      // Only the number was our own choice.
      if (number === 1 || number === MOST_NUMBERS || error.obstacle !== 'exists') return error
    }
  }
}

const writeSome = promisify(write)

async function copy(source: string, destination: ContainedFolder, name: string): Promise<void> {
  const target = destination.create(name)
  try {
    for await (const piece of createReadStream(source) as AsyncIterable<Buffer>) {
      for (let done = 0; done < piece.length;) {
        done += (await writeSome(target.descriptor, piece, done, piece.length - done, null)).bytesWritten
      }
    }
  } catch (error) {
    target.abandon()
    throw error
  }
  target.finish()
}

/** Files and folders of this delivery, as a file system that takes no notice of case sees them. */
class TakenNames {
  readonly #announced: Set<string>
  readonly #files = new Set<string>()
  readonly #folders = new Set<string>()

  constructor(artifacts: Artifact[]) {
    this.#announced = new Set(artifacts.map(({ name }) => folded(name)))
  }

  /** A number must not take the name that another artifact brings with it. */
  isFree(name: string, number: number): boolean {
    const own = folded(name)
    if (number > 1 && this.#announced.has(own)) return false
    return !this.#files.has(own) && !this.#folders.has(own) && !foldersOf(own).some((folder) => this.#files.has(folder))
  }

  take(name: string): void {
    const own = folded(name)
    this.#files.add(own)
    for (const folder of foldersOf(own)) this.#folders.add(folder)
  }
}

function folded(name: string): string {
  return name.normalize('NFC').toLowerCase()
}

function foldersOf(name: string): string[] {
  const parts = name.split('/').slice(0, -1)
  return parts.map((_, index) => parts.slice(0, index + 1).join('/'))
}

/** `plot.png` becomes `plot-2.png`, `charts/plot.png` becomes `charts-2/plot.png`: whatever stood in the way is beside it. */
function numbered(name: string, number: number): string {
  const [first = '', ...rest] = name.split('/')
  if (rest.length > 0) return [`${first}-${number}`, ...rest].join('/')
  const dot = first.lastIndexOf('.')
  return dot <= 0 ? `${first}-${number}` : `${first.slice(0, dot)}-${number}${first.slice(dot)}`
}

function notDelivered(left: string[], { path, overwrite }: ArtifactsFolder): HandaxeError {
  const more = left.length > MOST_NAMED ? ` and ${left.length - MOST_NAMED} more` : ''
  const replace = overwrite ? '' : ', or --overwrite for files that may be replaced'
  return new HandaxeError(
    'invalid_request',
    `The files of --artifacts cannot be written to ${path}: ${left.slice(0, MOST_NAMED).join(', ')}${more}`,
    {
      hint: `They lie where the result says. Name an empty folder${replace}.`,
    },
  )
}
