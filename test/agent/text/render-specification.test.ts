import { expect, test } from 'vitest'
import { renderExamples, renderSpecification } from '../../../src/agent/text/render-specification.ts'
import { MOVING_MEAN } from '../scripted-replies.ts'

test('a specification is shown with its parameters, whose defaults are written as the language writes them', () => {
  const parameters = [
    ...MOVING_MEAN.parameters,
    { name: 'limit', type: 'float | None', description: 'Upper end.', required: false, default: null },
    { name: 'flags', type: 'dict', description: '', required: false, default: { a: true, b: 'null "true"' } },
    { name: 'free', type: 'str', description: '', required: false },
  ]
  const python = renderSpecification({ ...MOVING_MEAN, parameters })
  expect(python).toContain('- `values`: `list[float]`. ')
  expect(python).toContain('- `window`: `int` (optional, default 3). ')
  expect(python).toContain('- `limit`: `float | None` (optional, default None). Upper end.')
  expect(python).toContain('(optional, default {"a":True,"b":"null \\"true\\""})')
  expect(python).toContain('- `free`: `str` (optional). ')
  expect(renderSpecification({ ...MOVING_MEAN, parameters, language: 'javascript' })).toContain('default null')
  expect(renderSpecification({ ...MOVING_MEAN, parameters: [] })).toContain('Parameters:\n- none')
})

test('its examples stand one a line, and are left out where there are none', () => {
  const examples = [{ arguments: { values: [0.1 + 0.2] }, expected: [0.3] }]
  expect(renderExamples({ ...MOVING_MEAN, examples })).toBe('Its examples:\n- {"values":[0.3]} gives [0.3]')
  expect(renderExamples(MOVING_MEAN)).toBe('')
})
