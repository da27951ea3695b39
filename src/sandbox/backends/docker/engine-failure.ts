import { HandaxeError } from '../../../contracts/errors.ts'

/** What the engine answered in place of what was asked for. */
export class EngineError extends Error {
  readonly status: number

  constructor(status: number, message: string) {
    super(message)
    this.name = 'EngineError'
    this.status = status
  }
}

/** Why the engine could not be spoken to, with what to do about it. */
export function engineUnavailable(endpoint: string, error: unknown): HandaxeError {
  const { code, message } = error as NodeJS.ErrnoException
  const details = { endpoint, reason: message }
  if (code === 'EACCES' || code === 'EPERM') {
    return new HandaxeError('sandbox_unavailable', `No permission to use the container engine at ${endpoint}`, {
      hint: 'sudo usermod -aG docker $USER and log in again, or use rootless Docker, or set DOCKER_HOST to a socket of your own',
      details,
      cause: error,
    })
  }
  if (code === 'ENOENT' || code === 'ECONNREFUSED' || code === 'ENOTSOCK') {
    return new HandaxeError('sandbox_unavailable', `No container engine answers at ${endpoint}`, {
      hint: 'Start Docker (systemctl start docker, or Docker Desktop) or podman (systemctl --user start podman.socket), or set DOCKER_HOST',
      details,
      cause: error,
    })
  }
  return new HandaxeError('sandbox_unavailable', `The container engine at ${endpoint} failed: ${message}`, {
    hint: 'Run `docker info` and look at the log of the engine',
    details,
    cause: error,
  })
}

export function containersNotReady(error: Error): HandaxeError {
  return new HandaxeError('sandbox_broken', `A container did not get ready: ${error.message}`, {
    hint: 'Build the image again with `handaxe setup --docker`, then run `handaxe doctor`',
    cause: error,
  })
}
