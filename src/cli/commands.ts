import type { CommandSpecification, OptionSpecification } from './command.ts'
import { ENVIRONMENT_COMMANDS } from './environment-commands.ts'
import { EXCHANGE_COMMANDS } from './exchange-commands.ts'
import { LIFE_COMMANDS } from './life-commands.ts'
import { EXECUTION_OPTIONS, SANDBOX_OPTIONS, OVERWRITE_OPTION } from './option-lists.ts'
import { SESSION_COMMANDS, SESSION_OPTIONS } from './session-commands.ts'
import { DAEMON_COMMANDS } from './daemon-commands.ts'

const JSON_OPTION: OptionSpecification = { name: 'json', summary: 'print one JSON object' }

const DAEMON_OPTION: OptionSpecification = {
  name: 'daemon',
  value: 'WHEN',
  summary: 'go through a resident helper: auto (start it where it can be), always (or fail), never (default auto)',
}

const RUN_OPTIONS: OptionSpecification[] = [
  {
    name: 'file',
    short: 'f',
    value: 'FILE',
    repeated: true,
    summary: 'give a file to the run (read-only); may be repeated',
  },
  {
    name: 'model',
    short: 'm',
    value: 'MODEL',
    summary: 'provider/model for every tier, or `manual` to answer the prompts yourself',
  },
  { name: 'make', value: 'WHEN', summary: 'when a tool is made: auto, always, never (default auto)' },
  { name: 'admission', value: 'DEPTH', summary: 'what is asked of a tool before it is kept: standard, thorough' },
  { name: 'no-save', summary: 'do not keep the tools that this run makes' },
  {
    name: 'no-keep-requests',
    summary: 'keep data and words of this request, and of earlier ones, out of the tools that it makes',
  },
  { name: 'max-cost-usd', value: 'N', summary: 'end the run before it costs more (default 5)' },
  { name: 'max-tokens', value: 'N', summary: 'end the run before it uses more tokens (default 1000000)' },
  { name: 'max-calls', value: 'N', summary: 'end the run before it calls models more often (default 40)' },
  { name: 'timeout-ms', value: 'N', summary: 'end the run after this time (default 900000)' },
  { name: 'artifacts', value: 'DIR', summary: 'copy the files that the run produced into this folder' },
  OVERWRITE_OPTION,
  JSON_OPTION,
  { name: 'events', summary: 'print every event as a line of JSON' },
  { name: 'quiet', short: 'q', summary: 'no progress on stderr' },
  { name: 'verbose', short: 'v', summary: 'show the whole code and output' },
  { name: 'record', value: 'FILE', summary: 'append what the models say to a cassette' },
  { name: 'replay', value: 'FILE', summary: 'take what the models say from a cassette; no key is needed' },
  { name: 'manual-folder', value: 'DIR', summary: 'where `-m manual` writes its prompts and waits for the replies' },
  ...SANDBOX_OPTIONS,
]

