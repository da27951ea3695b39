/**
 * Items whose attack ends in a container exactly as on the `linux` backend. The others of their sections have tests of
 * their own, or stand in SECURITY.md: there the engine's seccomp profile holds.
 */
export const ALIKE_IN_CONTAINER: readonly string[] =
  'F4 F6 F7 F18 P9 P13 P14 K3 K4 K6 K11 R4 R5 R6 R10 R14 R16 R17 R18 R19 R20 R21 X3 X4'.split(' ')
