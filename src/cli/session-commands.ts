import type { CommandSpecification, OptionSpecification } from './command.ts'

const JSON_OPTION: OptionSpecification = { name: 'json', summary: 'print one JSON object' }

export const SESSION_OPTIONS: OptionSpecification[] = [
  {
    name: 'session',
    value: 'NAME',
    summary: "keep values between calls: `from tools import session` (or `import { session } from 'tools'`) has them",
  },
  {
    name: 'keep',
    value: 'VARIABLE',
    repeated: true,
    summary: 'a variable of the program that the session keeps when it has ended; may be repeated',
  },
]

/** The rows of the command table for sessions. */
export const SESSION_COMMANDS: CommandSpecification[] = [
  {
    name: 'sessions list',
    summary: 'list the sessions of `handaxe exec --session` and what they keep',
    positionals: '',
    arity: { least: 0, most: 0 },
    options: [JSON_OPTION],
    examples: ['handaxe sessions list'],
    load: () => import('./commands/sessions-list.ts'),
  },
  {
    name: 'sessions remove',
    summary: 'delete a session with all that it keeps',
    positionals: 'NAME',
    arity: { least: 1, most: 1 },
    options: [JSON_OPTION],
    examples: ['handaxe sessions remove analysis'],
    load: () => import('./commands/sessions-remove.ts'),
  },
]
