import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

import type { RelayUsage } from '../../relay/relayed-guest.ts'

/**
 * Reads what a container has used from the kernel's own files, where the engine runs on this machine: exact and at once,
 * while many engines look only once a second.
 */
export class ContainerMeter {
  readonly #files: { cpu: string; memory: string; isUnified: boolean }

  private constructor(files: { cpu: string; memory: string; isUnified: boolean }) {
    this.#files = files
  }

  /** Null where the container's control groups cannot be seen from here. */
  static find(processId: number, containerId: string): ContainerMeter | null {
    const mounts = cgroupMounts()
    const paths = new Map<string, string>()
    for (const line of readText(`/proc/${processId}/cgroup`).split('\n')) {
      const [, controllers, path] = /^\d+:([^:]*):(.*)$/.exec(line) ?? []
      // An engine elsewhere has other process ids: the path must bear the container's id.
      if (controllers === undefined || path === undefined || !path.includes(containerId)) continue
      for (const controller of controllers.split(',')) {
        const mount = mounts.get(controller)
        if (mount !== undefined) paths.set(controller, join(mount, path))
      }
    }
    const cpu = paths.get('cpuacct')
    const memory = paths.get('memory')
    if (cpu !== undefined && memory !== undefined) {
      const files = { cpu: join(cpu, 'cpuacct.usage'), memory: join(memory, 'memory.max_usage_in_bytes') }
      return existsSync(files.cpu) ? new ContainerMeter({ ...files, isUnified: false }) : null
    }
    const unified = paths.get('')
    if (unified === undefined || !existsSync(join(unified, 'cpu.stat'))) return null
    // memory.peak came with Linux 5.19.
    const peak = join(unified, 'memory.peak')
    const file = existsSync(peak) ? peak : join(unified, 'memory.current')
    return new ContainerMeter({ cpu: join(unified, 'cpu.stat'), memory: file, isUnified: true })
  }

  /** Null when the container has ended. */
  read(): RelayUsage | null {
    const { cpu, memory, isUnified } = this.#files
    const text = readText(cpu)
    if (text === '') return null
    const cpuMs = isUnified ? Number(/^usage_usec (\d+)$/m.exec(text)?.[1] ?? 0) / 1000 : Number(text) / 1e6
    return { cpuMs, memoryBytes: Number(readText(memory)) || 0 }
  }
}

/** Mount point by controller; the unified hierarchy has the empty name. */
function cgroupMounts(): Map<string, string> {
  const mounts = new Map<string, string>()
  for (const line of readText('/proc/self/mountinfo').split('\n')) {
    const [before, after] = line.split(' - ')
    const [kind, , options] = after?.split(' ') ?? []
    const point = before?.split(' ')[4]
    if (point === undefined) continue
    if (kind === 'cgroup2') mounts.set('', point)
    if (kind === 'cgroup') for (const option of options?.split(',') ?? []) mounts.set(option, point)
  }
  return mounts
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'latin1')
  } catch {
    // Ended meanwhile, or not Linux.
    return ''
  }
}
