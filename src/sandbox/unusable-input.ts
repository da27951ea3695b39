import { HandaxeError } from '../contracts/errors.ts'

/** An input file that does not exist, cannot be read or is no file, by the error that told so. */
export function unusableInput({ name, path }: { name: string; path: string }, error: unknown): HandaxeError {
  return new HandaxeError(
    'invalid_input_file',
    `The input file '${name}' cannot be used: ${(error as Error).message}`,
    {
      hint: 'Check that the path exists, can be read and is a file',
      details: { name, path },
      cause: error,
    },
  )
}
