/** Kept for who knows the tool by this name: another one does the same. */
import { KEPT as kept } from 'tools'

/** Pairs of a parameter's name here and its name there. */
const NAMES = new Map('{{NAMES}}')

/** What is always passed. */
const CONSTANTS = '{{CONSTANTS}}'

export const tool = '{{TOOL}}'

export default function FUNCTION(input = {}) {
  const given = Object.entries(input).map(([name, value]) => [NAMES.get(name) ?? name, value])
  return kept({ ...Object.fromEntries(given), ...CONSTANTS })
}
