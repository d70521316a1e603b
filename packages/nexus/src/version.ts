/** The version of this Nexus, from its package. */
import packageFile from '../package.json' with { type: 'json' }

export const version: string = packageFile.version
