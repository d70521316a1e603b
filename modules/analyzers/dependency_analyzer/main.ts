/**
 * Tells which task needs which, and what follows from that. It runs nothing, keeps nothing and reads no files: all that
 * it knows is in what it is handed.
 */
import { AnalyzerModule, isJsonObject, TaskFault, type Json, type ModuleContext } from '@nexus/sdk'
import { analyze } from './analyze.ts'
import { viewOf } from './view/view.ts'

export class Module extends AnalyzerModule {
  override async analyze({ inputData, config, metadata }: ModuleContext): Promise<Json> {
    if (!isJsonObject(inputData))
      throw TaskFault.of('validation', 'An object with `workflow` or `tasks` is wanted.')
    const graph = analyze(inputData, {
      tasksMax: Number(config['max_tasks'] ?? 20_000),
      edgesMax: Number(config['max_edges'] ?? 500_000),
    })
    return metadata.kind === 'graph.view' ? viewOf(graph, inputData['format']) : graph
  }
}
