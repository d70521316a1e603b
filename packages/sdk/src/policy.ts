/**
 * What whoever runs this Nexus allows, whatever a manifest or a document says. Whoever opens it decides; every module is
 * handed it, and those that reach the network or start programs keep to it.
 */
export interface Policy {
  readonly network: {
    /** Whether loopback, link-local and private addresses may be reached. */
    readonly private: boolean
  }
  readonly programs: {
    /** By name or absolute path; undefined: all that are not denied. */
    readonly allow: readonly string[] | undefined
    /** Goes before `allow`. */
    readonly deny: readonly string[]
  }
}

/** A program that embeds Nexus reaches what it may itself. */
export const openPolicy: Policy = Object.freeze({
  network: Object.freeze({ private: true }),
  programs: Object.freeze({ allow: undefined, deny: Object.freeze([]) }),
})
