export const MUTATION_KINDS = [
  /** An arithmetic operator for another, a sign dropped. */
  'arithmetic',
  /** `<` for `<=`, `==` for `!=`, `in` for `not in` … */
  'comparison',
  /** `and` for `or`, a `not` dropped. */
  'boolean',
  /** A number changed (one more, one less, zero, negated), true for false. */
  'constant',
  /** A range, a slice or a loop's bound off by one. */
  'range',
  /** A statement dropped. */
  'statement',
  /** A condition negated, or always or never true. */
  'condition',
  /** Something else returned: nothing, zero, an empty list. */
  'return',
  /** A function for its counterpart: `min` for `max`, `floor` for `ceil`, `any` for `all`. */
  'call',
] as const

export type MutationKind = (typeof MUTATION_KINDS)[number]

/** A small change that can be made to the code. */
export interface Mutation {
  kind: MutationKind
  /** Of the code, from 1. */
  line: number
  /** The changed part, as the code has it and as the mutant has it, cut to a line. */
  before: string
  after: string
}

export interface Mutant extends Mutation {
  /** The whole module with this one change. Python is written anew from its syntax tree, without comments. */
  code: string
}
