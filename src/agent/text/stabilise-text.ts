import { stripHidden } from '../../domain/text/untrusted-text.ts'

/**
 * Text of a program as it may stand in a prompt: what cannot be seen is gone, and so are the addresses of objects, which
 * differ from run to run while equal situations have to read the same.
 */
export function stabiliseText(text: string): string {
  return stripHidden(text).replaceAll(/\b0x[0-9a-fA-F]{6,}\b/g, '0x…')
}
