/** Tools that do nothing right, to see whether a test notices: whatever they are asked, they give something of a kind. */
let count = 0
let state = 20_240_229

function nextNumber() {
  // A linear congruential generator (Numerical Recipes): no more than "now this, now that" is asked of it.
  state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
  return (state / 2_147_483_648 - 1) * 1e6
}

export const gives_nothing = () => null
export const gives_zero = () => 0
export const gives_text = () => '?'
export const gives_empty_list = () => []

/** Another number each time. */
export function counts() {
  count += 1
  return count
}

/** Numbers of both signs, without order. */
export const wavers = () => nextNumber()

/** Another list each time, of another length. */
export const gives_lists = () => Array.from({ length: counts() % 5 }, nextNumber)

export function refuses() {
  throw new RangeError('this tool refuses everything')
}
