export interface Skip {
  file: string
  title: string
}

export interface Reason {
  reason: string
  matches: string[]
}

export function judgeSkips(
  skipped: Skip[],
  reasons?: Reason[],
): { allowed: { reason: string; skips: Skip[] }[]; others: Skip[] }
