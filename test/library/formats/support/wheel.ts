import { execFile } from 'node:child_process'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

const DOWNLOAD_MS = 60_000

/** The file of the package `wheel`, which setuptools needs before version 70.1; null where PyPI cannot be reached. */
export async function downloadWheel(): Promise<{ name: string; content: Buffer } | null> {
  const folder = await mkdtemp(join(tmpdir(), 'handaxe-wheel-'))
  try {
    const pip = [
      '-m',
      'pip',
      'download',
      '--no-deps',
      '--only-binary',
      ':all:',
      '--quiet',
      '--disable-pip-version-check',
    ]
    await promisify(execFile)('python3', [...pip, '--dest', folder, 'wheel==0.45.1'], { timeout: DOWNLOAD_MS })
    const [name] = await readdir(folder)
    return name === undefined ? null : { name, content: await readFile(join(folder, name)) }
  } catch (error) {
    if (error instanceof Error && 'cmd' in error) return null
    throw error
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
