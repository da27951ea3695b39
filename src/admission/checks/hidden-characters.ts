import type { Check } from '../check.ts'
import { findHidden } from '../review/hidden-characters.ts'

/** Characters that make code look like other code, to a person and to a reviewing model alike. */
export const hiddenCharactersCheck: Check = {
  name: 'hidden-characters',
  executes: false,
  skip: () => null,
  run({ subject }) {
    const hidden = findHidden(subject.tool.code)
    if (hidden === null) return Promise.resolve({ findings: [] })
    const { line, name: character } = hidden
    return Promise.resolve({ findings: [{ check: 'hidden-characters', code: 'hidden', line, character }] })
  },
}
