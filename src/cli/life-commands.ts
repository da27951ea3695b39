import type { CommandSpecification, OptionSpecification } from './command.ts'

const JSON_OPTION: OptionSpecification = { name: 'json', summary: 'print one JSON object' }
const REASON_OPTION: OptionSpecification = { name: 'reason', value: 'TEXT', summary: 'why; it stands in the history' }
const YES_OPTION: OptionSpecification = { name: 'yes', short: 'y', summary: 'do not ask' }

/** What people do to tools that were kept. Nothing of it deletes a tool. */
export const LIFE_COMMANDS: CommandSpecification[] = [
  {
    name: 'tools test',
    summary: 'run the tests of a tool, each in a fresh sandbox',
    positionals: 'NAME[@VERSION]',
    arity: { least: 1, most: 1 },
    options: [JSON_OPTION],
    notes: 'Changes nothing. Exit code 1: a test failed, or there is none.',
    examples: ['handaxe tools test annualised_volatility', 'handaxe tools test annualised_volatility@2 --json'],
    load: () => import('./commands/tools-test.ts'),
  },
  {
    name: 'tools verify',
    summary: 'check whether a version may be used, and use it where nothing speaks against it',
    positionals: 'NAME[@VERSION]',
    arity: { least: 1, most: 1 },
    options: [
      {
        name: 'accept',
        summary: 'use it although something is held against it, or it differs from the version before',
      },
      JSON_OPTION,
    ],
    notes:
      'Without VERSION: the newest. It has to pass its own tests and checks, those of the version before it, and give the\n' +
      'values of that one’s kept calls again. Exit code 1: it may not be used.',
    examples: ['handaxe tools verify annualised_volatility@3', 'handaxe tools verify annualised_volatility@3 --accept'],
    load: () => import('./commands/tools-verify.ts'),
  },
  {
    name: 'tools edit',
    summary: 'edit code and tests of a tool in $VISUAL or $EDITOR; the sandbox verifies it, a new version is saved',
    positionals: 'NAME[@VERSION]',
    arity: { least: 1, most: 1 },
    options: [
      { name: 'code', value: 'FILE', summary: 'take the edited code from here, without an editor' },
      { name: 'tests', value: 'FILE', summary: 'take the edited tests (JSON) from here, without an editor' },
      JSON_OPTION,
    ],
    notes:
      'What fails its tests is not saved. What fails tests of the version before, or gives other values for its kept calls,\n' +
      'is saved as a candidate. Exit code 1: it was refused, or saved as a candidate.',
    examples: ['handaxe tools edit annualised_volatility', 'handaxe tools edit annualised_volatility --code new.py'],
    load: () => import('./commands/tools-edit.ts'),
  },
  {
    name: 'tools repair',
    summary: 'have a model write the next version of a tool that fails; it has to hold what the old one held',
    positionals: 'NAME[@VERSION]',
    arity: { least: 1, most: 1 },
    options: [
      { name: 'reason', value: 'TEXT', summary: 'what is wrong with it, where no failure shows it; the model is told' },
      { name: 'model', short: 'm', value: 'MODEL', summary: 'as in `run`' },
      { name: 'admission', value: 'DEPTH', summary: 'what is asked of it: standard, thorough' },
      { name: 'max-cost-usd', value: 'N', summary: 'end it before it costs more (default 5)' },
      { name: 'max-tokens', value: 'N', summary: 'end it before it uses more tokens (default 1000000)' },
      { name: 'max-calls', value: 'N', summary: 'end it before it calls models more often (default 40)' },
      { name: 'timeout-ms', value: 'N', summary: 'end it after this time (default 900000)' },
      { name: 'record', value: 'FILE', summary: 'append what the models say to a cassette' },
      { name: 'replay', value: 'FILE', summary: 'take what the models say from a cassette; no key is needed' },
      {
        name: 'manual-folder',
        value: 'DIR',
        summary: 'where `-m manual` writes its prompts and waits for the replies',
      },
      { name: 'verbose', short: 'v', summary: 'show the whole code and output' },
      JSON_OPTION,
    ],
    notes:
      'The model is shown the code, what failed, and with which inputs. The new version has to pass all tests of the old one,\n' +
      'the checks of `run`, not to fail for the recorded inputs, and to give the values of kept calls again (at most 4 tries).\n' +
      'One that differs in past values only is saved as a candidate. The old version stays. Exit code 1: it was not repaired.',
    examples: [
      'handaxe tools repair annualised_volatility',
      'handaxe tools repair annualised_volatility@2 --reason "wrong for weekly prices" --max-cost-usd 0.50',
    ],
    load: () => import('./commands/tools-repair.ts'),
  },
  {
    name: 'tools history',
    summary: 'show the versions of a tool, and every change with its reason, author and time',
    positionals: 'NAME',
    arity: { least: 1, most: 1 },
    options: [JSON_OPTION],
    examples: ['handaxe tools history annualised_volatility'],
    load: () => import('./commands/tools-history.ts'),
  },
  {
    name: 'tools stats',
    summary: 'show what each version cost and saved, why it failed, and whether it has paid for itself',
    positionals: '[NAME]',
    arity: { least: 0, most: 1 },
    options: [JSON_OPTION],
    examples: ['handaxe tools stats', 'handaxe tools stats annualised_volatility --json'],
    load: () => import('./commands/tools-stats.ts'),
  },
  {
    name: 'tools rollback',
    summary: 'go back to an older version',
    positionals: 'NAME [VERSION]',
    arity: { least: 1, most: 2 },
    options: [REASON_OPTION, JSON_OPTION],
    notes:
      'Without VERSION: the newest usable one before the current. Newer ones are retired; tools that import them keep them.\n' +
      'Naming a newer version goes forward again.',
    examples: ['handaxe tools rollback annualised_volatility', 'handaxe tools rollback annualised_volatility 1'],
    load: () => import('./commands/tools-rollback.ts'),
  },
  {
    name: 'tools pin',
    summary: 'hold a version: neither its state nor the current version changes by itself',
    positionals: 'NAME[@VERSION]',
    arity: { least: 1, most: 1 },
    options: [JSON_OPTION],
    examples: ['handaxe tools pin annualised_volatility@2'],
    load: () => import('./commands/tools-pin.ts'),
  },
  {
    name: 'tools unpin',
    summary: 'let a pinned tool change again',
    positionals: 'NAME',
    arity: { least: 1, most: 1 },
    options: [JSON_OPTION],
    examples: ['handaxe tools unpin annualised_volatility'],
    load: () => import('./commands/tools-unpin.ts'),
  },
  {
    name: 'tools disable',
    summary: 'take a tool out of search and plans, with all its versions',
    positionals: 'NAME',
    arity: { least: 1, most: 1 },
    options: [REASON_OPTION, JSON_OPTION],
    examples: ['handaxe tools disable annualised_volatility --reason "wrong for weekly prices"'],
    load: () => import('./commands/tools-disable.ts'),
  },
  {
    name: 'tools enable',
    summary: 'let a disabled tool in again',
    positionals: 'NAME',
    arity: { least: 1, most: 1 },
    options: [REASON_OPTION, JSON_OPTION],
    examples: ['handaxe tools enable annualised_volatility'],
    load: () => import('./commands/tools-enable.ts'),
  },
  {
    name: 'tools annotate',
    summary: 'note something about a tool; `tools list` and `tools show` show it',
    positionals: 'NAME [TEXT…]',
    arity: { least: 1, most: 10_000 },
    options: [JSON_OPTION],
    notes: 'Without TEXT the note is taken away.',
    examples: ['handaxe tools annotate annualised_volatility "252 days a year; see the handbook"'],
    load: () => import('./commands/tools-annotate.ts'),
  },
  {
    name: 'tools retire',
    summary: 'take a version, or a whole tool, out of use for good; nothing is deleted',
    positionals: '[NAME[@VERSION]]',
    arity: { least: 0, most: 1 },
    options: [
      { name: 'unused', summary: 'those that were hardly reused and have been idle for 90 days' },
      REASON_OPTION,
      YES_OPTION,
      JSON_OPTION,
    ],
    notes:
      '--unused shows what it would retire; with --yes it does. `tools rollback NAME VERSION` brings a version back.',
    examples: ['handaxe tools retire annualised_volatility@1', 'handaxe tools retire --unused --yes'],
    load: () => import('./commands/tools-retire.ts'),
  },
  {
    name: 'tools forget',
    summary: 'delete the kept calls of a tool, or of all: arguments and values',
    positionals: '[NAME]',
    arity: { least: 0, most: 1 },
    options: [YES_OPTION, JSON_OPTION],
    notes: 'Calls are kept only where the configuration says `"keepCalls": true`.',
    examples: ['handaxe tools forget annualised_volatility --yes', 'handaxe tools forget --yes'],
    load: () => import('./commands/tools-forget.ts'),
  },
]
