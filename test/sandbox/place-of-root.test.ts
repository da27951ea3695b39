import { expect, test } from 'vitest'
import { placeOfRoot, withoutPlaceOfRoot } from './support/place-of-root.ts'

const MACHINE = '27 1 254:0 / / rw - ext4 /dev/vda rw\n30 27 0:22 / /proc rw - proc proc rw\n'
const FOLDER = '40 39 254:0 /root/a.b / rw - ext4 /dev/vda rw\n41 40 0:22 / /proc rw - proc proc rw\n'
const GUEST = '51 50 254:0 /root/a.b/usr /usr ro - ext4 /dev/vda rw\n52 50 254:0 /root/axb/x /x ro - ext4 /dev/vda rw\n'

test('the root of a machine is the one of its file system, or a folder of it', () => {
  expect(placeOfRoot(MACHINE)).toBe('/')
  expect(placeOfRoot(FOLDER)).toBe('/root/a.b')
  // A plain chroot shows no mount of its root.
  expect(placeOfRoot('30 27 0:22 / /proc rw - proc proc rw\n')).toBe('/')
})

test('only the place of the root is taken away, and only where a mount names its source', () => {
  expect(withoutPlaceOfRoot(GUEST, '/root/a.b')).toBe(GUEST.replace('/root/a.b/usr', '/usr'))
  expect(withoutPlaceOfRoot(GUEST, '/')).toBe(GUEST)
  // A leak stays one: as a target, below the root, or as text.
  const leaks = '61 50 254:0 /root/a.b/root/.config /root/a.b ro - ext4 x rw\nHOME=/root/a.b\n'
  expect(withoutPlaceOfRoot(leaks, '/root/a.b')).toBe(
    '61 50 254:0 /root/.config /root/a.b ro - ext4 x rw\nHOME=/root/a.b\n',
  )
})
