/** Summary of a sample of durations in milliseconds. */
export interface Summary {
  p50Ms: number
  p95Ms: number
  p99Ms: number
  samples: number
}

/** Percentiles by the nearest-rank method. */
export function summarise(durationsMs: number[]): Summary {
  const sorted = [...durationsMs].sort((left, right) => left - right)
  const at = (share: number): number =>
    sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN
  return { p50Ms: round(at(0.5)), p95Ms: round(at(0.95)), p99Ms: round(at(0.99)), samples: sorted.length }
}

export function round(value: number, digits = 3): number {
  return Number(value.toFixed(digits))
}
