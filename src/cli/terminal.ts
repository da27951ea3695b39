import pc from 'picocolors'

type Colors = ReturnType<typeof pc.createColors>

/** Where a command writes: results on stdout, everything else on stderr. */
export interface Terminal {
  writeResult(text: string): void
  writeProgress(text: string): void
  /** True where stderr is a terminal that can redraw a line. */
  readonly live: boolean
  readonly interactive: boolean
  readonly columns: number
  /** Colours for stdout and for stderr; they do nothing where colours are not wanted. */
  readonly out: Colors
  readonly err: Colors
}

/**
 * Colours follow `NO_COLOR`, `FORCE_COLOR` and whether the stream is a terminal. A pipe that the reader has closed
 * (`handaxe … | head`) is not an error.
 */
export function createTerminal(environment: Record<string, string | undefined>): Terminal {
  const colored = (stream: NodeJS.WriteStream): boolean => {
    if (environment['NO_COLOR']) return false
    if (environment['FORCE_COLOR'] !== undefined) return environment['FORCE_COLOR'] !== '0'
    return stream.isTTY === true && environment['TERM'] !== 'dumb'
  }
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error
    })
  }
  return {
    writeResult: (text) => void process.stdout.write(text),
    writeProgress: (text) => void process.stderr.write(text),
    live: process.stderr.isTTY === true && environment['TERM'] !== 'dumb' && !environment['CI'],
    interactive: process.stdin.isTTY === true && process.stderr.isTTY === true,
    // A pseudo-terminal without a size says 0.
    columns: process.stderr.columns || 100,
    out: pc.createColors(colored(process.stdout)),
    err: pc.createColors(colored(process.stderr)),
  }
}

const CONTROL = /[\p{Cc}\p{Bidi_Control}]/gu

/**
 * Text that came from code, files or models, made safe to show: escape sequences, other control characters and
 * bidirectional overrides become visible escapes. Keeps tabs and line feeds.
 */
export function safeText(text: string): string {
  return text.replaceAll('\r\n', '\n').replace(CONTROL, (character) => {
    if (character === '\n' || character === '\t') return character
    const code = character.charCodeAt(0)
    return code < 256 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u${code.toString(16).padStart(4, '0')}`
  })
}
