import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { ALIKE_IN_CONTAINER } from '../docker/support/alike-in-container.ts'
import { FROM_JAVASCRIPT } from '../support/in-javascript.ts'

/** How many items each section of the attack list has: 144 in all. */
const SECTIONS = { F: 20, P: 15, M: 10, C: 10, N: 22, K: 19, R: 22, S: 12, X: 8, W: 6 } as const
type Section = keyof typeof SECTIONS

/** A file whose tests name the item; a file and the title of its test; or why there is none. */
type Cover = string | { file: string; title: string } | { exception: string }

/** Where a section's items are, unless one is named below. */
const FILES: Record<Section, string> = {
  F: 'attacks/tables/files.ts',
  P: 'attacks/tables/processes.ts',
  M: 'attacks/memory.test.ts',
  C: 'attacks/time.test.ts',
  N: 'attacks/tables/network.ts',
  K: 'attacks/tables/kernel.ts',
  R: 'attacks/tables/protocol-frames.ts',
  S: 'attacks/state.test.ts',
  X: 'attacks/tables/secrets.ts',
  W: 'attacks/edges.test.ts',
}

const ENDING = 'attacks/tables/protocol-ending.ts'
const PROGRAM = 'attacks/tables/protocol-program.ts'
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
  K18: NEIGHBOURS,
  ...Object.fromEntries(['R3', 'R8', 'R9', 'R11', 'R16', 'R21'].map((id) => [id, ENDING])),
  ...Object.fromEntries(['R13', 'R14', 'R17', 'R18', 'R19', 'R20'].map((id) => [id, PROGRAM])),
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
  W5: 'docker/container-options.test.ts',
  W6: 'docker/lifecycle.test.ts',
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

/** Where else items run, beside Python on the `linux` backend: the files, and what must be found in them. */
const ELSEWHERE_TOO: Record<string, { files: string[]; ids: readonly string[] }> = {
  'from JavaScript, by a Python that Node starts': { files: [], ids: FROM_JAVASCRIPT },
  'in JavaScript': {
    files: [
      'attacks/javascript.test.ts',
      'attacks/javascript-files.test.ts',
      'attacks/javascript-kernel.test.ts',
      'support/in-javascript.ts',
      EDGES,
    ],
    ids: [
      ...ids('F', [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 17, 20]),
      ...ids('P', [1, 2, 3, 4, 5, 6, 11, 12, 14, 15]),
      ...ids('M', [1, 2, 3, 4, 5]),
      ...ids('C', [1, 2, 3, 4, 7, 9]),
      ...ids('N', [1, 2, 4, 5, 6, 10]),
      ...ids('K', [1, 9]),
      ...ids('R', [1, 2, 3, 4, 5, 6, 8, 9, 13, 16, 18, 19, 20, 21]),
      ...ids('S', [1, 3, 4, 7, 8]),
      ...ids('X', [1, 2, 4, 8]),
      ...ids('W', [2, 3, 4]),
    ],
  },
  'in a container as on the linux backend': { files: [], ids: ALIKE_IN_CONTAINER },
  'in a container': {
    files: [
      ...['files', 'processes', 'memory-and-time', 'kernel', 'network', 'protocol', 'secrets'].map(
        (name) => `docker/tables/${name}.ts`,
      ),
      'docker/container-options.test.ts',
      'docker/lifecycle.test.ts',
    ],
    ids: [
      ...ids('F', [1, 2, 3, 5, 8, 9, 10, 12, 13, 15, 17]),
      ...ids('P', [1, 2, 3, 4, 5, 6, 9, 11, 15]),
      ...ids('M', [1, 2, 3, 8]),
      ...ids('C', [2, 3]),
      ...ids('N', [6, 8]),
      ...ids('K', [2, 3, 12, 13, 19]),
      ...ids('R', [1, 2, 3, 8, 9, 11, 13]),
      ...ids('S', [1, 4]),
      ...ids('X', [1]),
      ...ids('W', [5, 6]),
    ],
  },
  'with an allow-list of hosts': {
    files: ['allow-list.test.ts', 'network-contract.ts', NAMES, REQUESTS, PROXY, 'egress/real-clients.test.ts'],
    ids: [...ids('N', [1, 4, 5, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22]), ...ids('S', [12])],
  },
}

function ids(section: Section, numbers: number[]): string[] {
  return numbers.map((number) => `${section}${number}`)
}

describe.each(Object.entries(ELSEWHERE_TOO))('%s', (_, where) => {
  test(`${where.ids.length} items run: ${where.ids.join(' ')}`, () => {
    if (where.files.length === 0) return expect(where.ids.length).toBeGreaterThan(20)
    const told = where.files
      .map((file) => titles(readFileSync(join(import.meta.dirname, '..', file), 'utf8')))
      .join('\n')
    expect(where.ids.filter((id) => !new RegExp(`\\b${id}\\b`).test(told))).toEqual([])
  })
})

/** What the file says outside of the programs: ids of attacks, titles, and what makes them. */
function titles(source: string): string {
  const places =
    /(?:\bid: |\[\n?\s*(?=['"`][FPMCNKRSXW]\d+['"`],)|\b(?:test|testItem|describe|refused|it)(?:\.\w+(?:\([^()]*\))?)*\(\s*)['"`]([^'"`\n]*)/g
  const skipped = /test\.skipIf\([^\n]*\n\s*['"`]([^'"`\n]*)/g
  return [...source.matchAll(places), ...source.matchAll(skipped)].map(([, text]) => text).join('\n')
}
