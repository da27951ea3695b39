import type { JsonObject } from '../../contracts/json.ts'

/** Arguments under the names that the other tool has for them; what it has no name for is left out. */
export function renameArguments(given: JsonObject, names: ReadonlyMap<string, string>): JsonObject {
  const pairs = Object.entries(given).flatMap(([name, value]): [string, JsonObject[string]][] => {
    const there = names.get(name)
    return there === undefined ? [] : [[there, value]]
  })
  return Object.fromEntries(pairs)
}

/** The other way round. */
export function reverseNames(names: ReadonlyMap<string, string>): Map<string, string> {
  return new Map([...names].map(([here, there]) => [there, here]))
}

/** Those that differ, for who is shown them. */
export function listRenamed(names: ReadonlyMap<string, string>): { from: string; to: string }[] {
  return [...names].flatMap(([from, to]) => (from === to ? [] : [{ from, to }]))
}
