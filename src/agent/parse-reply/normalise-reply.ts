import { removeThinking } from './remove-thinking.ts'

const ENTITIES: Readonly<Record<string, string>> = {
  '&lt;': '<',
  '&gt;': '>',
  '&quot;': '"',
  '&#34;': '"',
  '&#39;': "'",
  '&#x27;': "'",
  '&apos;': "'",
  '&amp;': '&',
}

/**
 * The text of a reply as the parsers want it: without a byte order mark and the model's thinking, with `\n` line ends, and
 * with HTML entities resolved where the whole reply was escaped on its way.
 */
export function normaliseReply(reply: string): string {
  const text = reply.replaceAll('\uFEFF', '').replaceAll(/\r\n?/g, '\n')
  return removeThinking(unescapeWholeReply(text)).trim()
}

/** A reply that has entities and not one of the characters that they stand for went through an HTML escaper. */
function unescapeWholeReply(text: string): string {
  if (/[<>"]/.test(text) || !/&(?:lt|gt|quot|#34|#39|#x27|apos);/.test(text)) return text
  return text.replaceAll(/&(?:lt|gt|quot|#34|#39|#x27|apos|amp);/g, (entity) => ENTITIES[entity] ?? entity)
}
