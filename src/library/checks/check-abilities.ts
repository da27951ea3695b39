import type { ToolSpecification } from '../../contracts/run.ts'
import type { ToolNeeds } from '../../contracts/tool.ts'
import type { CodeFacts } from '../signature/code-facts.ts'

/** Something that most tools have no need of, and what in a specification says that this one has. */
interface Ability {
  what: string
  modules: string[]
  calls: string[]
  need: RegExp | null
}

function words(text: string): string[] {
  return text.split(' ')
}

const NETWORK = 'uses the network'

const ABILITIES: readonly Ability[] = [
  {
    what: 'starts other programs',
    modules: words('subprocess multiprocessing pty child_process worker_threads cluster'),
    calls: words('os.system os.popen os.fork os.kill os.execv os.execve os.spawnv process.kill'),
    need: /\b(?:processes|subprocess|command line|shell|worker threads?)\b/i,
  },
  {
    what: NETWORK,
    modules: words(
      'socket ssl requests httpx aiohttp urllib.request urllib3 http.client http.server ftplib smtplib poplib imaplib ' +
        'telnetlib xmlrpc socketserver webbrowser net dgram http https http2 tls dns dns/promises axios node-fetch undici',
    ),
    calls: ['fetch', 'WebSocket', 'XMLHttpRequest'],
    need: /\b(?:networks?|https?|downloads?|fetch(?:es)?|web|urls?|api|sockets?)\b/i,
  },
  {
    what: 'runs code that it makes up',
    modules: ['code', 'codeop', 'vm', 'inspector', 'repl'],
    calls: ['eval', 'exec', 'compile', '__import__', 'importlib.import_module', 'import_module', 'Function'],
    need: /\b(?:expressions?|formulas?|formulae|evaluat\w+|source code|scripts?)\b/i,
  },
  { what: 'reaches below the language', modules: ['ctypes', 'cffi', 'ffi'], calls: [], need: null },
  {
    what: 'ends or halts the program',
    modules: [],
    calls: words('exit quit sys.exit os._exit os.abort breakpoint pdb.set_trace process.exit process.abort'),
    need: null,
  },
  { what: 'asks a person', modules: ['readline', 'getpass', 'tkinter'], calls: ['input', 'prompt'], need: null },
]

/** What the code does that a tool for this specification has no need of. */
export function checkAbilities(
  { modules, calls }: CodeFacts,
  specification: ToolSpecification,
  { network }: Pick<ToolNeeds, 'network'> = { network: [] },
): string[] {
  const { description, whenToUse, parameters, returns } = specification
  const text = [
    description,
    whenToUse,
    ...parameters.map((parameter) => parameter.description),
    returns.description,
  ].join('\n')
  return ABILITIES.flatMap((ability) => {
    if (ability.need?.test(text) || (ability.what === NETWORK && network.length > 0)) return []
    const imported = modules.filter((name) => ability.modules.includes(name))
    const called = calls.filter(({ name }) => ability.calls.includes(name))
    return [
      ...imported.map((name) => `It imports ${name}: a tool neither needs nor may do what ${ability.what}.`),
      ...called.map(({ name, line }) => `Line ${line}: ${name}() ${ability.what}, which a tool may not.`),
    ]
  })
}
