import type { ModelPrice } from '../contracts/models.ts'

/** What a model on the user's own machine costs: nothing that a provider bills. */
export const FREE_PRICE: ModelPrice = Object.freeze({
  inputUsd: 0,
  outputUsd: 0,
  cachedInputUsd: 0,
  date: '2026-11-22',
})
