import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { expect, vi } from 'vitest'
import {
  descendants,
  heldBytes,
  mounts,
  openDescriptors,
  residentBytes,
  slotGroupsOf,
  zygotesBelow,
} from './host-state.ts'

const MIB = 1024 * 1024

/** What a sandbox has of its host at one moment, as numbers by name. */
export type Look = Readonly<Record<string, number>>

/** How one looks at a backend's host, and by how much each number may grow. What is not named may not grow at all. */
export interface Observer {
  /** `folder` is the one of the test's own, in which the sandbox has its state. */
  look(folder: string): Look | Promise<Look>
  allowances: Look
  /** Longest time until everything is back: the pool makes new sandboxes in the background. */
  settleMs: number
  /** I1 asks for 100 ms from the result to the end of the last process; more here, for a machine that stalls. */
  survivalMs: number
}

/** The `linux` backend: everything below this process and below the sandbox's own folder. */
export const LINUX_HOST: Observer = {
  look(folder) {
    const state = join(folder, 'state')
    const names = existsSync(state) ? readdirSync(state) : []
    const zygotes = zygotesBelow(state)
    const sumOf = (count: (pid: number) => number) => zygotes.reduce((sum, pid) => sum + count(pid), 0)
    return {
      processes: descendants(process.pid).length,
      descriptors: openDescriptors('self'),
      zygoteDescriptors: sumOf(openDescriptors),
      // Of all mounts of the machine only these are ours.
      mounts: mounts('self', folder),
      zygoteMounts: sumOf(mounts),
      groups: slotGroupsOf(names).length,
      slotFolders: slotFolders(state),
      artifactFolders: names.reduce((sum, name) => sum + entries(join(state, name, 'artifacts')), 0),
      hostBytes: heldBytes(),
      zygoteBytes: sumOf(residentBytes),
    }
  },
  // The host is also the runner of the tests, whose heap breathes; a zygote only forks, and copies the pages it writes.
  allowances: { hostBytes: 96 * MIB, zygoteBytes: 8 * MIB },
  settleMs: 30_000,
  survivalMs: 500,
}

/** Where no sandbox is open: this process and what it has started. */
export const THIS_PROCESS: Observer = {
  look: () => ({
    processes: descendants(process.pid).length,
    descriptors: openDescriptors('self'),
    hostBytes: heldBytes(),
  }),
  allowances: { hostBytes: 96 * MIB },
  settleMs: 20_000,
  survivalMs: 500,
}

/** The state to come back to: taken when three looks in a row are alike but for memory. */
export async function takeBaseline(folder: string, observer: Observer): Promise<Look> {
  let last = ''
  let alike = 0
  let now: Look = {}
  await vi.waitFor(
    async () => {
      now = await observer.look(folder)
      const counts = JSON.stringify(Object.entries(now).filter(([name]) => !name.endsWith('Bytes')))
      alike = counts === last ? alike + 1 : 0
      last = counts
      expect(alike).toBeGreaterThan(2)
    },
    { timeout: 30_000, interval: 100 },
  )
  return now
}

/** Waits until nothing is above the baseline; what stays above it fails the test by name and number. */
export async function expectBaseline(folder: string, observer: Observer, before: Look): Promise<void> {
  const deadline = performance.now() + observer.settleMs
  for (;;) {
    const above = excess(before, await observer.look(folder), observer.allowances)
    if (above.length === 0) return
    if (performance.now() > deadline) return expect(above).toEqual([])
    await delay(20)
  }
}

function excess(before: Look, now: Look, allowances: Look): string[] {
  return Object.entries(now)
    .filter(([name, value]) => value > (before[name] ?? 0) + (allowances[name] ?? 0))
    .map(([name, value]) => `${name}: ${value} instead of ${before[name] ?? 0}`)
}

/** One for each slot that is alive. */
function slotFolders(state: string): number {
  if (!existsSync(state)) return 0
  return readdirSync(state)
    .flatMap((name) => list(join(state, name)).map((zygote) => join(state, name, zygote, 'slots')))
    .reduce((count, slots) => count + entries(slots), 0)
}

function entries(folder: string): number {
  return list(folder).length
}

function list(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch (error) {
    // Removed since it was listed: nothing is left of it.
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
}
