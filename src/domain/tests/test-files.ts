import type { JsonObject, JsonValue } from '../../contracts/json.ts'
import { GUEST_PATHS, type InputFile } from '../../contracts/sandbox.ts'
import type { ToolTest } from '../../contracts/tool.ts'

type CalledTest = Exclude<ToolTest, { kind: 'property' }>

export function inputPath(name: string): string {
  return `${GUEST_PATHS.input}/${name}`
}

/** The files that a test brings, as its execution finds them. */
export function inputsOf({ files = {} }: Pick<ToolTest, 'files'>): { name: string; content: string }[] {
  return Object.entries(files).map(([name, content]) => ({ name, content }))
}

/**
 * The arguments of several tests for one execution, with the files of all: of two that have one name and another content, the
 * second gets a name of its own, in its test's arguments too.
 */
export function bindTestFiles(tests: readonly ToolTest[]): { calls: JsonObject[]; inputs: InputFile[] } {
  const taken = new Map<string, string>()
  const calls = tests
    .filter((test): test is CalledTest => test.kind !== 'property')
    .map((test) => {
      const renamed = new Map<string, string>()
      for (const { name, content } of inputsOf(test)) {
        const own = nameFor(name, content, taken)
        taken.set(own, content)
        if (own !== name) renamed.set(inputPath(name), inputPath(own))
      }
      return renamed.size === 0 ? test.arguments : (rename(test.arguments, renamed) as JsonObject)
    })
  return { calls, inputs: [...taken].map(([name, content]) => ({ name, content })) }
}

function nameFor(name: string, content: string, taken: ReadonlyMap<string, string>): string {
  const candidates = [name, ...Array.from({ length: taken.size + 1 }, (_, index) => `${index + 2}-${name}`)]
  return candidates.find((one) => !taken.has(one) || taken.get(one) === content) ?? name
}

function rename(value: JsonValue, names: ReadonlyMap<string, string>): JsonValue {
  if (typeof value === 'string') return names.get(value) ?? value
  if (value === null || typeof value !== 'object') return value
  if (Array.isArray(value)) return value.map((item) => rename(item, names))
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, rename(item, names)]))
}
