import { ENVIRONMENT_GUEST_PATHS } from '../../../contracts/environment.ts'
import type { Limits } from '../../../contracts/limits.ts'
import { GUEST_ENVIRONMENT, NODE_THREADS, nodeFlags, TABLE_MODULES } from '../../guest-surroundings.ts'
import type { GuestKind } from '../../relay/relay-messages.ts'
import { LABELS } from './labels.ts'

const MIB = 1024 * 1024
/** `nobody`: owns nothing in the image. Not the engine's default, which is root. */
const USER = '65534:65534'
const USER_OPTIONS = 'uid=65534,gid=65534'
/** The relay. */
const OWN_PROCESSES = 1
/**
 * What relay, interpreter and imported packages use before the program starts (measured: 67 MB with pandas, 53 MB
 * with Node). `limits.memoryBytes` is the program's own.
 */
const RUNTIME_BYTES: Readonly<Record<GuestKind, number>> = { python: 80 * MIB, javascript: 64 * MIB }
/** A tmpfs inode costs about 1 KiB of kernel memory: this many files cannot fill the memory limit by themselves. */
const TEMPORARY_INODES = 20_000

/** Beside what the image sets. */
const ENVIRONMENT = { ...GUEST_ENVIRONMENT, UV_USE_IO_URING: '0', NODE_NO_WARNINGS: '1' }

export interface ContainerPlan {
  image: string
  guest: GuestKind
  limits: Limits
  /** It has the same container as the others: the relay alone is told to take its connections. */
  hasNetwork: boolean
  /** Volumes at the engine: the guest programs, the inputs of this one execution, and its package environment. */
  volumes: { guest: string; input: string; environment: string | null }
  labels: Record<string, string>
  runtime: string | null
}

/** What the engine is asked for. There is no option that makes it weaker, and no folder of the host in it. */
export function containerOptions(plan: ContainerPlan): object {
  const { guest, limits, volumes } = plan
  const processes = guest === 'javascript' ? Math.max(limits.processes, NODE_THREADS) : limits.processes
  const memory = limits.memoryBytes + RUNTIME_BYTES[guest]
  return {
    Image: plan.image,
    Entrypoint: ['python3', '-I', '-B', '/opt/guest/python/container.py'],
    Cmd: [
      ...(plan.hasNetwork ? ['--network'] : []),
      ...(volumes.environment === null ? [] : ['--environment']),
      ...(guest === 'javascript' ? ['javascript', ...nodeFlags(limits)] : ['python', ...TABLE_MODULES]),
    ],
    User: USER,
    WorkingDir: '/box',
    Hostname: 'sandbox',
    Env: Object.entries(ENVIRONMENT).map(([name, value]) => `${name}=${value}`),
    Labels: plan.labels,
    Tty: false,
    OpenStdin: true,
    // The relay sees the end of its input, and leaves, when the host is gone.
    StdinOnce: true,
    AttachStdin: true,
    AttachStdout: true,
    AttachStderr: true,
    NetworkDisabled: true,
    HostConfig: {
      ...(plan.runtime === null ? {} : { Runtime: plan.runtime }),
      NetworkMode: 'none',
      CapDrop: ['ALL'],
      Privileged: false,
      ReadonlyRootfs: true,
      // The engine's default seccomp profile holds as long as nobody names another one; the guest adds its own filter.
      SecurityOpt: ['no-new-privileges'],
      IpcMode: 'none',
      // The relay is the first process: the program could take over the engine's, and be rid of its filter there.
      Init: false,
      PidsLimit: processes + OWN_PROCESSES,
      Memory: memory,
      // Together with swap: no more than the memory.
      MemorySwap: memory,
      // Nothing of what it writes is kept in the engine's files.
      LogConfig: { Type: 'none', Config: {} },
      RestartPolicy: { Name: 'no', MaximumRetryCount: 0 },
      Ulimits: ulimits(limits),
      Tmpfs: {
        '/box': tmpfs(limits.temporaryBytes, TEMPORARY_INODES, 'mode=755'),
        '/tmp': tmpfs(limits.temporaryBytes, TEMPORARY_INODES, 'mode=1777'),
        '/dev/shm': tmpfs(limits.temporaryBytes, TEMPORARY_INODES, 'mode=1777'),
        // Folders and dropped entries need inodes too; the count of artifacts is bounded again when they are collected.
        '/box/output': `noexec,${tmpfs(limits.artifactBytes, limits.artifactCount * 2 + 64, 'mode=755')}`,
      },
      Mounts: [
        volume(volumes.guest, '/opt/guest', plan.labels),
        volume(volumes.input, '/box/input', plan.labels),
        ...(volumes.environment === null
          ? []
          : [volume(volumes.environment, ENVIRONMENT_GUEST_PATHS.python, plan.labels)]),
      ],
    },
  }
}

/** For filling volumes: made, never started. */
export function fillerOptions(image: string, volumeName: string, labels: Record<string, string>): object {
  return {
    Image: image,
    Entrypoint: ['/bin/false'],
    Labels: labels,
    NetworkDisabled: true,
    HostConfig: {
      NetworkMode: 'none',
      CapDrop: ['ALL'],
      SecurityOpt: ['no-new-privileges'],
      LogConfig: { Type: 'none', Config: {} },
      Mounts: [{ ...volume(volumeName, '/fill', labels), ReadOnly: false }],
    },
  }
}

export function labelsOf(owner: string, sandbox: string): Record<string, string> {
  return { [LABELS.owner]: owner, [LABELS.sandbox]: sandbox }
}

function volume(name: string, target: string, labels: Record<string, string>): object {
  return {
    Type: 'volume',
    Source: name,
    Target: target,
    ReadOnly: true,
    VolumeOptions: { NoCopy: true, Labels: labels },
  }
}

function tmpfs(bytes: number, inodes: number, mode: string): string {
  return `rw,nosuid,nodev,size=${bytes},nr_inodes=${inodes},${USER_OPTIONS},${mode}`
}

/** Bounds of each process. RLIMIT_NPROC is left out: the kernel counts it for the user in all containers together. */
function ulimits(limits: Limits): object[] {
  const cpuSeconds = Math.floor(limits.cpuMs / 1000) + 2
  const bounds: Record<string, number> = {
    core: 0,
    cpu: cpuSeconds,
    fsize: Math.max(limits.temporaryBytes, limits.artifactBytes),
    nofile: limits.openFiles,
    memlock: 64 * 1024,
    msgqueue: 0,
    sigpending: 1024,
  }
  return [
    ...Object.entries(bounds).map(([name, bound]) => ({ Name: name, Soft: bound, Hard: bound })),
    { Name: 'stack', Soft: 8 * MIB, Hard: 64 * MIB },
  ]
}
