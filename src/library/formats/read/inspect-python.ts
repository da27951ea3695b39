import { parsePython, type PythonFunction, type PythonModule } from '../python/parse-python.ts'

/** What can be told of code without running it, or why nothing in it could be a tool. */
export type Inspection = { name?: string; problems: string[]; notes: string[] } | { reason: string }

const TOOL_NAME = /^[a-z][a-z0-9_]{0,63}$/
const SHOWN_NAMES = 8

/** `isNeighbour` tells whether a module of this name lies beside it. */
export function inspectPython(code: string, isNeighbour: (name: string) => boolean): Inspection {
  const module = parsePython(code)
  if (module === null) return { reason: 'takes too long to be read: it is nested too deeply' }
  const shown = module.functions.filter(({ name }) => !name.startsWith('_'))
  if (shown.length === 0) {
    return { reason: 'has no public function at its top level: a tool is a module with one' }
  }
  const [main] = shown
  const notes =
    module.doubtfulLine === null
      ? []
      : [`Line ${module.doubtfulLine} may not be valid: Python itself decides that when it is verified.`]
  const problems = [...describeImports(module, isNeighbour)]
  if (shown.length > 1 || main === undefined) {
    problems.unshift(
      `There are ${shown.length} public functions (${listNames(shown)}): a tool has one. Let the names of helpers begin with an underscore, or make a file of each.`,
    )
    return { problems, notes }
  }
  return { name: main.name, problems: [...describeFunction(main), ...problems], notes }
}

function describeFunction({ name, hasDocstring, hasReturnHint, parameters }: PythonFunction): string[] {
  const bare = parameters.filter(({ hasHint }) => !hasHint).map((parameter) => parameter.name)
  return [
    ...(TOOL_NAME.test(name) ? [] : [`The name ${name} has to be snake_case, of at most 64 letters.`]),
    ...(hasDocstring ? [] : [`${name} has no docstring: it says what the tool gives, and what its parameters mean.`]),
    ...(bare.length === 0 ? [] : [`There is no type hint for ${bare.join(', ')}.`]),
    ...(hasReturnHint ? [] : ['The result has no type hint.']),
  ]
}

function describeImports({ imports }: PythonModule, isNeighbour: (name: string) => boolean): string[] {
  const local = new Set<string>()
  for (const { isFrom, level, module, names } of imports) {
    const modules = isFrom ? [module] : names.map(({ name }) => name)
    if (level > 0) local.add(`${'.'.repeat(level)}${module}`)
    else for (const name of modules) if (isNeighbour(firstPart(name)) && firstPart(name) !== 'tools') local.add(name)
  }
  return [...local].map((name) => `It imports ${name}, which lies beside it: a tool is a single module.`)
}

function firstPart(name: string): string {
  return name.split('.', 1)[0] ?? name
}

function listNames(functions: PythonFunction[]): string {
  const names = functions.slice(0, SHOWN_NAMES).map(({ name }) => name)
  return names.length < functions.length ? `${names.join(', ')}, …` : names.join(', ')
}
