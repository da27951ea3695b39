/** Why there is no daemon to talk to. Nothing has been executed then, so that it can be done without one. */
export class DaemonUnusable extends Error {
  constructor(reason: string) {
    super(reason)
    this.name = 'DaemonUnusable'
  }
}
