import { isStopWord } from '../src/library/search/stop-words.ts'
import { splitWords } from '../src/library/search/split-words.ts'
import { stemWord } from '../src/library/search/stem-word.ts'
import { createRandom } from './retrieval-library.ts'

const DIMENSIONS = 128

/** Rounds of subspace iteration: with more of them the vectors no longer change what is found. */
const ROUNDS = 6

const EPOCHS = 30
const BATCH = 64
const LEARNING_RATE = 0.05
/** What cosines are divided by before the softmax; small ones look at the hardest wrong tool most. */
const TEMPERATURE = 0.07

type Vector = Float32Array<ArrayBuffer>

/** What texts are turned into vectors by: a vector and a weight for each stem. */
export interface WordVectors {
  vectors: Map<string, Vector>
  weights: Map<string, number>
}

/** A request, and the text of a tool that answers it. */
export interface Pair {
  request: string
  text: string
}

/** Latent semantic analysis (Deerwester et al. 1990): the subspace in which the texts differ most, by word. */
export function analyseWords(texts: readonly string[]): WordVectors {
  const counted = texts.map(countStems)
  const documents = new Map<string, number>()
  for (const stem of counted.flatMap((stems) => [...stems.keys()])) documents.set(stem, (documents.get(stem) ?? 0) + 1)
  const weights = new Map(
    [...documents].filter(([, count]) => count > 1).map(([stem, count]) => [stem, Math.log(texts.length / count)]),
  )
  const random = createRandom(7)
  const vectors = new Map(
    [...weights.keys()].map((stem) => [stem, Float32Array.from({ length: DIMENSIONS }, () => random() - 0.5)]),
  )
  const rows = counted.map((stems) => weigh(stems, weights)).filter((row) => row.length > 0)
  for (let round = 0; round < ROUNDS; round += 1) {
    const sums = rows.map((row) => addUp(row, vectors))
    for (const vector of vectors.values()) vector.fill(0)
    rows.forEach((row, index) => {
      const sum = sums[index]
      if (sum !== undefined) for (const [stem, share] of row) addTo(vectors.get(stem), sum, share)
    })
    orthonormalise([...vectors.values()])
  }
  return { vectors, weights }
}

/**
 * The same, bent until requests point at the tools that answer them: a softmax over the tools of a batch, both ways, as
 * sentence encoders are trained (Henderson et al. 2017), by Adagrad.
 */
export function trainWords(start: WordVectors, pairs: readonly Pair[]): WordVectors {
  const { weights } = start
  const vectors = new Map([...start.vectors].map(([stem, vector]) => [stem, vector.slice()]))
  const squares = new Map([...vectors.keys()].map((stem) => [stem, 1e-6]))
  const rows = pairs
    .map(({ request, text }) => [weigh(countStems(request), weights), weigh(countStems(text), weights)] as const)
    .filter((pair) => pair.every((row) => row.length > 0))
  const random = createRandom(11)
  for (let epoch = 0; epoch < EPOCHS; epoch += 1) {
    const order = rows.map((row) => ({ row, place: random() })).toSorted((left, right) => left.place - right.place)
    for (let at = 0; at < order.length; at += BATCH) {
      trainBatch(
        order.slice(at, at + BATCH).map(({ row }) => row),
        vectors,
        squares,
      )
    }
  }
  return { vectors, weights }
}

/** All zeros for a text without a known word. */
export function embedText(text: string, { vectors, weights }: WordVectors): Vector {
  return toUnit(addUp(weigh(countStems(text), weights), vectors)).unit
}

/** Stems with their shares of a text. */
type Row = [stem: string, share: number][]

function countStems(text: string): Map<string, number> {
  const stems = new Map<string, number>()
  for (const word of splitWords(text)) {
    if (!isStopWord(word)) stems.set(stemWord(word), (stems.get(stemWord(word)) ?? 0) + 1)
  }
  return stems
}

function weigh(stems: ReadonlyMap<string, number>, weights: ReadonlyMap<string, number>): Row {
  const row = [...stems].flatMap(([stem, count]): Row => {
    const weight = weights.get(stem)
    return weight === undefined ? [] : [[stem, weight * (1 + Math.log(count))]]
  })
  const length = Math.hypot(...row.map(([, share]) => share)) || 1
  return row.map(([stem, share]) => [stem, share / length])
}

