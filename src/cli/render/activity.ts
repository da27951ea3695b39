import type { RunEvent } from '../../contracts/events.ts'

/** What is under way after this event, in a few words for the live line; null where the event does not change it. */
export function activityAfter(event: RunEvent): string | null {
  switch (event.type) {
    case 'run-started':
      return 'looking at the files and the library'
    case 'tools-retrieved':
      return 'planning'
    case 'step-started':
      return event.decision === 'make' ? `${event.stepId}: writing tests` : `${event.stepId}: working`
    case 'tests-written':
    case 'code-rejected':
      return `${event.stepId}: writing code`
    case 'code-written':
      return `${event.stepId}: checking the code`
    case 'execution-started':
      return event.purpose === 'test'
        ? `${event.stepId}: testing in fresh sandboxes`
        : `${event.stepId}: executing in the sandbox`
    case 'replanned':
      return 'planning again'
    case 'step-finished':
      return 'going on'
    default:
      return null
  }
}
