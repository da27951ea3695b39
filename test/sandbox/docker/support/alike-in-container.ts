/**
 * Items whose attack ends in a container exactly as on the `linux` backend. The others of their sections have tests of
 * their own, because a container shows other files, another user, or a first process that is not the program.
 */
export const ALIKE_IN_CONTAINER: readonly string[] = [
  ...'F4 F6 F7 F18 P7 P9 P10 P12 P13 P14'.split(' '),
  ...'K1 K4 K5 K6 K7 K8 K9 K10 K11 K12 K14 K15 K16 K17'.split(' '),
  ...'N1 N2 N3 N4 N6 N7 N8 N9 R4 R5 R6 R10 R14 R16 R17 R18 R19 R20 R21 X3 X4'.split(' '),
]

/** Of these, the ones that are tried from JavaScript too: the filter is there before Node is. */
export const ALIKE_FROM_JAVASCRIPT: readonly string[] = ['K1', 'K5', 'K15', 'N6']