function trainBatch(
  batch: readonly (readonly [Row, Row])[],
  vectors: ReadonlyMap<string, Vector>,
  squares: Map<string, number>,
): void {
  const sides = [0, 1].map((side) => batch.map((pair) => toUnit(addUp(pair[side === 0 ? 0 : 1], vectors))))
  const [requests = [], tools = []] = sides
  const errors = softmaxErrors(requests.map(({ unit }) => tools.map((tool) => dot(unit, tool.unit) / TEMPERATURE)))
  const gradients = new Map<string, Vector>()
  batch.forEach((pair, own) => {
    for (const side of [0, 1] as const) {
      const { unit, length } = sides[side]?.[own] ?? { unit: new Float32Array(DIMENSIONS), length: 1 }
      const pull = new Float32Array(DIMENSIONS)
      sides[1 - side]?.forEach((other, index) =>
        addTo(pull, other.unit, (side === 0 ? errors[own]?.[index] : errors[index]?.[own]) ?? 0),
      )
      // Only what turns the vector matters: its length is divided away.
      addTo(pull, unit, -dot(pull, unit))
      for (const [stem, share] of pair[side]) {
        const gradient = gradients.get(stem) ?? new Float32Array(DIMENSIONS)
        addTo(gradient, pull, share / (length * TEMPERATURE * batch.length))
        gradients.set(stem, gradient)
      }
    }
  })
  for (const [stem, gradient] of gradients) {
    const square = (squares.get(stem) ?? 0) + dot(gradient, gradient) / DIMENSIONS
    squares.set(stem, square)
    addTo(vectors.get(stem), gradient, -LEARNING_RATE / Math.sqrt(square))
  }
}

/** Of the cross-entropy of rows and of columns, whose right answers are on the diagonal, by the logits. */
function softmaxErrors(logits: number[][]): number[][] {
  const toShares = (row: number[]): number[] => {
    const highest = Math.max(...row)
    const sum = row.reduce((total, logit) => total + Math.exp(logit - highest), 0)
    return row.map((logit) => Math.exp(logit - highest) / sum)
  }
  const rows = logits.map(toShares)
  const columns = logits.map((_, column) => toShares(logits.map((row) => row[column] ?? 0)))
  return rows.map((row, own) =>
    row.map((share, index) => (share + (columns[index]?.[own] ?? 0)) / 2 - (own === index ? 1 : 0)),
  )
}

/** Modified Gram-Schmidt over the columns. */
function orthonormalise(rows: readonly Vector[]): void {
  const columns = Array.from({ length: DIMENSIONS }, (_, column) => Float64Array.from(rows, (row) => row[column] ?? 0))
  columns.forEach((column, index) => {
    for (const before of columns.slice(0, index)) {
      const shared = dot(column, before)
      for (let at = 0; at < column.length; at += 1) column[at] = (column[at] ?? 0) - shared * (before[at] ?? 0)
    }
    const length = Math.sqrt(dot(column, column)) || 1
    for (let at = 0; at < column.length; at += 1) column[at] = (column[at] ?? 0) / length
  })
  rows.forEach((row, at) => columns.forEach((column, index) => (row[index] = column[at] ?? 0)))
}

function addUp(row: Row, vectors: ReadonlyMap<string, Vector>): Vector {
  const sum = new Float32Array(DIMENSIONS)
  for (const [stem, share] of row) addTo(sum, vectors.get(stem), share)
  return sum
}

function addTo(sum: Vector | undefined, vector: Vector | undefined, share: number): void {
  if (sum === undefined || vector === undefined) return
  for (let at = 0; at < sum.length; at += 1) sum[at] = (sum[at] ?? 0) + share * (vector[at] ?? 0)
}

function dot(left: ArrayLike<number>, right: ArrayLike<number>): number {
  let sum = 0
  for (let at = 0; at < left.length; at += 1) sum += (left[at] ?? 0) * (right[at] ?? 0)
  return sum
}

function toUnit(vector: Vector): { unit: Vector; length: number } {
  const length = Math.sqrt(dot(vector, vector)) || 1
  return { unit: vector.map((value) => value / length), length }
}
