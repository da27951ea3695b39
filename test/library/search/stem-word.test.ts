import { expect, test } from 'vitest'
import { stemWord } from '../../../src/library/search/stem-word.ts'

test.each([
  'calculate calculates calculated calculating calculation calculator',
  'analyse analyses analysed analysing analyze analyzing analyzer analysis',
  'annualise annualised annualize annualized annualising',
  'normalise normalize normalisation normalization',
  'colour color colours colors',
  'neighbour neighbor neighbours',
  'temperature temperatures',
  'city cities',
  'convert converts converted converting',
])('the same stem: %s', (words) => {
  expect(new Set(words.split(' ').map(stemWord)).size).toBe(1)
})

test.each([
  'price prize',
  'sine sinus',
  'hour horse',
  'precise price',
  'noise nose',
  'mean means meaning median',
  'four for',
])('not all the same stem: %s', (words) => {
  expect(new Set(words.split(' ').map(stemWord)).size).toBeGreaterThan(1)
})

test.each(['', 'a', 'x1', '2024', 'café', '平均', 'среднее', '__proto__', 'constructor'])('%j stays', (word) => {
  expect(typeof stemWord(word)).toBe('string')
  if (!/^[a-z]+$/.test(word)) expect(stemWord(word)).toBe(word)
})

test('a stem of a stem of a common word is found by the word again', () => {
  for (const word of ['constructor', 'prototype', 'tostring', 'valueof']) expect(stemWord(word)).toBe(stemWord(word))
})
