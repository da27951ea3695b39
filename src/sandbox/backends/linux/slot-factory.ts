import { chmod, mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Limits } from '../../../contracts/limits.ts'
import { NODE_THREADS } from '../../guest-surroundings.ts'
import type { CgroupTier } from './cgroup-tier.ts'
import { findHostProcess, ProcessMeter } from './process-meter.ts'
import { slotUser, type SandboxUser } from './sandbox-user.ts'
import { listenForSlots, type SlotListenerServer } from './slot-listener.ts'
import { Slot, signalName, type SlotDeath } from './slot.ts'
import type { GuestKind, Zygote, ZygoteReport } from './zygote.ts'
import type { GuestNetwork } from '../../egress/execution-proxy.ts'

/** What passes bytes from 127.0.0.1 inside to the proxy. */
const BRIDGE_PROCESSES = 1

export interface SlotFactoryOptions {
  zygote: Zygote
  folder: string
  cgroups: CgroupTier | null
  user: SandboxUser
  nodeFlags: (limits: Limits) => string[]
}

export interface WantedSlot {
  guest: GuestKind
  limits: Limits
  /** Whether it goes through all that a program might need before it is ready. */
  warm: boolean
  network: GuestNetwork | null
}

/** Makes and destroys the slots of one zygote, and brings its reports to them. */
export class SlotFactory {
  readonly slots = new Map<number, Slot>()
  readonly #options: SlotFactoryOptions
  readonly #waiting = new Map<string, { resolve(): void; reject(error: Error): void }>()
  /** Slots that are being destroyed: `settle` waits for them. */
  readonly #ending = new Map<Slot, Promise<void>>()
  /** Another zygote is in use: a slot that nobody uses yet is not worth keeping. */
  isRetired = false
  readonly #onEmptied: (() => void)[] = []
  #isGone = false

