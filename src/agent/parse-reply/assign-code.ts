import type { CodeBlock } from './find-code.ts'

/** Keys of an info string whose value is a name; others, such as `needs=s1`, speak of something else. */
const NAMING = 'id|step|name|label|title|file|filename|block|script|program|property|test|for'

/** Words before a name in a heading or a comment, as in "Now the code for step s1:". */
const LEADING =
  'step|script|code|block|program|property|test|for|of|the|here|is|comes|this|now|and|then|next|first|second|third|last|python|javascript|typescript'

/**
 * Which block of a reply belongs to which name, such as a step's id. The info string decides. Only where not one block has a
 * name in its info string, a heading or a comment that begins with a name counts; a name further on in such a line is a
 * mention. Of several blocks of one name the last is taken, as a model may send a better one later.
 */
export function assignCode(blocks: readonly CodeBlock[], names: readonly string[]): Map<string, CodeBlock> {
  const byInfo = collect(blocks, ({ label }) => nameInLabel(label, names))
  return byInfo.size > 0 ? byInfo : collect(blocks, ({ signs }) => nameInSigns(signs, names))
}

function collect(blocks: readonly CodeBlock[], nameOf: (block: CodeBlock) => string | null): Map<string, CodeBlock> {
  const found = new Map<string, CodeBlock>()
  for (const block of blocks) {
    const name = nameOf(block)
    if (name !== null) found.set(name, block)
  }
  return found
}

/** The name in an info string: behind a key that says so, else the first one, outside of parentheses where there is one. */
export function nameInLabel(label: string, names: readonly string[]): string | null {
  const keyed = new RegExp(`(?<![\\w-])(?:${NAMING})\\s*[=:]\\s*["'#]?`, 'gi')
  const bare = label.replaceAll(
    new RegExp(`(?<![\\w-])(?!(?:${NAMING})\\s*=)[\\w-]+\\s*=\\s*("[^"]*"|'[^']*'|\\S+)`, 'gi'),
    ' ',
  )
  const places = [
    ...Array.from(label.matchAll(keyed), (key) => nameAt(label.slice(key.index + key[0].length), names)),
    firstName(bare.replaceAll(/\([^()]*\)/g, ' '), names),
    firstName(bare, names),
  ]
  return places.find((name) => name !== null) ?? null
}

/** Null where the signs contradict one another: then nobody knows which step the block is for. */
function nameInSigns(signs: readonly string[], names: readonly string[]): string | null {
  const found = new Set(signs.map((sign) => leadingName(sign, names)).filter((name) => name !== null))
  const [only] = found
  return found.size === 1 ? (only ?? null) : null
}

function leadingName(sign: string, names: readonly string[]): string | null {
  const lead = new RegExp(`^[\\W_]*(?:(?:${LEADING})[\\W_]+)*`, 'i').exec(sign)?.[0] ?? ''
  const rest = sign.slice(lead.length)
  const name = nameAt(rest, names)
  // "s1 gives the mean" speaks of the step; "s1: the mean" is its title.
  return name !== null && /^[\s*_`]*(?:$|[^\w\s*_`,&+/])/.test(rest.slice(name.length)) ? name : null
}

function nameAt(text: string, names: readonly string[]): string | null {
  return search(text, names, '^')
}

function firstName(text: string, names: readonly string[]): string | null {
  return search(text, names, String.raw`(?<![\w./-])`)
}

/** A name with a dot behind it is a file of another step (`s1.value.json`), unless the rest is the ending of code. */
function search(text: string, names: readonly string[], before: string): string | null {
  if (names.length === 0) return null
  const longestFirst = names.toSorted((a, b) => b.length - a.length)
  const either = longestFirst.map((name) => name.replaceAll(/\W/g, String.raw`\$&`)).join('|')
  const after = String.raw`(?![\w-]|\.(?!(?:py|m?[jt]s)\b)\w)`
  const found = new RegExp(`${before}(${either})${after}`, 'i').exec(text)?.[1]
  if (found === undefined) return null
  return names.find((name) => name === found) ?? names.find((name) => isSameWord(name, found)) ?? null
}

function isSameWord(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase()
}
