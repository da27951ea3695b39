import type { Difficulty, ModelId, Role, Tier } from '../contracts/models.ts'
import type { GatewayConfig, RoleRoute } from './gateway-config.ts'
import { TIERS } from './gateway-config.ts'

const BY_DIFFICULTY: Readonly<Record<Difficulty, Tier>> = { easy: 'fast', medium: 'strong', hard: 'reasoning' }

/**
 * Where each kind of work goes before anything has failed. Plans and answers are short and cheap to check; code is what
 * a stronger model is worth its price for; a review is worth nothing from a model weaker than the author.
 */
const ROUTES: Readonly<Record<Role, RoleRoute>> = {
  planner: 'fast',
  answerer: 'fast',
  coder: BY_DIFFICULTY,
  tester: BY_DIFFICULTY,
  reviewer: 'strong',
}

/** The tier for a piece of work: by role and difficulty, or the one it asks for, and one higher for every failure so far. */
export function chooseTier(
  { role, difficulty, escalation, tier }: { role: Role; difficulty: Difficulty; escalation: number; tier?: Tier },
  roles: GatewayConfig['roles'] = {},
): Tier {
  const route = roles[role] ?? ROUTES[role]
  const start = TIERS.indexOf(tier ?? (typeof route === 'string' ? route : route[difficulty]))
  return TIERS[Math.min(start + Math.max(0, Math.floor(escalation)), TIERS.length - 1)] ?? 'reasoning'
}

/** The tier itself where it has models, else the nearest stronger one that has, else the nearest weaker one; null for none. */
export function findServedTier(tier: Tier, tiers: Readonly<Record<Tier, readonly ModelId[]>>): Tier | null {
  const at = TIERS.indexOf(tier)
  const order = [...TIERS.slice(at), ...TIERS.slice(0, at).toReversed()]
  return order.find((candidate) => tiers[candidate].length > 0) ?? null
}
