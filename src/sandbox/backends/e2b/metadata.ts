import { describeOwner, ownerState } from '../../owner.ts'

/** On every cloud sandbox of ours. The owner is a hash, a process id and a time: no name leaves the machine. */
const OWNER = 'handaxe-owner'
const SESSION = 'handaxe-session'
const MADE_BY = { 'made-by': 'handaxe' }

export function describeSandbox(session: string): Record<string, string> {
  return { ...MADE_BY, [OWNER]: describeOwner().replaceAll(' ', '.'), [SESSION]: session }
}

export function anySandbox(): Record<string, string> {
  return MADE_BY
}

export function sandboxesOf(session: string): Record<string, string> {
  return { [SESSION]: session }
}

/** Of a process of this machine that is gone. What other machines have ends with its time to live. */
export function isLeftover(metadata: Record<string, string>): boolean {
  const owner = metadata[OWNER]
  return owner !== undefined && ownerState(owner.replaceAll('.', ' ')) === 'gone'
}
