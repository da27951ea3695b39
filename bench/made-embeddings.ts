import { createHash } from 'node:crypto'
import type { Embedder } from '../src/contracts/embeddings.ts'
import { toEmbeddingText } from '../src/library/search/embedding-text.ts'
import { splitWords } from '../src/library/search/split-words.ts'
import { toNewTool, type DataQuery, type DataSet, type DataTool } from './retrieval-data.ts'
import { createRandom } from './retrieval-library.ts'
import { analyseWords, embedText, trainWords, type Pair, type WordVectors } from './trained-embeddings.ts'

const DIMENSIONS = 256

type Vector = Float32Array<ArrayBuffer>

export interface MadeEmbedding {
  name: string
  open(): Embedder
}

/**
 * Embeddings that were trained here, on real texts; their mistakes are real ones. By what words stand together in the
 * tools of the other set, or of this one; and bent by requests and their tools, of the other set, or of this one
 * (`training`: none of those that are measured or that vectors are tried by).
 */
export function trainEmbeddings(own: DataSet, other: DataSet, training: readonly DataQuery[]): MadeEmbedding[] {
  const [ownTexts, otherTexts] = [own, other].map(({ tools }) => {
    return new Map(tools.map((tool) => [tool.id, toEmbeddingText(toNewTool(tool))]))
  }) as [Map<string, string>, Map<string, string>]
  const all = once(() => analyseWords([...ownTexts.values(), ...otherTexts.values()]))
  const make = (name: string, train: () => WordVectors): MadeEmbedding => {
    const words = once(train)
    return { name, open: () => toEmbedder(name, (text) => fillEmpty(embedText(text, words()))) }
  }
  return [
    make('co-occurrence, other set', () => analyseWords([...otherTexts.values()])),
    make('co-occurrence, this set', () => analyseWords([...ownTexts.values()])),
    make('requests of the other set', () => trainWords(all(), pairUp(other.queries, otherTexts))),
    make('requests of this set', () => trainWords(all(), pairUp(training, ownTexts))),
  ]
}

function pairUp(queries: readonly DataQuery[], texts: ReadonlyMap<string, string>): Pair[] {
  return queries.flatMap(({ query, gold }) => gold.map((id) => ({ request: query, text: texts.get(id) ?? '' })))
}

function once<Value>(make: () => Value): () => Value {
  let value: Value | undefined
  return () => (value ??= make())
}

/**
 * Vectors of every quality: at random, of real text by hashed pieces of its words (a poor but real embedding, whose mistakes
 * are those of words), and both with more or less of the right answer mixed into the request. `tools` are those in the
 * library, with their example requests.
 */
export function makeEmbeddings({ queries }: DataSet, tools: readonly DataTool[]): MadeEmbedding[] {
  const texts = new Map(tools.map((tool) => [tool.id, toEmbeddingText(toNewTool(tool))]))
  const answers = new Map(
    queries.map(({ query, gold }) => [query, gold.map((id) => texts.get(id)).filter((text) => text !== undefined)]),
  )
  const random = remember((text) =>
    addUp([
      [1, noise(text)],
      [0.7, hashPieces(text)],
    ]),
  )
  const pieces = remember(hashPieces)
  const make = (name: string, base: (text: string) => Vector, own: (text: string) => Vector, share: number) => {
    const embed = (text: string): Vector => {
      const answer = answers.get(text)
      if (answer === undefined) return base(text)
      return addUp([
        [1 - share, own(text)],
        ...answer.map((gold): [number, Vector] => [share / answer.length, base(gold)]),
      ])
    }
    return { name, open: () => toEmbedder(name, embed) }
  }
  return [
    make('noise', random, noise, 0),
    make('random, 15 % of the answer', random, noise, 0.15),
    make('random, 25 %', random, noise, 0.25),
    make('random, 40 %', random, noise, 0.4),
    make('pieces of words', pieces, pieces, 0),
    make('pieces, 20 % of the answer', pieces, pieces, 0.2),
    make('pieces, 35 %', pieces, pieces, 0.35),
    make('oracle', random, noise, 1),
  ]
}

function toEmbedder(name: string, embed: (text: string) => Vector): Embedder {
  return {
    model: `made/${name}`,
    key: null,
    embed: async ({ texts }) => ({
      vectors: texts.map(embed),
      usage: { inputTokens: 0, reported: false },
      costUsd: 0,
      attempts: 1,
      wallMs: 0,
    }),
  }
}

/** The same for the same text, and of no relation to any other. */
function noise(text: string): Vector {
  const random = createRandom(createHash('sha256').update(text).digest().readUInt32LE(0))
  // A sum of uniform numbers is normal enough.
  return toUnit(Float32Array.from({ length: DIMENSIONS }, () => random() + random() + random() + random() - 2))
}

const WORD_VECTORS = new Map<string, Vector>()

/** The word and all its pieces of three to five letters, each at two places of the vector (feature hashing). */
function hashWord(word: string): Vector {
  const known = WORD_VECTORS.get(word)
  if (known !== undefined) return known
  const marked = `<${word}>`
  const pieces = [marked, marked]
  for (let size = 3; size <= 5; size += 1) {
    for (let start = 0; start + size <= marked.length; start += 1) pieces.push(marked.slice(start, start + size))
  }
  const vector = new Float32Array(DIMENSIONS)
  for (const piece of pieces) {
    const hash = createHash('sha256').update(piece).digest()
    for (const at of [0, 4]) {
      const place = hash.readUInt32LE(at) % DIMENSIONS
      vector[place] = (vector[place] ?? 0) + ((hash[8 + at] ?? 0) % 2 === 0 ? 1 : -1)
    }
  }
  const unit = toUnit(vector)
  WORD_VECTORS.set(word, unit)
  return unit
}

function hashPieces(text: string): Vector {
  return addUp([...new Set(splitWords(text))].map((word) => [1, hashWord(word)]))
}

function addUp(parts: readonly [number, Vector][]): Vector {
  const sum = new Float32Array(DIMENSIONS)
  for (const [share, vector] of parts)
    vector.forEach((value, index) => (sum[index] = (sum[index] ?? 0) + share * value))
  return toUnit(sum)
}

function toUnit(vector: Vector): Vector {
  const length = Math.hypot(...vector)
  return length === 0 ? fillEmpty(vector) : vector.map((value) => value / length)
}

/** A text without words points somewhere, too. */
function fillEmpty(vector: Vector): Vector {
  return vector.some((value) => value !== 0) ? vector : vector.fill(1 / Math.sqrt(vector.length))
}

function remember(make: (text: string) => Vector): (text: string) => Vector {
  const known = new Map<string, Vector>()
  return (text) => {
    const vector = known.get(text) ?? make(text)
    known.set(text, vector)
    return vector
  }
}
