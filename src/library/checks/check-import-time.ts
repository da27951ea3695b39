import type { ToolSignature } from '../../contracts/tool.ts'
import type { CodeFacts } from '../signature/code-facts.ts'

/** Calls that write, read or ask. Building a table or compiling a pattern when a module is loaded is fine. */
const EFFECTS = new Set(
  (
    'print input open exit quit main result fetch prompt alert require ' +
    'readFile readFileSync writeFile writeFileSync readdirSync setInterval setTimeout'
  ).split(' '),
)
const EFFECT_TAILS = new Set(
  (
    'read_csv read_excel read_json read_parquet read_table read_text read_bytes write_text to_csv to_json savefig show ' +
    'urlopen system popen makedirs mkdir unlink listdir readFileSync writeFileSync readFile writeFile readdirSync sleep'
  ).split(' '),
)
const EFFECT_OBJECTS = new Set(['console', 'requests', 'subprocess', 'shutil', 'socket', 'Deno'])

/** Statements of the top level that act when the module is imported. */
export function checkImportTime({ atImport }: CodeFacts, signature: ToolSignature): string[] {
  return atImport.flatMap(({ kind, line, calls }) => {
    const effect = calls.find((name) => isEffect(name))
    const where = `Line ${line}: ${effect ?? signature.function}() runs when the module is imported`
    if (effect !== undefined) return [`${where}: a tool only defines things at its top level.`]
    return kind === 'expression' && calls[0] === signature.function ? [`${where}: leave the example call out.`] : []
  })
}

function isEffect(name: string): boolean {
  const parts = name.split('.')
  return (
    EFFECTS.has(name) ||
    (parts.length > 1 && EFFECT_OBJECTS.has(parts[0] ?? '')) ||
    (parts.length > 1 && EFFECT_TAILS.has(parts.at(-1) ?? ''))
  )
}
