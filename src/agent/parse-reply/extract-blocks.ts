/** One fenced block of a reply. */
export interface FencedBlock {
  /** First word of the info string in lower case: `python`, `json`, or empty. */
  language: string
  /** The whole info string, as it stands. */
  info: string
  /** The last line with text before the block, where a model often names it. */
  lineBefore: string
  content: string
  /** False where the reply ended inside the block. */
  closed: boolean
}

interface Fence {
  line: number
  indent: number
  character: string
  length: number
  info: string
}

const FENCE = /^([ \t]*)(`{3,}|~{3,})[ \t]*([^\n]*)$/

/**
 * The fenced blocks of a reply, in their order. Follows CommonMark, with what real models send besides: a fence that opens
 * inside an open block (code that shows Markdown) is paired with its own end; where the count does not come out, a block
 * was left open, and from there on a new opening fence ends the block before it.
 */
export function extractBlocks(reply: string): FencedBlock[] {
  const lines = reply.split('\n')
  const fences = lines.flatMap((_, at) => readFence(lines, at) ?? [])
  const blocks: FencedBlock[] = []
  let nesting = true
  for (let index = 0; index < fences.length;) {
    const open = fences[index]
    if (open === undefined) break
    if (!canOpen(open)) {
      index += 1
      continue
    }
    let end = findEnd(fences, index, nesting)
    if (end === null && nesting) {
      // Only once: looking to the end of the reply for every block that is left open would take quadratic time.
      nesting = false
      end = findEnd(fences, index, nesting)
    }
    blocks.push(toBlock(lines, open, end === null ? null : (fences[end.index] ?? null)))
    if (end === null) break
    index = end.closes ? end.index + 1 : end.index
  }
  return blocks
}

interface End {
  /** Index of the fence that ends the block. */
  index: number
  /** False where that fence opens the next block. */
  closes: boolean
}

function findEnd(fences: readonly Fence[], openIndex: number, nesting: boolean): End | null {
  const open = fences[openIndex]
  if (open === undefined) return null
  let depth = 1
  for (let index = openIndex + 1; index < fences.length; index += 1) {
    const fence = fences[index]
    if (fence === undefined || fence.character !== open.character || fence.length < open.length) continue
    // Deeper than three spaces it is text of the code, such as an example in a docstring.
    if (fence.indent > open.indent + 3) continue
    if (fence.info === '') {
      depth -= 1
      if (depth === 0) return { index, closes: true }
    } else if (canOpen(fence)) {
      if (!nesting) return { index, closes: false }
      depth += 1
    }
  }
  return null
}

function readFence(lines: string[], at: number): Fence | null {
  const match = FENCE.exec(lines[at] ?? '')
  if (match === null) return null
  const [, indent = '', marks = '', info = ''] = match
  return { line: at, indent: indent.length, character: marks[0] ?? '`', length: marks.length, info: info.trim() }
}

/** Backticks in the info string mean inline code, such as a line that begins with ```` ```x``` ````. */
function canOpen(fence: Fence): boolean {
  return fence.character !== '`' || !fence.info.includes('`')
}

function toBlock(lines: string[], open: Fence, end: Fence | null): FencedBlock {
  const language =
    open.info
      .replace(/^\{\s*\.(?=\w)/, '')
      .split(/[\s{},:=]+/)
      .find((word) => word !== '') ?? ''
  const content = lines.slice(open.line + 1, end?.line).map((line) => removeIndent(line, open.indent))
  return {
    language: language.toLowerCase(),
    info: open.info,
    lineBefore: lines.slice(Math.max(0, open.line - 3), open.line).findLast((line) => line.trim() !== '') ?? '',
    content: content.join('\n'),
    closed: end !== null,
  }
}

function removeIndent(line: string, indent: number): string {
  let at = 0
  while (at < indent && (line[at] === ' ' || line[at] === '\t')) at += 1
  return line.slice(at)
}
