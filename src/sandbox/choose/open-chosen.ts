import { HandaxeError } from '../../contracts/errors.ts'
import type { BackendName, Sandbox } from '../../contracts/sandbox.ts'
import type { SandboxOptions } from '../sandbox-options.ts'
import { listCandidates, type Candidate } from './candidates.ts'
import { openBackend } from './open-backend.ts'
import { describeUnmet, unmetRequirements } from './unmet-requirements.ts'

/** A backend that was not taken. */
export interface PassedOver {
  backend: BackendName
  problem: string
  remedy: string | null
}

export interface Choice {
  sandbox: Sandbox
  /** Those that come before it in the order and could not be taken; empty for the first. */
  passedOver: PassedOver[]
}

/**
 * Opens the first backend that can be opened and really gives what the policy demands. What was passed over is said: by
 * `onProgress`, and as a note of the guarantees. Rejects with `sandbox_unavailable` where none is left; `details.backends`
 * holds the reason of each.
 */
export async function openChosen(options: SandboxOptions): Promise<Choice> {
  const passedOver: PassedOver[] = []
  const candidates = listCandidates(options)
  for (const candidate of candidates) {
    const outcome = await tryCandidate(candidate, candidates.length === 1)
    if ('problem' in outcome) {
      passedOver.push(outcome)
      continue
    }
    if (passedOver.length > 0) {
      const reasons = describePassedOver(passedOver)
      options.onProgress?.(`executing with the ${candidate.backend} backend (${reasons})`)
      // The one list that every result of this sandbox carries.
      outcome.sandbox.guarantees.notes.unshift(
        `The ${candidate.backend} backend is used because what comes before it cannot be (${reasons}).`,
      )
    }
    return { sandbox: outcome.sandbox, passedOver }
  }
  throw nothingLeft(passedOver)
}

async function tryCandidate(
  { backend, options, excluded }: Candidate,
  isOnly: boolean,
): Promise<PassedOver | { sandbox: Sandbox }> {
  if (excluded !== null) return { backend, ...excluded }
  let sandbox: Sandbox
  try {
    sandbox = await openBackend(backend, options)
  } catch (error) {
    // What this machine lacks; anything else is a fault that must not be hidden by another backend.
    if (isOnly || !HandaxeError.isInstance(error) || error.code !== 'sandbox_unavailable') throw error
    return { backend, problem: error.message, remedy: error.hint ?? null }
  }
  const unmet = unmetRequirements(sandbox.guarantees, options.require ?? {})
  const [first] = unmet
  if (first === undefined) return { sandbox }
  await sandbox.close()
  return { backend, problem: describeUnmet(unmet), remedy: first.remedy }
}

/** `linux: bubblewrap is not installed; docker: …` */
function describePassedOver(passedOver: readonly PassedOver[]): string {
  return passedOver.map(({ backend, problem }) => `${backend}: ${problem}`).join('; ')
}

function nothingLeft(passedOver: PassedOver[]): HandaxeError {
  const [first] = passedOver
  const message =
    passedOver.length === 1 && first !== undefined
      ? `The ${first.backend} backend cannot be used: ${first.problem}`
      : `No sandbox can be opened. ${describePassedOver(passedOver)}`
  const remedies = [...new Set(passedOver.flatMap(({ remedy }) => (remedy === null ? [] : [remedy])))]
  return new HandaxeError('sandbox_unavailable', message, {
    ...(remedies.length === 0 ? {} : { hint: remedies.join('; or: ') }),
    details: { backends: passedOver },
  })
}
