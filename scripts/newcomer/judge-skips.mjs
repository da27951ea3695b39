import { readFileSync } from 'node:fs'

const ALLOWED = JSON.parse(readFileSync(new URL('allowed-skips.json', import.meta.url), 'utf8'))

/**
 * Sorts skipped tests ({ file, title }) by the reasons in allowed-skips.json. `others` have none of them: set-up should have
 * prevented them, or their reason has yet to be looked at by a person.
 */
export function judgeSkips(skipped, reasons = ALLOWED) {
  const allowed = reasons.map(({ reason }) => ({ reason, skips: [] }))
  const others = []
  for (const skip of skipped) {
    const index = reasons.findIndex(({ matches }) =>
      matches.some((pattern) => new RegExp(pattern, 'u').test(`${skip.file}: ${skip.title}`)),
    )
    if (index === -1) others.push(skip)
    else allowed[index].skips.push(skip)
  }
  return { allowed: allowed.filter(({ skips }) => skips.length > 0), others }
}