/** All commands, in the order that help shows. Their code is loaded only when they are called. */
export const COMMANDS: CommandSpecification[] = [
  {
    name: 'run',
    summary: 'answer a request: plan it, reuse or make the tools, execute them in the sandbox',
    positionals: 'REQUEST…',
    arity: { least: 0, most: 10_000 },
    options: RUN_OPTIONS,
    notes: 'Without REQUEST, or with -, the request is read from standard input.',
    examples: [
      'handaxe run "37-day annualised volatility of AAPL?" -f prices.csv',
      'echo "What is 17 % of 2340?" | handaxe run --json',
    ],
    load: () => import('./commands/run.ts'),
  },
  {
    name: 'exec',
    summary: 'run a program in the locked sandbox',
    positionals: 'FILE|-',
    arity: { least: 0, most: 1 },
    options: [
      {
        name: 'language',
        value: 'NAME',
        summary: 'python, javascript or typescript (default: by the ending of FILE, else python)',
      },
      {
        name: 'input',
        value: 'PATH',
        repeated: true,
        summary: 'lay a file or a folder into /box/input; may be repeated',
      },
      {
        name: 'artifacts',
        value: 'DIR',
        summary: 'where the files that the program leaves go (default: a new folder in the state folder)',
      },
      OVERWRITE_OPTION,
      ...EXECUTION_OPTIONS,
      ...SANDBOX_OPTIONS,
      ...SESSION_OPTIONS,
      DAEMON_OPTION,
      JSON_OPTION,
    ],
    notes:
      'The program finds its inputs in /box/input; what it leaves in /box/output are artifacts; result(value) gives a value.\n' +
      'Stdout and stderr are the program’s; its value (--call, result) is shown on stderr, and --json has all of it.\n' +
      'Exit codes: the program’s own where it ended by itself; 124 timeout, 137 out of memory or killed, 125 output limit.',
    examples: [
      'handaxe exec analysis.py --input prices.csv --artifacts out',
      'echo "print(1 + 1)" | handaxe exec - --require memory=cgroup',
      'handaxe exec fetch.py --network api.example.com --secret api.example.com:Authorization=API_AUTHORIZATION',
    ],
    load: () => import('./commands/exec.ts'),
  },
  ...ENVIRONMENT_COMMANDS,
  ...SESSION_COMMANDS,
  ...DAEMON_COMMANDS,
  {
    name: 'tools list',
    summary: 'list the library',
    positionals: '',
    arity: { least: 0, most: 0 },
    options: [JSON_OPTION],
    examples: ['handaxe tools list'],
    load: () => import('./commands/tools-list.ts'),
  },
  {
    name: 'tools search',
    summary: 'search the library as the planner does',
    positionals: 'TEXT…',
    arity: { least: 1, most: 10_000 },
    options: [{ name: 'limit', value: 'N', summary: 'how many at the most (default 5)' }, JSON_OPTION],
    examples: ['handaxe tools search "how volatile was the price"'],
    load: () => import('./commands/tools-search.ts'),
  },
  {
    name: 'tools embed',
    summary: 'give every tool its vector, for the embedding model that is configured',
    positionals: '',
    arity: { least: 0, most: 0 },
    options: [{ name: 'again', summary: 'make all vectors of this model anew' }, JSON_OPTION],
    notes: 'New tools get theirs with the next search; this is for the first time, and after a change of the model.',
    examples: ['HANDAXE_EMBEDDING=openai/text-embedding-3-small handaxe tools embed'],
    load: () => import('./commands/tools-embed.ts'),
  },
  {
    name: 'tools show',
    summary: 'show a tool: signature, code, tests, ledger',
    positionals: 'NAME[@VERSION]',
    arity: { least: 1, most: 1 },
    options: [JSON_OPTION],
    examples: ['handaxe tools show annualised_volatility'],
    load: () => import('./commands/tools-show.ts'),
  },
  {
    name: 'tools run',
    summary: 'call a tool in the sandbox',
    positionals: 'NAME[@VERSION] [ARGUMENTS]',
    arity: { least: 1, most: 2 },
    options: [
      { name: 'file', short: 'f', value: 'FILE', repeated: true, summary: 'give a file to the call; may be repeated' },
      { name: 'artifacts', value: 'DIR', summary: 'where its files go (default: a new folder in the state folder)' },
      OVERWRITE_OPTION,
      { name: 'timeout-ms', value: 'N', summary: 'wall time (default 30000)' },
      ...SANDBOX_OPTIONS,
      JSON_OPTION,
    ],
    notes:
      'ARGUMENTS is a JSON object, or - for standard input. {"$column": {"file": "a.csv", "name": "Close"}} stands for a column of a file.',
    examples: ['handaxe tools run annualised_volatility \'{"prices": [1, 2, 3]}\''],
    load: () => import('./commands/tools-run.ts'),
  },
  {
    name: 'tools remove',
    summary: 'delete a tool with all its versions',
    positionals: 'NAME',
    arity: { least: 1, most: 1 },
    options: [{ name: 'yes', short: 'y', summary: 'do not ask' }],
    examples: ['handaxe tools remove annualised_volatility --yes'],
    load: () => import('./commands/tools-remove.ts'),
  },
  ...LIFE_COMMANDS,
  ...EXCHANGE_COMMANDS,
  {
    name: 'runs list',
    summary: 'list the latest runs',
    positionals: '',
    arity: { least: 0, most: 0 },
    options: [{ name: 'limit', value: 'N', summary: 'how many (default 20)' }, JSON_OPTION],
    examples: ['handaxe runs list'],
    load: () => import('./commands/runs-list.ts'),
  },
  {
    name: 'runs show',
    summary: 'show a run: its events, its answer, its cost',
    positionals: 'RUN',
    arity: { least: 1, most: 1 },
    options: [
      JSON_OPTION,
      { name: 'events', summary: 'print every event as a line of JSON' },
      { name: 'value', value: 'STEP', summary: 'print the whole value that a step gave, as JSON, however large' },
      { name: 'verbose', short: 'v', summary: 'show the whole code and output' },
    ],
    notes: 'RUN is an id, the beginning of one, or `last`.',
    examples: ['handaxe runs show last', 'handaxe runs show last --value s1'],
    load: () => import('./commands/runs-show.ts'),
  },
  {
    name: 'runs remove',
    summary: 'remove runs with their events and files; the tools that they made stay',
    positionals: '[RUN…]',
    arity: { least: 0, most: Infinity },
    options: [
      { name: 'older-than', value: 'DAYS', summary: 'all that began before, but those that may be under way' },
      { name: 'yes', short: 'y', summary: 'do not ask' },
      JSON_OPTION,
    ],
    notes: 'The setting keepRunsDays does this by itself; without it all runs are kept.',
    examples: ['handaxe runs remove last', 'handaxe runs remove --older-than 30 --yes'],
    load: () => import('./commands/runs-remove.ts'),
  },
  {
    name: 'models',
    summary: 'show which model does which work, their keys and prices',
    positionals: '',
    arity: { least: 0, most: 0 },
    options: [JSON_OPTION, { name: 'model', short: 'm', value: 'MODEL', summary: 'as in `run`' }],
    examples: ['handaxe models'],
    load: () => import('./commands/models.ts'),
  },
  {
    name: 'doctor',
    summary: 'check the sandbox, Python, the store, the keys; say what is missing and which backend is used',
    positionals: '',
    arity: { least: 0, most: 0 },
    options: [...SANDBOX_OPTIONS, JSON_OPTION],
    notes: 'With --backend and --require it tells what would be used under them.',
    examples: ['handaxe doctor', 'handaxe doctor --require memory=cgroup'],
    load: () => import('./commands/doctor.ts'),
  },
  {
    name: 'setup',
    summary: 'install bubblewrap and the Python environment of the sandbox, or make the image of the docker backend',
    positionals: '',
    arity: { least: 0, most: 0 },
    options: [
      { name: 'docker', summary: 'make the image of the docker backend instead, from docker/Dockerfile' },
      { name: 'rootfs', value: 'DIR', summary: 'with --docker: from a root folder, without a registry' },
      { name: 'undo', summary: "take back the profile of AppArmor, and handaxe's own bubblewrap" },
      JSON_OPTION,
    ],
    notes:
      'Uses apt-get (as root or by sudo) for bubblewrap and python3-venv, PyPI for numpy, pandas, scipy,\n' +
      'matplotlib, openpyxl, pyarrow and charset-normalizer.\n' +
      'Where AppArmor keeps programs from user namespaces (Ubuntu 23.10 and later), loads a profile that allows\n' +
      'them to the bubblewrap of handaxe alone; `--undo` takes it back.\n' +
      'macOS and Windows: install Docker, then `handaxe setup --docker`.',
    examples: ['handaxe setup', 'handaxe setup --docker'],
    load: () => import('./commands/setup.ts'),
  },
  {
    name: 'config',
    summary: 'show the configuration, where each part comes from, and the folders',
    positionals: '',
    arity: { least: 0, most: 0 },
    options: [JSON_OPTION],
    examples: ['handaxe config'],
    load: () => import('./commands/config.ts'),
  },
]
