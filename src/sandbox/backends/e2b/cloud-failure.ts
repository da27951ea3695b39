import { HandaxeError } from '../../../contracts/errors.ts'
import { KEY_URL } from './e2b-options.ts'

/** What the SDK's errors and those of `fetch` have in common, with what it knows of the answer. */
interface CloudError extends Error {
  statusCode?: number
}

/** By name: the SDK is loaded only where it is used. */
const SDK_ERRORS = new Set(
  'SandboxError AuthenticationError RateLimitError ServiceBusyError NotFoundError SandboxNotFoundError FileNotFoundError NotEnoughSpaceError InvalidArgumentError TemplateError'.split(
    ' ',
  ),
)

/** Worth another try: the cloud or the way to it failed, not the request. A timeout has been waited for long enough. */
export function isPassing(error: unknown): boolean {
  const { name, statusCode } = error as CloudError
  return name === 'ServiceBusyError' || (statusCode ?? 0) >= 500 || isUnreachable(error)
}

/** The cloud sandbox is not there (any more), or nothing reaches it: another one can take its place. */
export function isLost(error: unknown): boolean {
  const { name } = error as CloudError
  return name === 'SandboxNotFoundError' || name === 'NotFoundError' || isTimeout(error) || isPassing(error)
}

/** The SDK's, or that of a request which was never answered; not our own, and not a fault of the program. */
export function isCloudFailure(error: unknown): boolean {
  const { name } = error as CloudError
  return SDK_ERRORS.has(name) || isTimeout(error) || isUnreachable(error)
}

/** Why E2B did not do what was asked, with what to do about it. `act` completes "E2B could not …". */
export function explainCloudFailure(act: string, error: unknown): HandaxeError {
  if (HandaxeError.isInstance(error)) return error
  const { name, message, statusCode } = error as CloudError
  const refuse = (text: string, hint: string) =>
    new HandaxeError('sandbox_unavailable', text, { hint, details: { reason: message, statusCode }, cause: error })
  if (name === 'AuthenticationError' || statusCode === 403) {
    const hint = `Check E2B_API_KEY: keys and what they may do are shown at ${KEY_URL}`
    return refuse(`E2B refuses the key in E2B_API_KEY: ${message}`, hint)
  }
  if (name === 'RateLimitError') {
    const hint =
      'Wait, use fewer sandboxes at a time (maxConcurrent, sandboxPer: session), or ask E2B for a higher limit'
    return refuse(`E2B could not ${act}: too many requests or sandboxes for your plan: ${message}`, hint)
  }
  if (isUnreachable(error)) {
    const hint = 'Check the network, and E2B_DOMAIN and E2B_API_URL where they are set'
    return refuse(`E2B cannot be reached to ${act}: ${reasonOf(error)}`, hint)
  }
  if (isTimeout(error)) {
    return refuse(`E2B did not ${act} in time: ${message}`, 'Try again; see https://status.e2b.dev')
  }
  if (statusCode === 400 || statusCode === 404) {
    return refuse(
      `E2B could not ${act}: ${message}`,
      'Check the template: `e2b template list` shows those of your team',
    )
  }
  return refuse(`E2B could not ${act}: ${message}`, 'Try again; see https://status.e2b.dev')
}

/** `name` of the SDK's own timeouts, and of those of AbortSignal. */
function isTimeout(error: unknown): boolean {
  return (error as Error).name === 'TimeoutError'
}

/** What `fetch` rejects with where there is no answer at all. */
function isUnreachable(error: unknown): boolean {
  return error instanceof TypeError && error.cause !== undefined
}

function reasonOf(error: unknown): string {
  const { message, cause } = error as Error
  return cause instanceof Error && cause.message !== '' ? cause.message : message
}
