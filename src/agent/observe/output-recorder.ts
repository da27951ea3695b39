type Stream = 'stdout' | 'stderr'

/** Shown as it happens, of each stream; what is beyond is in the file. A chatty program must not fill the journal. */
const SHOWN_CHARACTERS = 256 * 1024

/** Keeps all that an execution writes, and passes on the first part of it. The sandbox bounds how much that can be. */
export class OutputRecorder {
  readonly #show: (stream: Stream, text: string) => void
  readonly #chunks: Record<Stream, string[]> = { stdout: [], stderr: [] }
  readonly #shown: Record<Stream, number> = { stdout: 0, stderr: 0 }

  constructor(show: (stream: Stream, text: string) => void) {
    this.#show = show
  }

  readonly record = (stream: Stream, text: string): void => {
    this.#chunks[stream].push(text)
    const room = SHOWN_CHARACTERS - this.#shown[stream]
    if (room <= 0) return
    this.#shown[stream] += text.length
    this.#show(stream, text.length <= room ? text : `${text.slice(0, room)}\n… more output is in the run's folder …\n`)
  }

  text(stream: Stream): string {
    return this.#chunks[stream].join('')
  }
}
