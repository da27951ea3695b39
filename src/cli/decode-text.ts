import { HandaxeError } from '../contracts/errors.ts'

/**
 * UTF-8 as text, without a byte order mark. Throws `invalid_input_file` for anything else: bytes that are taken for characters
 * that they are not would change what a program prints or a request asks, without a word. `source` names it in the error.
 */
export function decodeText(bytes: Uint8Array, source: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch (error) {
    throw new HandaxeError('invalid_input_file', `${source} is not UTF-8 text`, {
      hint: 'Save it as UTF-8, or convert it: iconv -f ISO-8859-1 -t UTF-8.',
      cause: error,
    })
  }
}
