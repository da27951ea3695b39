const NAME = /(?:^|_)(?:path|file|filename|csv|tsv)(?:_|$)/
const DESCRIPTION =
  /\bpath of (?:a|an|the|one)\b[^.]*\bfile\b|\bname of (?:a|an|the|one) (?:\w+ )?file\b|\bfile (?:path|name)\b|\bfile to read\b/i

/** True for a text parameter that takes the path of a file, by what it is called or described as: a type does not say it. */
export function isPathParameter({ name, description }: { name: string; description: string }): boolean {
  const words = name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
  return NAME.test(words) || DESCRIPTION.test(description)
}
