import { isHopByHop } from './header-names.ts'

/** Headers in their order, by lower-case name, with every value that was given. */
export type HeaderLines = Map<string, { name: string; values: string[] }>

/**
 * The headers of a message without those that belong to the connection it came on: the known ones and all that its
 * `Connection` header names. Framing headers stay out as well; the caller writes its own.
 */
export function endToEndHeaders(rawHeaders: readonly string[]): HeaderLines {
  const lines: HeaderLines = new Map()
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] ?? ''
    const line = lines.get(name.toLowerCase()) ?? { name, values: [] }
    line.values.push(rawHeaders[index + 1] ?? '')
    lines.set(name.toLowerCase(), line)
  }
  const named = (lines.get('connection')?.values ?? []).flatMap((value) => value.toLowerCase().split(/[\s,]+/))
  for (const name of lines.keys()) if (isHopByHop(name)) lines.delete(name)
  for (const name of named) lines.delete(name)
  lines.delete('content-length')
  return lines
}

/** Bytes of a message's head on the wire, near enough for counting. */
export function headBytes(firstLine: string, rawHeaders: readonly string[]): number {
  // Two bytes end each line; a name and its value have two more between them, counted as two for each text.
  return rawHeaders.reduce((sum, text) => sum + text.length + 2, firstLine.length + 4)
}

/** Sets all of them on a message that has not been sent; `Set-Cookie` and the like keep their separate lines. */
export function setHeaders(
  message: { setHeader(name: string, value: string | string[]): unknown },
  lines: HeaderLines,
): void {
  for (const { name, values } of lines.values()) {
    message.setHeader(name, values.length === 1 ? (values[0] ?? '') : values)
  }
}
