import type { TidyEntry } from './tidy-entry.ts'

/** Each pair once, whichever comes first. */
export class PairSet {
  readonly #pairs = new Map<string, [TidyEntry, TidyEntry]>()

  add(pair: [TidyEntry, TidyEntry]): void {
    const key = pair
      .map(({ version }) => version.name)
      .toSorted()
      .join(' ')
    if (!this.#pairs.has(key)) this.#pairs.set(key, pair)
  }

  get pairs(): [TidyEntry, TidyEntry][] {
    return [...this.#pairs.values()]
  }
}
