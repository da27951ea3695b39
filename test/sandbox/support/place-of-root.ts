import { readFileSync } from 'node:fs'

/** The folder of its file system that this machine's root is: not `/` where the root is a folder of another machine. */
export function placeOfRoot(mountinfo: string = readFileSync('/proc/self/mountinfo', 'latin1')): string {
  const fields = mountinfo.split('\n').map((line) => line.split(' '))
  return fields.findLast(([, , , , target]) => target === '/')?.[3] ?? '/'
}

/**
 * A guest's lines of mountinfo as they would be if this machine's root were its file system's. The kernel names every mount
 * from there on, so a root folder such as /root/machine stands before each: that is no path of this machine.
 */
export function withoutPlaceOfRoot(text: string, place: string = placeOfRoot()): string {
  if (place === '/') return text
  // A mount starts with numbers, its device and its place: `31 27 254:0 /root/machine/usr /usr ro - ext4 …`.
  return text.replaceAll(
    new RegExp(String.raw`(?<=\b\d+ \d+ \d+:\d+ )${place.replaceAll(/[^\w/]/g, String.raw`\$&`)}(?=[/ ])`, 'g'),
    '',
  )
}
