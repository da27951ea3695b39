/** Stands under the name of one tool and calls another, whose parameters have other names. */
import { adapted_tool } from 'tools'

/** Pairs of a parameter's name here and its name there. */
const NAMES = new Map('{{NAMES}}')

export function adapted(input = {}) {
  return adapted_tool(
    Object.fromEntries(Object.entries(input).map(([name, value]) => [NAMES.get(name) ?? name, value])),
  )
}
