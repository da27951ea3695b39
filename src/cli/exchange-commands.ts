import type { CommandSpecification, OptionSpecification } from './command.ts'

const JSON_OPTION: OptionSpecification = { name: 'json', summary: 'print one JSON object' }
const YES_OPTION: OptionSpecification = { name: 'yes', short: 'y', summary: 'do not ask' }

/** In and out of the library. */
export const EXCHANGE_COMMANDS: CommandSpecification[] = [
  {
    name: 'tools export',
    summary: 'write tools to a folder: as Agent Skills, a Python package, AI SDK tools, or one JSON bundle',
    positionals: '[NAME[@VERSION]…] DIR',
    arity: { least: 1, most: 10_000 },
    options: [
      { name: 'format', value: 'FORMAT', summary: 'skill, python, ai-sdk or bundle (default skill)' },
      {
        name: 'omit-requests',
        summary: 'leave out the requests that the tools were made for, and the tests with their data',
      },
      { name: 'package-name', value: 'NAME', summary: 'of the Python or npm package (default handaxe_tools)' },
      { name: 'overwrite', summary: 'replace files that were edited by hand since the last export' },
      JSON_OPTION,
    ],
    notes:
      'Without NAME: the whole library but what is quarantined, retired or disabled. What the tools import comes along.\n' +
      'A manifest of hashes lies beside them; files that no export wrote are never touched.',
    examples: [
      'handaxe tools export --format skill ./team-tools',
      'handaxe tools export annualised_volatility --format python ./package',
    ],
    load: () => import('./commands/tools-export.ts'),
  },
  {
    name: 'tools import',
    summary: 'take tools in: show their code, verify them in the sandbox, save those that pass',
    positionals: 'PATH…',
    arity: { least: 1, most: 10_000 },
    options: [YES_OPTION, { name: 'dry-run', summary: 'verify and show, save nothing' }, JSON_OPTION],
    notes:
      'PATH is a Python or JavaScript file, a folder of them, an Agent Skill, an export, or a bundle. Nothing of it runs outside\n' +
      'of the sandbox. A tool without tests is saved as a candidate, which runs do not use. Without --yes it asks; where\n' +
      'there is no terminal to ask on, nothing is saved. Exit code 1: a tool was refused.',
    examples: ['handaxe tools import volatility.py', 'handaxe tools import ./team-tools --yes'],
    load: () => import('./commands/tools-import.ts'),
  },
  {
    name: 'tools sync',
    summary: 'bring a folder of skills and the library in step, so that tools can be reviewed in git',
    positionals: 'DIR',
    arity: { least: 1, most: 1 },
    options: [
      YES_OPTION,
      { name: 'dry-run', summary: 'verify and show, change nothing' },
      { name: 'prefer', value: 'SIDE', summary: 'folder or library: which one counts where both were changed' },
      {
        name: 'omit-requests',
        summary: 'of a new folder: leave out the requests that the tools were made for, and the tests with their data',
      },
      JSON_OPTION,
    ],
    notes:
      'What was changed in the folder is verified and becomes a new version; what was changed in the library is written to the\n' +
      'folder; what both changed is named and left alone. A tool whose folder was removed is retired, and one that was removed\n' +
      'from the library leaves the folder: what was in step is remembered. Exit code 1: a conflict, or a refused tool.',
    examples: ['handaxe tools sync ./team-tools --dry-run', 'handaxe tools sync ./team-tools --yes'],
    load: () => import('./commands/tools-sync.ts'),
  },
  {
    name: 'tools tidy',
    summary: 'find tools that do the same, keep the best one, let the others call it; retire what is always beaten',
    positionals: '',
    arity: { least: 0, most: 0 },
    options: [
      YES_OPTION,
      { name: 'dry-run', summary: 'show the twins, change nothing' },
      {
        name: 'generalise',
        summary: 'also ask a model for one tool in place of two that differ at an edge (at most 5)',
      },
      { name: 'model', short: 'm', value: 'MODEL', summary: 'of --generalise, as in `run`' },
      { name: 'max-comparisons', value: 'N', summary: 'how many pairs to compare at the most (default 3000)' },
      JSON_OPTION,
    ],
    notes:
      'What counts is what tools do: they pass each other’s tests and agree on a thousand generated inputs. Names never count,\n' +
      'and what differs on one input is never merged. The names of the others stay, with their parameters and tests;\n' +
      'nothing is deleted. What was offered for ten requests and never chosen is retired; `tools rollback` brings it back.',
    examples: ['handaxe tools tidy --dry-run', 'handaxe tools tidy --yes'],
    load: () => import('./commands/tools-tidy.ts'),
  },
  {
    name: 'store migrate',
    summary: 'copy the library and the journal to another store: SQLite or PostgreSQL, either way',
    positionals: '',
    arity: { least: 0, most: 0 },
    options: [
      {
        name: 'from',
        value: 'PLACE',
        summary: 'a SQLite file or postgres://… (default: the store of the configuration)',
      },
      { name: 'to', value: 'PLACE', summary: 'an empty store: a new file, or postgres://user@host:5432/database' },
      JSON_OPTION,
    ],
    notes:
      'All or nothing: it is written in one transaction, read back, and compared by counts and hashes before it is kept.\n' +
      'Ctrl-C leaves the target as it was. A password in an address can be seen by other users of the machine while the\n' +
      'command runs: set PGPASSWORD instead.',
    examples: ['handaxe store migrate --to postgres://carver@db.example.org/handaxe'],
    load: () => import('./commands/store-migrate.ts'),
  },
]
