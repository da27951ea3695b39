import { randomBytes } from 'node:crypto'
import { HandaxeError } from '../../../contracts/errors.ts'
import type { Limits } from '../../../contracts/limits.ts'
import type { GuestKind } from '../../relay/relay-messages.ts'
import type { CloudClient } from './cloud-client.ts'
import { explainCloudFailure, isLost } from './cloud-failure.ts'
import { CloudSlot } from './cloud-slot.ts'
import { Machine } from './machine.ts'
import { describeSandbox, sandboxesOf } from './metadata.ts'
import type { SessionFacts } from './slot-messages.ts'

const OLDEST_NODE = 24
/** A machine that is lost between two requests is replaced so often, then something else is wrong. */
const MACHINES_IN_A_ROW = 2

/** Makes and ends the slots of one open sandbox, and the cloud sandboxes that they are in. */
export class SlotFactory {
  readonly #client: CloudClient
  readonly #session = randomBytes(8).toString('hex')
  /** Slots by the machine that they are in. A machine that is not over and has none left stays for the next. */
  readonly #machines = new Map<Machine, Set<CloudSlot>>()
  readonly #ending = new Map<CloudSlot, Promise<void>>()
  #current: Promise<Machine> | null = null
  #facts: SessionFacts | null = null

  constructor(client: CloudClient) {
    this.#client = client
  }

  /** Of the last cloud sandbox that was started. */
  get facts(): SessionFacts | null {
    return this.#facts
  }

  async create(guest: GuestKind, limits: Limits): Promise<CloudSlot> {
    for (let attempt = 1; ; attempt++) {
      if (guest === 'javascript' && this.#facts !== null) checkNode(this.#facts, this.#client.settings.template)
      const machine = await this.#findMachine()
      if (guest === 'javascript') checkNode(machine.facts, this.#client.settings.template)
      try {
        const slot = await CloudSlot.start(machine, guest, limits)
        this.#machines.get(machine)?.add(slot)
        return slot
      } catch (error) {
        if (isLost(error)) machine.isOver = true
        this.#endWhereOver(machine)
        if (!isLost(error) || attempt === MACHINES_IN_A_ROW) throw explainCloudFailure('start a process', error)
      }
    }
  }

  destroy(slot: CloudSlot): Promise<void> {
    const before = this.#ending.get(slot)
    if (before !== undefined) return before
    const { machine } = slot
    // A cloud sandbox of its own ends as a whole, which ends the slot too.
    if (this.#client.settings.sandboxPer === 'execution') machine.isOver = true
    const ending = slot.close().finally(() => {
      this.#machines.get(machine)?.delete(slot)
      this.#endWhereOver(machine)
      this.#ending.delete(slot)
    })
    this.#ending.set(slot, ending)
    return ending
  }

  /** Ends every cloud sandbox of this session, those too whose creation was answered too late. Rejects where one may live on. */
  async close(): Promise<void> {
    await this.#current?.catch(() => {})
    const ended = await Promise.allSettled(Array.from(this.#machines.keys(), (machine) => machine.close()))
    await Promise.allSettled(this.#ending.values())
    for (const { sandboxId } of await this.#client.list(sandboxesOf(this.#session))) await this.#client.kill(sandboxId)
    // Each of them is gone, by the list of E2B itself, whatever was answered before.
    this.#machines.clear()
    void ended
  }

  /** One for all executions, or one for each. */
  #findMachine(): Promise<Machine> {
    if (this.#client.settings.sandboxPer === 'execution') return this.#startMachine()
    const current = this.#current
    const finding =
      current === null
        ? this.#startMachine()
        : current.then(
            (machine) => (machine.isUsable ? machine : this.#replace(current, machine)),
            () => this.#replace(current, null),
          )
    this.#current ??= finding
    return finding
  }

  /** Whoever comes first starts the next one, the others wait for it. */
  #replace(previous: Promise<Machine>, machine: Machine | null): Promise<Machine> {
    if (this.#current === previous) {
      if (machine !== null) {
        machine.isOver = true
        this.#endWhereOver(machine)
      }
      this.#current = this.#startMachine()
    }
    return this.#current ?? this.#startMachine()
  }

  async #startMachine(): Promise<Machine> {
    const machine = await Machine.start(this.#client, describeSandbox(this.#session))
    this.#machines.set(machine, new Set())
    this.#facts = machine.facts
    return machine
  }

  /** Executions under way in it may end first; then it costs nothing any more. */
  #endWhereOver(machine: Machine): void {
    if (!machine.isOver || (this.#machines.get(machine)?.size ?? 0) > 0) return
    this.#machines.delete(machine)
    // What cannot be ended now is ended by `close`, or by its time to live.
    void machine.close().catch(() => {})
  }
}

function checkNode({ node }: SessionFacts, template: string): void {
  if (node !== null && Number.parseInt(node, 10) >= OLDEST_NODE) return
  const found = node === null ? 'has no Node' : `has Node ${node}`
  throw new HandaxeError('sandbox_unavailable', `The template ${template} ${found}: JavaScript needs ${OLDEST_NODE}`, {
    hint: 'Use a template with node 24 or newer: docker/Dockerfile makes one',
  })
}
