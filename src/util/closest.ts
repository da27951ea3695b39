/** Bounds the work, which grows with the product of the lengths. */
const MOST_CHARACTERS = 200

/** The name nearest to `given` by edit distance, or null where none is near enough to be a slip of the fingers. */
export function closest(given: string, names: string[]): string | null {
  const wanted = given.slice(0, MOST_CHARACTERS)
  let best: { name: string; share: number } | null = null
  for (const name of names) {
    const longest = Math.max(wanted.length, name.length, 1)
    const share = editDistance(wanted.toLowerCase(), name.toLowerCase()) / longest
    if (best === null || share < best.share) best = { name, share }
  }
  // A third of the word may be wrong: further away the suggestion is noise.
  return best !== null && best.share <= 0.34 ? best.name : null
}

/** Damerau-Levenshtein distance with adjacent transpositions (optimal string alignment). */
function editDistance(a: string, b: string): number {
  const rows: number[][] = [Array.from({ length: b.length + 1 }, (_, index) => index)]
  for (let row = 1; row <= a.length; row++) {
    const above = rows[row - 1] ?? []
    const current = [row]
    for (let column = 1; column <= b.length; column++) {
      const same = a[row - 1] === b[column - 1]
      let distance = Math.min(
        (above[column - 1] ?? 0) + (same ? 0 : 1),
        (above[column] ?? 0) + 1,
        (current[column - 1] ?? 0) + 1,
      )
      const swapped = row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1]
      if (swapped) distance = Math.min(distance, (rows[row - 2]?.[column - 2] ?? 0) + 1)
      current.push(distance)
    }
    rows.push(current)
  }
  return rows[a.length]?.[b.length] ?? 0
}
