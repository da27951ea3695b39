import type { CommandSpecification, OptionSpecification } from './command.ts'

const JSON_OPTION: OptionSpecification = { name: 'json', summary: 'print one JSON object' }

/** Package environments: named sets of packages that executions can import. */
export const ENVIRONMENT_COMMANDS: CommandSpecification[] = [
  {
    name: 'env list',
    summary: 'list the package environments of the sandbox',
    positionals: '',
    arity: { least: 0, most: 0 },
    options: [{ name: 'verify', summary: 'read every file and compare it with what was built' }, JSON_OPTION],
    examples: ['handaxe env list', 'handaxe env list --verify'],
    load: () => import('./commands/env-list.ts'),
  },
  {
    name: 'env create',
    summary: 'build a package environment from PyPI or npm, or give its name new packages',
    positionals: 'NAME [PACKAGE…]',
    arity: { least: 1, most: 101 },
    options: [
      { name: 'language', value: 'NAME', summary: 'python or javascript (default: python)' },
      {
        name: 'requirements',
        short: 'r',
        value: 'FILE',
        repeated: true,
        summary: 'take the packages from a requirements.txt or a package.json too; may be repeated',
      },
      {
        name: 'allow-source',
        summary: 'let pip build packages from source: that runs their code on this machine, outside of any sandbox',
      },
      { name: 'refresh', summary: 'ask the registry again, and mend damage' },
      JSON_OPTION,
    ],
    notes:
      'The registry is the one that pip or npm is configured with. Versions and hashes are locked; without --allow-source no code\n' +
      'of a package runs. An environment is mounted read-only; Python packages come on top of the standard packages (numpy, pandas …).',
    examples: [
      "handaxe env create tables tabulate 'openpyxl>=3,<4'",
      'handaxe env create site --language javascript d3-array@^3',
      'handaxe exec report.py --environment tables',
    ],
    load: () => import('./commands/env-create.ts'),
  },
  {
    name: 'env remove',
    summary: 'remove package environments',
    positionals: 'NAME…',
    arity: { least: 1, most: 1000 },
    options: [JSON_OPTION],
    examples: ['handaxe env remove tables'],
    load: () => import('./commands/env-remove.ts'),
  },
]
