import { randomBytes } from 'node:crypto'
import type { Limits } from '../../../contracts/limits.ts'
import type { GuestKind } from '../../relay/relay-messages.ts'
import { containerOptions, labelsOf } from './container-options.ts'
import { Container, removeContainer, removeVolume } from './container.ts'
import { createContainer } from './create-container.ts'
import type { EngineClient } from './engine-client.ts'
import { describeOwner } from '../../owner.ts'
import type { OwnParts } from '../../relay/relayed-guest.ts'
import { guestEntries } from '../../relay/file-entries.ts'
import { EnvironmentVolumes } from './environment-volumes.ts'
import { fillVolume, type VolumeFilling } from './volumes.ts'

export interface FactoryOptions {
  engine: EngineClient
  image: string
  /** Null: the engine's default. */
  runtime: string | null
}

/** Makes and removes the containers of one open sandbox, and the volume with the guest programs that they share. */
export class ContainerFactory {
  readonly #options: FactoryOptions
  readonly #name = `handaxe-${randomBytes(8).toString('hex')}`
  readonly #labels: Record<string, string>
  readonly #environments: EnvironmentVolumes
  readonly #alive = new Set<Container>()
  /** Removals under way. */
  readonly #ending = new Map<Container, Promise<void>>()
  #made = 0

  constructor(options: FactoryOptions) {
    this.#options = options
    this.#labels = labelsOf(describeOwner(), this.#name)
    this.#environments = new EnvironmentVolumes(this.#name, (volume) => this.#filling(volume))
  }

  /** Gives the guest programs to the engine. Rejects with `sandbox_unavailable` where the image is missing. */
  async open(): Promise<void> {
    await fillVolume(this.#filling(this.#guestVolume), await guestEntries(['python', 'javascript', 'network']))
  }

  /** Starts a container; its `ready` settles when it is warm. */
  async create(guest: GuestKind, limits: Limits, own: OwnParts | null): Promise<Container> {
    const { engine, image, runtime } = this.#options
    const input = `${this.#name}-input-${++this.#made}`
    const network = own?.network ?? null
    const hasNetwork = network !== null
    const make = (environment: string | null) => {
      const volumes = { guest: this.#guestVolume, input, environment }
      const options = containerOptions({ image, guest, limits, hasNetwork, volumes, labels: this.#labels, runtime })
      return createContainer(engine, options, image)
    }
    const id = await (own?.environment ? this.#environments.use(own.environment, make) : make(null))
    try {
      // Before the start: not a byte of what it says is missed.
      const query = { stream: true, stdin: true, stdout: true, stderr: true }
      const connection = await engine.hijack(`/containers/${id}/attach`, query)
      const container = new Container(engine, { id, guest, limits, network, inputVolume: input }, connection)
      this.#alive.add(container)
      await engine.call('POST', `/containers/${id}/start`)
      return container
    } catch (error) {
      await removeContainer(engine, id)
      await removeVolume(engine, input)
      throw error
    }
  }

  /** What is needed to fill the container's input folder. */
  inputFilling(container: Container): VolumeFilling {
    return this.#filling(container.inputVolume)
  }

  /** Does not have to be awaited; `close` waits. Safe to call twice. What it cannot remove, the next start removes. */
  destroy(container: Container): Promise<void> {
    const before = this.#ending.get(container)
    if (before !== undefined) return before
    const ending = container
      .remove()
      .catch(() => {})
      .finally(() => {
        this.#alive.delete(container)
        this.#ending.delete(container)
      })
    this.#ending.set(container, ending)
    return ending
  }

  async close(): Promise<void> {
    await Promise.all(Array.from(this.#alive, (container) => this.destroy(container)))
    await this.#environments.close()
    await removeVolume(this.#options.engine, this.#guestVolume)
  }

  get #guestVolume(): string {
    return `${this.#name}-guest`
  }

  #filling(volume: string): VolumeFilling {
    const { engine, image } = this.#options
    return { engine, image, volume, labels: this.#labels }
  }
}