  constructor(options: SlotFactoryOptions) {
    this.#options = options
    options.zygote.onReport = (report) => this.#onReport(report)
    void options.zygote.gone.then((reason) => this.#onGone(reason))
  }

  get zygote(): Zygote {
    return this.#options.zygote
  }

  /** Asks for a new slot, which warms up first or is ready at once. It announces itself as `ready`, or `died` tells why not. */
  async create(id: number, { guest, limits, warm, network }: WantedSlot): Promise<Slot> {
    await makeOpenFolder(this.#slotFolder(id))
    await makeOpenFolder(join(this.#slotFolder(id), 'input'))
    // The socket of the proxy will lie there, where no other slot can reach it.
    if (network !== null) await makeOpenFolder(this.networkFolder(id))
    const own = guest === 'javascript' ? Math.max(limits.processes, NODE_THREADS) : limits.processes
    const processes = network === null ? own : own + BRIDGE_PROCESSES
    const bounds = { ...limits, processes }
    const group = this.#options.cgroups?.createSlot(id, bounds, this.#options.user.id) ?? null
    const slot = new Slot(id, guest, limits, group)
    this.slots.set(id, slot)
    // It has died while the folders were made, and told those that were there: nobody will tell this one.
    if (this.#isGone) slot.markDead(endedWithZygote())
    const nodeFlags = guest === 'javascript' ? this.#options.nodeFlags(limits) : []
    const user = slotUser(this.#options.user, id)
    this.zygote.send({ do: 'slot', slot: id, user, token: slot.token, guest, limits: bounds, warm, nodeFlags, network })
    return slot
  }

  networkFolder(id: number): string {
    return join(this.#slotFolder(id), 'network')
  }

  inputFolder(slot: Slot): string {
    return join(this.#slotFolder(slot.id), 'input')
  }

  /** Makes what lies in the input folder visible inside; settles when it is. */
  showInputs(slot: Slot): Promise<void> {
    return this.#ask('inputs', slot.id)
  }

  kill(slot: Slot): void {
    if (slot.death === null) this.zygote.send({ do: 'kill', slot: slot.id })
  }

  /** Ends the slot and removes what it had. Does not have to be awaited; `settle` does. Safe to call twice. */
  destroy(slot: Slot): Promise<void> {
    const before = this.#ending.get(slot)
    if (before !== undefined) return before
    const ending = this.#destroy(slot).finally(() => this.#ending.delete(slot))
    this.#ending.set(slot, ending)
    // What could not be removed, the next start removes; nobody has to wait for this to hear of it.
    ending.catch(() => {})
    return ending
  }

  /** Settles when every slot has been given back and destroyed. */
  async emptied(): Promise<void> {
    if (this.slots.size > 0) await new Promise<void>((resolve) => this.#onEmptied.push(resolve))
  }

  async settle(): Promise<void> {
    await Promise.allSettled(this.#ending.values())
  }

  async #destroy(slot: Slot): Promise<void> {
    this.kill(slot)
    await slot.died
    slot.close()
    // Gone with its mount namespace where the zygote is gone.
    await this.#ask('release', slot.id).catch(() => {})
    this.slots.delete(slot.id)
    if (this.slots.size === 0) for (const tell of this.#onEmptied.splice(0)) tell()
    await slot.group?.remove()
    await rm(this.#slotFolder(slot.id), { recursive: true, force: true })
  }

  #slotFolder(id: number): string {
    return join(this.#options.folder, 'slots', String(id))
  }

  #ask(act: 'inputs' | 'release', slot: number): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#isGone) return reject(new Error('the zygote is gone'))
      this.#waiting.set(`${act} ${slot}`, { resolve, reject })
      this.zygote.send({ do: act, slot })
    })
  }

  #answer(act: string, slot: number, error?: Error): void {
    const key = `${act} ${slot}`
    const waiting = this.#waiting.get(key)
    this.#waiting.delete(key)
    if (error === undefined) waiting?.resolve()
    else waiting?.reject(error)
  }

  #onReport(report: ZygoteReport): void {
    if (report.event === 'forked') {
      const slot = this.slots.get(report.slot)
      // Reports come in the order of events: this one before any word of the slot itself.
      if (slot !== undefined) slot.group ??= new ProcessMeter(findHostProcess(this.zygote.processId, report.pid))
    } else if (report.event === 'dead') {
      const { exitCode, signal, cpuMs, peakMemoryBytes } = report
      const death = {
        exitCode,
        signal: signal === null ? null : signalName(signal),
        cpuMs,
        peakMemoryBytes,
        lost: false,
      }
      this.slots.get(report.slot)?.markDead(death)
    } else if (report.event === 'inputs' || report.event === 'released') {
      this.#answer(report.event === 'inputs' ? 'inputs' : 'release', report.slot)
    } else if (report.event === 'failed') {
      this.#onFailure(report.do, report.slot ?? -1, report.message)
    }
  }

  #onFailure(act: string, id: number, message: string): void {
    if (act !== 'slot') return this.#answer(act, id, new Error(message))
    const slot = this.slots.get(id)
    if (slot === undefined) return
    slot.complaint += message
    slot.markDead(endedWithZygote())
  }

  #onGone(reason: string): void {
    this.#isGone = true
    for (const { reject } of this.#waiting.values()) reject(new Error(reason))
    this.#waiting.clear()
    for (const slot of this.slots.values()) {
      slot.complaint ||= reason
      slot.markDead(endedWithZygote())
    }
  }

  /** Listens for the connections of this factory's slots. */
  listen(): Promise<SlotListenerServer> {
    return listenForSlots(join(this.#options.folder, 'host'), (id, token, channel, socket, rest) => {
      return this.slots.get(id)?.attach(channel, token, socket, rest) ?? false
    })
  }
}

/** Whatever the umask is: the sandbox's user has to come through. */
async function makeOpenFolder(path: string): Promise<void> {
  await mkdir(path)
  await chmod(path, 0o755)
}

/** The kernel ends every process below the zygote with it. */
function endedWithZygote(): SlotDeath {
  return { exitCode: null, signal: 'SIGKILL', cpuMs: 0, peakMemoryBytes: 0, lost: true }
}
