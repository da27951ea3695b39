import { closeSync, openSync, readSync } from 'node:fs'

const buffer = Buffer.allocUnsafe(4096)

/** A small file that the kernel writes anew for every read: kept open, a read costs some 3 µs instead of 20. */
export class KernelFile {
  #descriptor: number | null

  constructor(path: string) {
    this.#descriptor = openSync(path, 'r')
  }

  readNumber(): number {
    return Number(this.#read()) || 0
  }

  /** The number after `name` in a file of lines `name number`; 0 where it is not there. */
  readField(name: string): number {
    const text = `\n${this.#read()}`
    const start = text.indexOf(`\n${name} `)
    return start === -1 ? 0 : Number.parseInt(text.slice(start + name.length + 2), 10)
  }

  close(): void {
    if (this.#descriptor !== null) closeSync(this.#descriptor)
    this.#descriptor = null
  }

  #read(): string {
    if (this.#descriptor === null) return ''
    try {
      return buffer.toString('latin1', 0, readSync(this.#descriptor, buffer, 0, buffer.length, 0))
    } catch (error) {
      // The group was removed by somebody else, as systemd does when it ends a unit: its processes are gone with it.
      if ((error as NodeJS.ErrnoException).code === 'ENODEV') return ''
      throw error
    }
  }
}
