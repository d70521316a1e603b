import { inProcessHost } from '../src/hosts/in_process.ts'
import { javascript } from './dialects/javascript.ts'
import { hostConformance } from './host_conformance.ts'

hostConformance('in_process', () => inProcessHost, { dialect: javascript, endsModules: false })
