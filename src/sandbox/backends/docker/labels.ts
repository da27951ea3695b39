/** On everything that is made at the engine. */
export const LABELS = {
  owner: 'dev.handaxe.owner',
  sandbox: 'dev.handaxe.sandbox',
} as const
