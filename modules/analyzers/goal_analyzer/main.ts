/**
 * `goal.plan`: words to a workflow document that uses nothing but the capabilities that are there. It plans and runs
 * nothing; what it does not understand it refuses with the words. The content of files never reaches it.
 */
import { AnalyzerModule, TaskFault, type Json, type JsonObject, type ModuleContext, type SetupContext } from '@nexus/sdk'
import { PatternFiles } from './pattern_files.ts'
import { PatternsPlanner } from './patterns_planner.ts'
import { readRequest } from './request.ts'
import { faultOf, Refusal } from './refusal.ts'

export class Module extends AnalyzerModule {
  #files: PatternFiles | undefined

  override async setup({ config }: SetupContext): Promise<void> {
    const folders = config['patterns_folders']
    this.#files = new PatternFiles(Array.isArray(folders) ? folders.map(String) : [])
  }

  override async analyze(context: ModuleContext): Promise<Json> {
    const request = await readRequest(context)
    if (!this.#files) throw TaskFault.of('runtime', 'goal_analyzer was not set up.')
    try {
      const planned = await new PatternsPlanner(this.#files).plan(request)
      return planned as unknown as JsonObject
    } catch (error) {
      if (error instanceof Refusal) throw faultOf(error, request.goal)
      throw error
    }
  }
}
