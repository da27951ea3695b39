import { expect, test } from 'vitest'
import { checkArguments } from '../../src/agent/check-arguments.ts'
import type { JsonObject } from '../../src/contracts/json.ts'

const tool = {
  name: 'mean',
  inputSchema: {
    type: 'object',
    properties: { values: { type: 'array', items: { type: 'number' } }, window: { type: 'integer' } },
    required: ['values'],
    additionalProperties: false,
  },
}
const problemsOf = (args: JsonObject): unknown => {
  try {
    return checkArguments(tool, args)
  } catch (error) {
    return (error as { details: { problems: string[] } }).details.problems
  }
}

test('a misspelt parameter is named with the one that was meant', () => {
  expect(problemsOf({ valeus: [1] })).toEqual([
    "arguments must have required property 'values'",
    '"valeus" is no parameter; did you mean "values"?',
  ])
})

test('what resembles no parameter gets no suggestion, and what fits passes', () => {
  expect(problemsOf({ xyz: 1 })).toEqual(["arguments must have required property 'values'"])
  expect(problemsOf({ values: [1], window: 2 })).toEqual({ values: [1], window: 2 })
})
