/**
 * Words of requests and descriptions that say nothing of the subject. Only words that no tool is about: `first`, `all`
 * or `between` are left in, a tool may well be.
 */
const STOP_WORDS = new Set(
  `a an the of to in on at for from by with and or is are was were be been am being do does did can could will would
  shall should may might must i me my mine you your we us our it its he him his she her they them their this that these
  those there here what which who whom whose how when where why if as so than then too also just please need want wish
  like help tell give let know about into out up upon have has had having not no nor any some more most such own same
  one s t d ll re ve m im dont s using use used uses via e g eg etc ie`.split(/\s+/),
)

export function isStopWord(word: string): boolean {
  return STOP_WORDS.has(word)
}
