/** Files that a program left in its working folder are files for its user, like those in the output folder. */
import { constants, copyFileSync, lstatSync, mkdirSync, readdirSync } from 'node:fs'

const HERE = '/box'
const OUTPUT = '/box/output'
const OWN = new Set(['input', 'output', 'node_modules', 'package.json', 'main.mjs', 'main.ts', 'check.mjs'])
const MOST = 1000
const DEPTH = 16

/** At the end of a program that came to its end. Follows no link; what does not fit is left out. */
export function handOverLeftovers() {
  const state = { left: MOST }
  for (const name of readdirSync(HERE)) {
    if (!OWN.has(name) && name[0] !== '.') take(`${HERE}/${name}`, name, 0, state)
  }
}

function take(path, name, depth, state) {
  try {
    const entry = lstatSync(path)
    if (entry.isDirectory() && depth < DEPTH) {
      for (const inner of readdirSync(path)) take(`${path}/${inner}`, `${name}/${inner}`, depth + 1, state)
    } else if (entry.isFile() && state.left > 0) {
      state.left -= 1
      const target = `${OUTPUT}/${name}`
      mkdirSync(target.slice(0, target.lastIndexOf('/')), { recursive: true })
      copyFileSync(path, target, constants.COPYFILE_EXCL)
    }
  } catch {
    // No room, or a file that the program has put there itself, which is what it meant.
  }
}
