/** Shorter values would blot out ordinary words. */
const MIN_SECRET_LENGTH = 6

/** Forms that keys have wherever they come from: providers echo them, sometimes half masked, in their errors. */
const PATTERNS: readonly RegExp[] = [
  /\b(?:sk|pk|rk|gsk|xai|hf)[-_][\w*.-]{6,}/g,
  /\bBearer\s+[\w.~+/=*-]{6,}/gi,
  /\beyJ[\w-]{10,}\.[\w-]+\.[\w-]*/g,
  /(?<=\/\/)[^/\s:@]+:[^/\s@]+(?=@)/g,
]

const MASK = '[secret]'

/** Replaces the given values, and what looks like a key, so that the text can be shown, logged and stored. */
export function scrubSecrets(text: string, secrets: readonly string[]): string {
  let scrubbed = maskValues(text, secrets)
  for (const pattern of PATTERNS) scrubbed = scrubbed.replaceAll(pattern, MASK)
  return scrubbed
}

/** Replaces the given values only: for text that has to stay as it is otherwise, such as code. */
export function maskValues(text: string, secrets: readonly string[]): string {
  const longestFirst = secrets
    .filter((secret) => secret.length >= MIN_SECRET_LENGTH)
    .sort((a, b) => b.length - a.length)
  return longestFirst.reduce((masked, secret) => masked.replaceAll(secret, MASK), text)
}
