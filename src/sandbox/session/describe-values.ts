import type { SessionValue } from './session-format.ts'

export interface DescribedValue {
  name: string
  /** As the code called it. */
  type: string
  format: SessionValue['format']
  bytes: number
}

/** By name. */
export function describeValues(values: SessionValue[]): DescribedValue[] {
  return values
    .map(({ name, type, format, bytes }) => ({ name, type, format, bytes }))
    .sort((one, other) => (one.name < other.name ? -1 : 1))
}
