import { HandaxeError } from '../contracts/errors.ts'
import { decodeText } from './decode-text.ts'

const MOST_BYTES = 16 * 1024 * 1024

/** Standard input as text (UTF-8). Throws `invalid_request` where it is larger than 16 MiB: it is a request or a program, not data. */
export async function readStandardInput(): Promise<string> {
  const pieces: Buffer[] = []
  let bytes = 0
  for await (const piece of process.stdin) {
    bytes += (piece as Buffer).length
    if (bytes > MOST_BYTES) {
      throw new HandaxeError('invalid_request', `Standard input is larger than ${MOST_BYTES} bytes`, {
        hint: 'Give data as files, with --file or --input.',
      })
    }
    pieces.push(piece as Buffer)
  }
  return decodeText(Buffer.concat(pieces), 'Standard input')
}
