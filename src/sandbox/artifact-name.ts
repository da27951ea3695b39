const MAXIMUM_NAME_BYTES = 512
/** Dropped entries are told one by one up to here: a million of them must not become a million records. */
export const MAXIMUM_DROPPED = 100
/** Neither controls, nor what reorders or hides text, nor what could not be written as UTF-8. */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\p{Zl}\p{Zp}\\]/u

/** Whether a path below an output folder, with `/`, can be used on the host as it is. */
export function isUsableArtifactName(name: string): boolean {
  return Buffer.byteLength(name) <= MAXIMUM_NAME_BYTES && name.split('/').every(isSafePart)
}

/** A name with U+FFFD was no UTF-8, so a file could not be opened by it. */
function isSafePart(part: string): boolean {
  return part !== '' && part !== '.' && part !== '..' && !UNPRINTABLE.test(part) && !part.includes('\ufffd')
}

/** For people to read in a result: cut, and with U+FFFD for what cannot be shown. */
export function printableName(name: string): string {
  return Array.from(name.slice(0, MAXIMUM_NAME_BYTES), (one) => (UNPRINTABLE.test(one) ? '\ufffd' : one)).join('')
}
