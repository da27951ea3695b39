import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { HandaxeError } from '../../../contracts/errors.ts'

export type EngineEndpoint = { kind: 'socket'; path: string } | { kind: 'tcp'; host: string; port: number }

/**
 * The engine's address, in the order of the `docker` command: `DOCKER_HOST`, the chosen context, then the usual sockets
 * of Docker, rootless Docker, Docker Desktop and podman. Throws `sandbox_unavailable` where there is none.
 */
export function findEngine(environment: Record<string, string | undefined>): EngineEndpoint {
  const given = environment['DOCKER_HOST'] || environment['CONTAINER_HOST'] || contextHost(environment)
  if (given) return parseEndpoint(given)
  const runtime = environment['XDG_RUNTIME_DIR']
  const home = environment['HOME'] ?? homedir()
  const candidates = [
    ...(runtime === undefined ? [] : [join(runtime, 'docker.sock')]),
    join(home, '.docker/run/docker.sock'),
    '/var/run/docker.sock',
    ...(runtime === undefined ? [] : [join(runtime, 'podman/podman.sock')]),
    '/run/podman/podman.sock',
  ]
  const found = candidates.find((path) => existsSync(path))
  if (found !== undefined) return { kind: 'socket', path: found }
  throw new HandaxeError('sandbox_unavailable', 'No container engine was found', {
    hint: 'Install and start Docker or podman (with podman.socket), or set DOCKER_HOST to its socket',
    details: { candidates },
  })
}

/** Throws `sandbox_unavailable` for a transport that this client does not speak. */
export function parseEndpoint(text: string): EngineEndpoint {
  const unix = /^(?:unix|npipe):\/\/(.+)$/.exec(text)?.[1]
  if (unix !== undefined) return { kind: 'socket', path: unix }
  const [, host, port] = /^(?:tcp|http):\/\/(\[[^\]]+\]|[^:/]+)(?::(\d+))?\/?$/.exec(text) ?? []
  // Without TLS whoever listens in between could change what is executed: this machine only.
  if (host !== undefined && ['127.0.0.1', 'localhost', '[::1]'].includes(host)) {
    return { kind: 'tcp', host: host.replace(/^\[|\]$/g, ''), port: Number(port ?? 2375) }
  }
  throw new HandaxeError('sandbox_unavailable', `The container engine cannot be reached by ${text}`, {
    hint: 'Set DOCKER_HOST to unix:///path/to/docker.sock, or to tcp://127.0.0.1:<port> (a tunnel of ssh -L does)',
  })
}

export function endpointName(endpoint: EngineEndpoint): string {
  return endpoint.kind === 'socket' ? endpoint.path : `tcp://${endpoint.host}:${endpoint.port}`
}

/** The host of the chosen context of the `docker` command, or null for the default one. */
function contextHost(environment: Record<string, string | undefined>): string | null {
  const folder = environment['DOCKER_CONFIG'] ?? join(environment['HOME'] ?? homedir(), '.docker')
  const name = environment['DOCKER_CONTEXT'] || text(readJson(join(folder, 'config.json')), 'currentContext')
  if (!name || name === 'default') return null
  const digest = createHash('sha256').update(name).digest('hex')
  const meta = readJson(join(folder, 'contexts/meta', digest, 'meta.json'))
  const host = text(field(field(meta, 'Endpoints'), 'docker'), 'Host')
  if (host !== null) return host
  throw new HandaxeError('sandbox_unavailable', `The Docker context '${name}' has no address`, {
    hint: 'docker context use default, or set DOCKER_HOST',
  })
}

function readJson(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch {
    // Not there, or not JSON: the docker command would go by its defaults too.
    return null
  }
}

function field(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined
}

function text(value: unknown, name: string): string | null {
  const found = field(value, name)
  return typeof found === 'string' && found !== '' ? found : null
}
