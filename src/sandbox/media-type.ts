import { extname } from 'node:path'

/** First bytes of what programs for data and plots write. The name alone says nothing: the program has chosen it. */
const SIGNATURES: readonly (readonly [offset: number, hex: string, mediaType: string])[] = [
  [0, '89504e470d0a1a0a', 'image/png'],
  [0, 'ffd8ff', 'image/jpeg'],
  [0, '474946383761', 'image/gif'],
  [0, '474946383961', 'image/gif'],
  [8, '57454250', 'image/webp'],
  [0, '25504446', 'application/pdf'],
  [0, '504b0304', 'application/zip'],
  [0, '1f8b', 'application/gzip'],
  [0, '50415231', 'application/vnd.apache.parquet'],
  [0, '53514c69746520666f726d6174203300', 'application/vnd.sqlite3'],
  [0, '894844460d0a1a0a', 'application/x-hdf5'],
  [0, '934e554d5059', 'application/x-npy'],
]
/** Zip files that are something better known. */
const ZIPPED: Readonly<Record<string, string>> = {
  '.xlsx': 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
  '.docx': 'application/vnd.openxmlformats-officedocument.wordprocessingml.document',
  '.pptx': 'application/vnd.openxmlformats-officedocument.presentationml.presentation',
  '.npz': 'application/x-npz',
}
/** Kinds of text, by the name; never one that a browser would execute as part of a page without being asked. */
const TEXTS: Readonly<Record<string, string>> = {
  '.csv': 'text/csv',
  '.tsv': 'text/tab-separated-values',
  '.json': 'application/json',
  '.md': 'text/markdown',
  '.html': 'text/html',
  '.svg': 'image/svg+xml',
  '.xml': 'application/xml',
  '.py': 'text/x-python',
  '.js': 'text/javascript',
}

/** The media type of a file by its first bytes (4 KiB are enough) and, among texts, by its name. */
export function detectMediaType(head: Buffer, name: string): string {
  const extension = extname(name).toLowerCase()
  for (const [offset, hex, mediaType] of SIGNATURES) {
    if (head.subarray(offset, offset + hex.length / 2).toString('hex') !== hex) continue
    return mediaType === 'application/zip' ? (ZIPPED[extension] ?? mediaType) : mediaType
  }
  if (!isText(head)) return 'application/octet-stream'
  return TEXTS[extension] ?? 'text/plain'
}

function isText(head: Buffer): boolean {
  if (head.includes(0)) return false
  try {
    // `stream`: the head may end within a character.
    new TextDecoder('utf-8', { fatal: true }).decode(head, { stream: true })
    return true
  } catch {
    // Not UTF-8.
    return false
  }
}
