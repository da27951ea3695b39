import type { Check } from '../check.ts'

/** The code as text, by the library's rules. */
export const staticCheck: Check = {
  name: 'static',
  executes: false,
  skip: ({ means }) => (means.readCode === null ? 'not-asked' : null),
  run({ means }) {
    const problems = means.readCode?.() ?? []
    return Promise.resolve({ findings: problems.map((problem) => ({ check: 'static', code: 'problem', problem })) })
  },
}
