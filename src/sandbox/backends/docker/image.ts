import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { HandaxeError } from '../../../contracts/errors.ts'
import { assetPath } from '../../../util/asset-path.ts'
import { EngineClient } from './engine-client.ts'
import { EngineError, engineUnavailable } from './engine-failure.ts'
import { findEngine } from './find-engine.ts'
import { packTar } from '../../relay/tar.ts'

/** Of silence while a step of the build runs. */
const BUILD_TIMEOUT_MS = 15 * 60_000

/** Read from docker/Dockerfile, beside the sources and in the package. */
async function loadDockerfile(): Promise<Buffer> {
  return readFile(join(dirname(assetPath('sandbox')), '..', 'docker', 'Dockerfile'))
}

/** The image that this version works with: a changed Dockerfile is another image. */
export async function defaultImage(): Promise<string> {
  const digest = createHash('sha256')
    .update(await loadDockerfile())
    .digest('hex')
  return `handaxe-sandbox:${digest.slice(0, 12)}`
}

export async function hasImage(engine: EngineClient, image: string): Promise<boolean> {
  try {
    await engine.call('GET', `/images/${encodeURIComponent(image)}/json`)
    return true
  } catch (error) {
    if (error instanceof EngineError && error.status === 404) return false
    throw error
  }
}

export interface BuildImageOptions {
  /** Of the host: DOCKER_HOST, DOCKER_CONTEXT, HOME and XDG_RUNTIME_DIR are read. */
  environment: Record<string, string | undefined>
  onProgress: (line: string) => void
  signal?: AbortSignal
}

/**
 * Builds the sandbox's image from docker/Dockerfile where it is not there yet. The engine fetches the base images from
 * its registries, and the packages from PyPI. Rejects with `sandbox_unavailable` and what the build said.
 */
export async function buildImage(options: BuildImageOptions): Promise<{ image: string; built: boolean }> {
  const engine = new EngineClient(findEngine(options.environment))
  try {
    const image = await defaultImage()
    if (await hasImage(engine, image)) return { image, built: false }
    options.onProgress(`building ${image} (docker/Dockerfile)`)
    const context = packTar([{ name: 'Dockerfile', content: await loadDockerfile(), mode: 0o644 }])
    const log = await engine.text('POST', '/build', {
      query: { t: image, rm: true, forcerm: true, dockerfile: 'Dockerfile' },
      body: context,
      timeoutMs: BUILD_TIMEOUT_MS,
      ...(options.signal === undefined ? {} : { signal: options.signal }),
    })
    const failure = findFailure(log)
    if (failure !== null) {
      throw new HandaxeError('sandbox_unavailable', `The image could not be built: ${failure}`, {
        hint: 'Is the registry reachable from the engine? Try `docker pull debian:bookworm-slim`',
      })
    }
    return { image, built: true }
  } catch (error) {
    throw error instanceof EngineError ? engineUnavailable(engine.name, error) : error
  } finally {
    engine.close()
  }
}

/** The build answers with lines of JSON; a failed step is one of them, under the status 200. */
function findFailure(log: string): string | null {
  for (const line of log.split('\n')) {
    const failed = /^\{.*"error"\s*:/.test(line) ? (JSON.parse(line) as { error?: unknown }) : null
    if (typeof failed?.error === 'string') return failed.error.slice(0, 2000)
  }
  return null
}
