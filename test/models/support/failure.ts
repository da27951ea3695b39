import { expect } from 'vitest'
import { HandaxeError } from '../../../src/contracts/errors.ts'

/** The error that a promise is rejected with; anything but a `HandaxeError` fails the test. */
export async function failureOf(promise: Promise<unknown>): Promise<HandaxeError> {
  const error: unknown = await promise.then(
    () => new Error('It did not fail'),
    (reason: unknown) => reason,
  )
  return asHandaxeError(error)
}

export function thrownBy(act: () => unknown): HandaxeError {
  try {
    act()
  } catch (error) {
    return asHandaxeError(error)
  }
  throw new Error('It did not throw')
}

function asHandaxeError(error: unknown): HandaxeError {
  expect(error).toBeInstanceOf(HandaxeError)
  if (error instanceof HandaxeError) return error
  throw error
}
