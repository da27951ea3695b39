import { parseArgs, type ParseArgsOptionsConfig } from 'node:util'
import { HandaxeError } from '../contracts/errors.ts'
import { closest } from '../util/closest.ts'
import type { CommandSpecification, OptionSpecification, OptionValues } from './command.ts'

export const GLOBAL_OPTIONS: OptionSpecification[] = [
  { name: 'help', short: 'h', summary: 'show help' },
  { name: 'version', short: 'V', summary: 'show the version' },
]

export type ParsedCommandLine =
  | { kind: 'version' }
  | { kind: 'help'; command: CommandSpecification | null; group: string | null }
  | { kind: 'command'; command: CommandSpecification; options: OptionValues; positionals: string[] }

/** Finds the command and reads its options. Throws `invalid_request` with the nearest name for what it does not know. */
export function parseCommandLine(args: string[], commands: CommandSpecification[]): ParsedCommandLine {
  const words = args.filter((word) => !word.startsWith('-'))
  const [first, second] = args
  if (first === undefined || first === '--help' || first === '-h') return { kind: 'help', command: null, group: null }
  if (first === '--version' || first === '-V') return { kind: 'version' }
  if (first === 'help') return helpFor(words.slice(1), commands)

  const group = commands.filter((command) => command.name.startsWith(`${first} `))
  const command =
    commands.find((candidate) => candidate.name === `${first} ${second}`) ??
    commands.find((candidate) => candidate.name === first)
  if (command === undefined) {
    const wantsHelp = second === undefined || second === '--help' || second === '-h'
    if (group.length > 0 && wantsHelp) return { kind: 'help', command: null, group: first }
    if (first.startsWith('-')) throw optionFirst(first)
    throw unknownCommand(group.length > 0 ? `${first} ${second}` : first, commands)
  }
  const rest = args.slice(command.name.split(' ').length)
  return parseOptions(command, rest)
}

function helpFor(words: string[], commands: CommandSpecification[]): ParsedCommandLine {
  if (words.length === 0) return { kind: 'help', command: null, group: null }
  const name = words.join(' ')
  const command = commands.find((candidate) => candidate.name === name)
  if (command !== undefined) return { kind: 'help', command, group: null }
  if (commands.some((candidate) => candidate.name.startsWith(`${name} `)))
    return { kind: 'help', command: null, group: name }
  throw unknownCommand(name, commands)
}

function optionFirst(option: string): HandaxeError {
  return new HandaxeError('invalid_request', `${option} stands before the command`, {
    hint: `The command comes first: handaxe COMMAND ${option}. See \`handaxe --help\`.`,
  })
}

function unknownCommand(name: string, commands: CommandSpecification[]): HandaxeError {
  const names = commands.map((command) => command.name)
  const groups = names.flatMap((known) => known.split(' ').slice(0, -1))
  const near = closest(name, [...names, ...groups])
  return new HandaxeError('invalid_request', `There is no command "${name}"`, {
    hint: near === null ? 'See `handaxe --help`.' : `Did you mean \`handaxe ${near}\`? See \`handaxe --help\`.`,
  })
}

function parseOptions(command: CommandSpecification, args: string[]): ParsedCommandLine {
  const specifications = [...command.options, ...GLOBAL_OPTIONS]
  const config: ParseArgsOptionsConfig = {}
  for (const option of specifications) {
    config[option.name] = {
      type: option.value === undefined ? 'boolean' : 'string',
      multiple: option.repeated ?? false,
      ...(option.short === undefined ? {} : { short: option.short }),
    }
  }
  const seeHelp = `See \`handaxe ${command.name} --help\`.`
  let parsed: { values: OptionValues; positionals: string[] }
  try {
    parsed = parseArgs({ args, options: config, allowPositionals: true, strict: true }) as typeof parsed
  } catch (error) {
    throw new HandaxeError('invalid_request', usageProblem(error, specifications), { hint: seeHelp, cause: error })
  }
  if (parsed.values['help'] === true) return { kind: 'help', command, group: null }
  if (parsed.values['version'] === true) return { kind: 'version' }
  const { least, most } = command.arity
  if (parsed.positionals.length < least || parsed.positionals.length > most) {
    const problem =
      parsed.positionals.length < least ? `${command.positionals} is missing` : 'There are too many arguments'
    throw new HandaxeError('invalid_request', `${problem}: handaxe ${command.name} ${command.positionals}`.trim(), {
      hint: seeHelp,
    })
  }
  return { kind: 'command', command, options: parsed.values, positionals: parsed.positionals }
}

function usageProblem(error: unknown, specifications: OptionSpecification[]): string {
  const message = error instanceof Error ? error.message : String(error)
  const withoutValue = /^Option '(?:-\w, )?(--[\w-]+)[^']*' argument (missing|is ambiguous)/.exec(message)
  if (withoutValue !== null) {
    const [, name, why] = withoutValue
    return why === 'missing'
      ? `${name} takes a value`
      : `${name} takes a value; where that begins with a dash, write ${name}=VALUE`
  }
  const unknown = /Unknown option '(-{1,2}[^']+)'/.exec(message)?.[1]
  if (unknown === undefined) return message.split('\n')[0] ?? message
  const near = closest(
    unknown,
    specifications.map((option) => `--${option.name}`),
  )
  return `There is no option ${unknown}${near === null ? '' : `; did you mean ${near}?`}`
}
