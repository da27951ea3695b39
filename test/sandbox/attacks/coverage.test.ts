import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'

/** How many items each section of the attack list has: 144 in all. */
const SECTIONS = { F: 20, P: 15, M: 10, C: 10, N: 22, K: 19, R: 22, S: 12, X: 8, W: 6 } as const
type Section = keyof typeof SECTIONS

/** A file whose tests name the item; a file and the title of its test; or why there is none. */
type Cover = string | { file: string; title: string } | { exception: string }

/** Where a section's items are, unless one is named below. */
const FILES: Record<Section, string> = {
  F: 'attacks/files.test.ts',
  P: 'attacks/processes.test.ts',
  M: 'attacks/memory.test.ts',
  C: 'attacks/time.test.ts',
  N: 'attacks/network.test.ts',
  K: 'attacks/kernel.test.ts',
  R: 'attacks/protocol.test.ts',
  S: 'attacks/state.test.ts',
  X: 'attacks/secrets.test.ts',
  W: 'attacks/edges.test.ts',
}

const EDGES = 'attacks/edges.test.ts'
const NEIGHBOURS = 'attacks/neighbours.test.ts'
const NAMES = 'egress/names-attacks.test.ts'
const REQUESTS = 'egress/request-attacks.test.ts'
const PROXY = 'egress/open-egress-proxy.test.ts'

const ELSEWHERE: Record<string, Cover> = {
  F11: EDGES,
  F19: EDGES,
  P8: NEIGHBOURS,
  M6: NEIGHBOURS,
  M9: 'soak.test.ts',
  M10: { file: 'ordinary-user.test.ts', title: 'an ordinary user: processes, memory and time are bounded' },
  C6: EDGES,
  C9: EDGES,
  C10: NEIGHBOURS,
  N5: NEIGHBOURS,
  N10: NEIGHBOURS,
  ...Object.fromEntries(['N11', 'N12', 'N13', 'N14', 'N15', 'N19', 'N21'].map((id) => [id, NAMES])),
  ...Object.fromEntries(['N16', 'N17', 'N18', 'N20'].map((id) => [id, REQUESTS])),
  N22: 'egress/real-clients.test.ts',
  K18: { exception: 'side channels of the processor: accepted, in SECURITY.md' },
  R7: EDGES,
  R12: 'attacks/host-functions.test.ts',
  R15: EDGES,
  R22: EDGES,
  S2: NEIGHBOURS,
  S5: NEIGHBOURS,
  S6: NEIGHBOURS,
  S12: { file: PROXY, title: 'differs between proxies and is hard to guess' },
  X5: { file: 'egress/injected-secrets.test.ts', title: 'stands in no refusal and no log, whatever goes wrong' },
  X6: { exception: 'not applicable: nothing that an execution can time is compared with a secret of the host' },
  X7: 'attacks/host-functions.test.ts',
  W1: { exception: 'Pyodide is not used as a boundary, nor at all' },
  W5: { exception: 'of the Docker backend: its options are tested with it' },
  W6: { exception: 'of the Docker backend: its reaper is tested with it' },
}

const IDS = Object.entries(SECTIONS).flatMap(([section, count]) =>
  Array.from({ length: count }, (_, index) => ({ section: section as Section, id: `${section}${index + 1}` })),
)

test('the list has 144 items, and nothing else is claimed to be covered', () => {
  expect(IDS).toHaveLength(144)
  const known = new Set(IDS.map(({ id }) => id))
  expect(Object.keys(ELSEWHERE).filter((id) => !known.has(id))).toEqual([])
})

describe('every item of the attack list has a test or a named exception:', () => {
  for (const { section, id } of IDS) {
    const cover = ELSEWHERE[id] ?? FILES[section]
    if (typeof cover === 'object' && 'exception' in cover) test.skip(`${id}: none; ${cover.exception}`)
    else {
      const { file, title } = typeof cover === 'string' ? { file: cover, title: undefined } : cover
      test(`${id} in ${file}`, () => {
        const source = readFileSync(join(import.meta.dirname, '..', file), 'utf8')
        if (title === undefined) expect(titles(source)).toMatch(new RegExp(`\\b${id}\\b`))
        else expect(source).toContain(title)
      })
    }
  }
})

/** What the file says outside of the programs: ids of attacks, titles, and what makes them. */
function titles(source: string): string {
  const places = /(?:\bid: |\b(?:test|testItem|describe|refused|it)(?:\.\w+(?:\([^()]*\))?)*\(\s*)['"`]([^'"`\n]*)/g
  const skipped = /test\.skipIf\([^\n]*\n\s*['"`]([^'"`\n]*)/g
  return [...source.matchAll(places), ...source.matchAll(skipped)].map(([, text]) => text).join('\n')
}
