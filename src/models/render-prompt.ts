import type { Message } from '../contracts/models.ts'

/** What a model is sent, as one text for people: the instructions, then each message under its role. */
export function renderPrompt({
  instructions,
  messages,
}: {
  instructions: string
  messages: readonly Message[]
}): string {
  const parts = [
    `# Instructions\n\n${instructions}`,
    ...messages.map(({ role, content }) => `# ${TITLES[role]}\n\n${content}`),
  ]
  return `${parts.map((part) => part.trimEnd()).join('\n\n')}\n`
}

const TITLES: Readonly<Record<Message['role'], string>> = { user: 'User', assistant: 'Assistant' }
