import { stripHidden } from '../../domain/text/untrusted-text.ts'

/**
 * An address in the text that Python gives an object without one of its own, such as `<f object at 0x7f3a2b1c9d10>`, and in
 * the report of a crash. Any other hexadecimal number is a value.
 */
const ADDRESS = new RegExp(
  [
    // Names of functions have brackets of their own: `<function f.<locals>.<lambda> at 0x7f3a2b1c9d10>`.
    String.raw`(?<=<[A-Za-z_](?:[^<>\n]|<[^<>\n]{0,100}>){0,300} at )0x[0-9a-f]{6,16}(?=(?:[,;: ][^\n]{0,300})?>)`,
    String.raw`(?<=^(?:Current thread|Thread) )0x[0-9a-f]{16}(?= )`,
  ].join('|'),
  'gm',
)

/**
 * Text of a program as it may stand in a prompt: what cannot be seen is gone, and so are the addresses of objects, which
 * differ from run to run while equal situations have to read the same.
 */
export function stabiliseText(text: string): string {
  return stripHidden(text).replaceAll(ADDRESS, '0x…')
}
