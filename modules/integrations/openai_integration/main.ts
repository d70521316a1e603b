/**
 * `llm.chat` and `llm.embed`: language models behind any endpoint that speaks OpenAI's protocol. One task is one answer,
 * with what it used and cost. A crash before the answer is recorded asks again, and pays again. The key goes to the
 * endpoint and nowhere else; the endpoint is the operator's word, so that no document can say another.
 */
import {
  Cancelled,
  IntegrationModule,
  ModuleResult,
  TaskFault,
  type Json,
  type JsonObject,
  type ModuleContext,
  type SetupContext,
} from '@nexus/sdk'
import { chat } from './chat/chat.ts'
import { embed } from './embed.ts'
import { Endpoint } from './endpoint.ts'
import { complaintsAbout, readSettings, type Settings } from './settings.ts'

type Work = (context: ModuleContext, endpoint: Endpoint) => Promise<Json>

const works: Readonly<Record<string, Work>> = { 'llm.chat': chat, 'llm.embed': embed }

export class Module extends IntegrationModule {
  readonly #stop = new AbortController()
  #secrets: SetupContext['secrets'] | undefined
  #settings: Settings | undefined

  /** Connects to nothing yet: each request has a connection of its own, kept alive by the runtime. */
  override async connect({ config, secrets }: SetupContext): Promise<void> {
    this.#settings = readSettings(config)
    this.#secrets = secrets
  }

  override async disconnect(): Promise<void> {
    this.#stop.abort(new Cancelled('openai_integration was stopped.'))
  }

  override validateConfig(config: JsonObject): readonly string[] {
    return complaintsAbout(config)
  }

  override async unavailable(task: string): Promise<string | undefined> {
    const { keySecret } = this.#settings ?? readSettings(this.config)
    if (keySecret === undefined) return undefined
    const why = await this.#secrets?.get(keySecret).then(
      (key) => (key.trim() === '' ? `The secret "${keySecret}" is empty.` : undefined),
      (error: unknown) => (error instanceof Error ? error.message : String(error)),
    )
    return why === undefined ? undefined : noModel(task, keySecret, why)
  }

  override async execute(context: ModuleContext): Promise<ModuleResult> {
    const { kind } = context.metadata
    const work = works[kind]
    if (work === undefined) throw TaskFault.of('configuration', `openai_integration does not do "${kind}".`)
    const why = await this.unavailable(kind)
    if (why !== undefined) throw TaskFault.of('configuration', why)
    const signal = AbortSignal.any([context.signal, this.#stop.signal])
    const endpoint = await Endpoint.open(readSettings(context.config), { ...context, signal })
    return ModuleResult.ok(endpoint.mask.json(await work(context, endpoint)))
  }
}

function noModel(task: string, keySecret: string, why: string): string {
  const variable = `NEXUS_SECRET_${keySecret.toUpperCase().replaceAll(/[^A-Z0-9]/g, '_')}`
  return `No language model is there for \`${task}\`. ${why} Give the secret "${keySecret}" (${variable}=…), or set \`base_url\` of openai_integration to an endpoint without a key, such as http://127.0.0.1:11434/v1.`
}
