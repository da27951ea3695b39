import { jsonrepair } from 'jsonrepair'
import type { JsonObject, JsonValue } from '../../contracts/json.ts'
import { parseJson } from '../../domain/json/parse-json.ts'
import { extractBlocks } from './extract-blocks.ts'

/** Beyond this many beginnings of an object in prose the reply is not looked at further: each costs a pass over the text. */
const MAX_STARTS_IN_PROSE = 20

export type FoundJson = { value: JsonObject } | { problem: string }

/**
 * Finds the JSON object of a reply: the last one for which `accepts` holds, else the last one. Looks into fenced blocks
 * first, then for an object in the prose. Strict JSON is read as such; else trailing commas, comments, single quotes,
 * Python's literals and the like are repaired.
 */
export function findJson(reply: string, accepts: (value: JsonObject) => boolean): FoundJson {
  const blocks = extractBlocks(reply)
  const fenced = blocks.filter((block) => /^(?:json[5c]?)?$/.test(block.language) && /^\s*[{[]/.test(block.content))
  const unlabelled = blocks.filter((block) => !fenced.includes(block) && /^\s*\{\s*["'\n}]/.test(block.content))
  const readings = [...unlabelled, ...fenced].map((block) => readObject(block.content, block.closed))
  const objects = readings.flatMap((reading) => ('value' in reading ? [reading.value] : []))
  const accepted = objects.findLast(accepts)
  if (accepted !== undefined) return { value: accepted }
  const inProse = findInProse(reply)
  const found = inProse.find(accepts) ?? objects.at(-1)
  if (found !== undefined) return { value: found }
  const failed = readings.at(-1)
  if (failed !== undefined && 'problem' in failed) return failed
  if (inProse[0] !== undefined) return { value: inProse[0] }
  return { problem: 'There is no JSON object in the reply. Send it in a fenced block that begins with ```json.' }
}

/** The outermost objects that stand in the text itself. */
function findInProse(reply: string): JsonObject[] {
  const objects: JsonObject[] = []
  const start = /\{\s*["'}]/g
  for (let tries = 0; tries < MAX_STARTS_IN_PROSE; tries += 1) {
    const match = start.exec(reply)
    if (match === null) break
    const end = findClosingBrace(reply, match.index)
    const reading = readObject(reply.slice(match.index, end ?? reply.length), end !== null)
    if ('value' in reading) objects.push(reading.value)
    // A brace that nothing closes says nothing about what follows it.
    start.lastIndex = end ?? match.index + 1
  }
  return objects
}

/** The position after the brace that closes the one at `start`, or null. Braces in strings do not count. */
function findClosingBrace(text: string, start: number): number | null {
  let depth = 0
  let inString = false
  for (let at = start; at < text.length; at += 1) {
    const character = text[at]
    if (inString) {
      if (character === '\\') at += 1
      else if (character === '"') inString = false
    } else if (character === '"') inString = true
    else if (character === '{') depth += 1
    else if (character === '}') {
      depth -= 1
      if (depth === 0) return at + 1
    }
  }
  return null
}

/** An object that is not whole is not repaired: a plan would lose its last steps without anyone noticing. */
function readObject(text: string, isWhole: boolean): FoundJson {
  const strict = tryParse(text)
  const value = strict.value === undefined && isWhole ? tryRepair(text) : strict
  if (value.value === undefined) {
    return { problem: `The JSON of the reply cannot be read: ${strict.error ?? value.error ?? 'it is empty'}` }
  }
  const plain = value.value
  if (plain === null || typeof plain !== 'object' || Array.isArray(plain)) {
    return { problem: 'The JSON of the reply is not an object: it has to begin with { and end with }.' }
  }
  return { value: plain }
}

interface Parsed {
  value?: JsonValue
  error?: string
}

function tryParse(text: string): Parsed {
  try {
    return { value: parseJson(text) }
  } catch (error) {
    return { error: error instanceof Error ? error.message : String(error) }
  }
}

function tryRepair(text: string): Parsed {
  try {
    return tryParse(jsonrepair(text))
  } catch (error) {
    // Also a RangeError: deep nesting ends the repairer's recursion.
    return { error: error instanceof Error ? error.message : String(error) }
  }
}
