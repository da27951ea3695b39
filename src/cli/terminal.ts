import pc from 'picocolors'
import { HandaxeError } from '../contracts/errors.ts'

/** As shells show a program that wrote into a pipe without a reader (128 + SIGPIPE). */
export const EXIT_CODE_OUTPUT_CLOSED = 141

type Colors = ReturnType<typeof pc.createColors>

/** Where a command writes: results on stdout, everything else on stderr. */
export interface Terminal {
  writeResult(text: string): void
  writeProgress(text: string): void
  /** Aborted when nobody reads stdout any more (`handaxe … | head`), or it cannot be written. */
  readonly outputClosed: AbortSignal
  /** Waits until stdout has taken all; the error that kept it from that, such as a full disk, or null. */
  finishOutput(): Promise<HandaxeError | null>
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
 * (`handaxe … | head`) is not an error; a disk that is full is one, told by `finishOutput`.
 */
export function createTerminal(environment: Record<string, string | undefined>): Terminal {
  const colored = (stream: NodeJS.WriteStream): boolean => {
    if (environment['NO_COLOR']) return false
    if (environment['FORCE_COLOR'] !== undefined) return environment['FORCE_COLOR'] !== '0'
    return stream.isTTY === true && environment['TERM'] !== 'dumb'
  }
  const closed = new AbortController()
  let failure: NodeJS.ErrnoException | null = null
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') failure ??= error
    closed.abort(new HandaxeError('cancelled', 'Nobody reads the output any more'))
  })
  // Where progress cannot be shown, there is nowhere to say so either.
  process.stderr.on('error', () => undefined)
  return {
    outputClosed: closed.signal,
    finishOutput: async () => {
      await new Promise<void>((resolve) => process.stdout.write('', () => resolve()))
      return failure === null ? null : outputError(failure)
    },
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

function outputError(error: NodeJS.ErrnoException): HandaxeError {
  const isFull = error.code === 'ENOSPC' || error.code === 'EDQUOT'
  return new HandaxeError(
    isFull ? 'disk_full' : 'invalid_request',
    isFull ? 'There is no space left for the output' : `The output cannot be written (${error.code ?? error.message})`,
    { hint: 'Write it to another place; `handaxe runs show last` shows the latest run again.', cause: error },
  )
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

/** More of a foreign text in one line is no list any more. */
const LINE_CHARACTERS = 240

/** Foreign text as one line of at most `most` characters: line ends and other white space become single spaces. */
export function safeLine(text: string, most = LINE_CHARACTERS): string {
  // What is cut off anyway need not be looked at.
  const looked = text.slice(0, most * 8)
  const characters = [...safeText(looked.replace(/\s+/gu, ' ').trim())]
  const isCut = characters.length > most || text.length > looked.length
  return isCut ? `${characters.slice(0, most - 1).join('')}…` : characters.join('')
}

/** Foreign text of several lines, in which every line after the first is indented: nothing of it looks like a line of ours. */
export function hangingText(text: string, indent = '    '): string {
  return safeText(text.trim()).replace(/[\n\u2028\u2029]+/g, `\n${indent}`)
}
