import { expect, test } from 'vitest'
import { detectMediaType } from '../../src/sandbox/media-type.ts'

const bytes = (hex: string) => Buffer.from(hex, 'hex')

test.each([
  ['x.txt', bytes('89504e470d0a1a0a00'), 'image/png'],
  ['x', bytes('ffd8ffe0'), 'image/jpeg'],
  ['x.pdf', Buffer.from('%PDF-1.7'), 'application/pdf'],
  ['x.xlsx', bytes('504b030414'), 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet'],
  ['x.zip', bytes('504b030414'), 'application/zip'],
  ['x.png', Buffer.from('not a picture'), 'text/plain'],
  ['x.csv', Buffer.from('a,b\n'), 'text/csv'],
  ['X.CSV', Buffer.from('a,b\n'), 'text/csv'],
  ['x.csv', bytes('00ff'), 'application/octet-stream'],
  ['x', Buffer.from([0xff, 0xfe]), 'application/octet-stream'],
  ['x.md', Buffer.from('ä€').subarray(0, 3), 'text/markdown'],
  ['empty', Buffer.alloc(0), 'text/plain'],
  ['x.svg', Buffer.from('<svg/>'), 'image/svg+xml'],
])('%s with its first bytes is told by content', (name, head, mediaType) => {
  expect(detectMediaType(head, name)).toBe(mediaType)
})
