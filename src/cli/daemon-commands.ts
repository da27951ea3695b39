import type { CommandSpecification, OptionSpecification } from './command.ts'

const JSON_OPTION: OptionSpecification = { name: 'json', summary: 'print one JSON object' }

/** The rows of the command table for the daemon. */
export const DAEMON_COMMANDS: CommandSpecification[] = [
  {
    name: 'daemon start',
    summary: 'start the helper process that makes `handaxe exec` fast',
    positionals: '',
    arity: { least: 0, most: 0 },
    options: [JSON_OPTION],
    notes:
      '`handaxe exec` starts it by itself. It keeps warm sandboxes ready for the calls of one user, configuration and\n' +
      'environment, and ends itself when none has come for five minutes (HANDAXE_DAEMON_IDLE_MS).',
    examples: ['handaxe daemon start'],
    load: () => import('./commands/daemon-start.ts'),
  },
  {
    name: 'daemon status',
    summary: 'show the helper processes that run; the exit code is 1 where there is none',
    positionals: '',
    arity: { least: 0, most: 0 },
    options: [JSON_OPTION],
    examples: ['handaxe daemon status'],
    load: () => import('./commands/daemon-status.ts'),
  },
  {
    name: 'daemon stop',
    summary: 'end the helper processes, after the executions that are under way',
    positionals: '',
    arity: { least: 0, most: 0 },
    options: [{ name: 'force', summary: 'end the executions, too' }, JSON_OPTION],
    examples: ['handaxe daemon stop'],
    load: () => import('./commands/daemon-stop.ts'),
  },
  {
    name: 'daemon serve',
    summary: 'be the helper process, in the foreground',
    positionals: '',
    arity: { least: 0, most: 0 },
    options: [
      { name: 'stdin', summary: 'read the settings from standard input, as `exec` and `daemon start` give them' },
    ],
    examples: ['handaxe daemon serve'],
    load: () => import('./commands/daemon-serve.ts'),
  },
]
