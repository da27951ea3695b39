/** Thrown by a host function: its message, and its code, are for the program, which gets them in a `HostError`. */
export class ProgramError extends Error {
  override readonly name = 'ProgramError'
  readonly code: string

  constructor(message: string, { code = 'failed', cause }: { code?: string; cause?: unknown } = {}) {
    super(message, cause === undefined ? {} : { cause })
    this.code = code
  }

  /** By its name: the functions of a program that brings a handaxe of its own throw a class of that one. */
  static isInstance(thrown: unknown): thrown is ProgramError {
    return thrown instanceof Error && thrown.name === 'ProgramError'
  }
}
