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
  return unescapeWholeReply(removeThinking(text)).trim()
}

/**
 * Removes `<think>…</think>`. Some servers cut off the opening tag, so a closing tag alone ends a thinking part that began
 * with the reply; an opening tag alone means that the reply ended while the model was still thinking.
 */
function removeThinking(text: string): string {
  const whole = text.replaceAll(/<(think|thinking)>[\s\S]*?<\/\1>/gi, '')
  const closing = /<\/(?:think|thinking)>/i.exec(whole)
  const rest = closing === null ? whole : whole.slice(closing.index + closing[0].length)
  // Only at the start: code may well contain the tag as a string.
  return /^\s*<think(?:ing)?>/i.test(rest) ? '' : rest
}

/** A reply that has entities and not one of the characters that they stand for went through an HTML escaper. */
function unescapeWholeReply(text: string): string {
  if (/[<>"]/.test(text) || !/&(?:lt|gt|quot|#34|#39|#x27|apos);/.test(text)) return text
  return text.replaceAll(/&(?:lt|gt|quot|#34|#39|#x27|apos|amp);/g, (entity) => ENTITIES[entity] ?? entity)
}
