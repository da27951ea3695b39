import { HandaxeError } from '../contracts/errors.ts'

/** `name` or `name@3`. Throws `invalid_request` for anything else. */
export function parseToolReference(text: string): { name: string; version?: number } {
  const match = /^([A-Za-z_][A-Za-z0-9_]*)(?:@(?:v)?([1-9]\d{0,8}))?$/.exec(text)
  if (match?.[1] === undefined) {
    throw new HandaxeError('invalid_request', `"${text}" is not the name of a tool`, {
      hint: 'A tool is named like annualised_volatility or annualised_volatility@2.',
    })
  }
  return match[2] === undefined ? { name: match[1] } : { name: match[1], version: Number(match[2]) }
}
