import { HandaxeError } from '../../contracts/errors.ts'
import type { Sandbox } from '../../contracts/sandbox.ts'
import { buildImage } from '../backends/docker/image.ts'
import { openBackend } from '../choose/open-backend.ts'
import type { SandboxOptions } from '../sandbox-options.ts'
import { importImage } from './import-image.ts'

export interface PrepareImageOptions {
  /** Null: from docker/Dockerfile, by the engine's registries. */
  rootFolder: string | null
  sandbox: SandboxOptions
  onProgress: (line: string) => void
  signal?: AbortSignal
}

export interface PreparedImage {
  image: string
  /** False where it was there already. */
  built: boolean
}

/**
 * The image of the docker backend, found or made, and proved by a program in each language. Rejects with
 * `sandbox_unavailable`, `invalid_request` or `cancelled`.
 */
export async function prepareImage(options: PrepareImageOptions): Promise<PreparedImage> {
  try {
    return await prepare(options)
  } catch (error) {
    throw options.signal?.aborted ? new HandaxeError('cancelled', 'Making the image was cancelled') : error
  }
}

async function prepare({
  rootFolder,
  sandbox: options,
  onProgress,
  signal,
}: PrepareImageOptions): Promise<PreparedImage> {
  const shared = { environment: options.environment ?? {}, onProgress, ...(signal === undefined ? {} : { signal }) }
  const prepared = rootFolder === null ? await buildImage(shared) : await importImage({ ...shared, rootFolder })
  onProgress('executing a line of Python and one of JavaScript in it')
  const sandbox = await openBackend('docker', {
    ...options,
    docker: { image: prepared.image, runtime: options.docker?.runtime },
    idlePython: 1,
    idleJavascript: 0,
    maxConcurrent: 1,
  })
  try {
    await prove(sandbox, prepared.image, 'python', 'import numpy, pandas\nresult(int(numpy.prod([6, 7])))')
    await prove(sandbox, prepared.image, 'javascript', 'result(6 * 7)')
    return prepared
  } finally {
    await sandbox.close()
  }
}

async function prove(sandbox: Sandbox, image: string, language: 'python' | 'javascript', code: string): Promise<void> {
  const result = await sandbox.execute({ language, code })
  if (result.status === 'ok' && result.value === 42) return
  const said = result.error === undefined ? result.stderr.head.trim() : `${result.error.type}: ${result.error.message}`
  throw new HandaxeError('sandbox_unavailable', `${image} does not run ${language}: ${result.status} ${said}`.trim(), {
    hint: `It needs Python 3.10 or newer with numpy and pandas, and Node 24 or newer; remove it with: docker rmi ${image}`,
  })
}
