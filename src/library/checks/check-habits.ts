import type { CodeFacts } from '../signature/code-facts.ts'

/** What hides mistakes from whoever calls the tool, and what reaches into other code of the same process. */
export function checkHabits({ swallows, patches }: CodeFacts): string[] {
  return [
    ...swallows.map(
      (line) => `Line ${line} catches every exception and goes on as if nothing were wrong: name those that are meant.`,
    ),
    ...patches.map(
      ({ name, line }) => `Line ${line}: ${name} belongs to the language, and other code uses it: leave it as it is.`,
    ),
  ]
}
