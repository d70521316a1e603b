/**
 * How the client reaches its endpoint: an answer has a limit, and a redirect is not followed, since it would take the
 * key and the question to where no operator sent them.
 */
import { TaskFault } from '@nexus/sdk'

export function boundedFetch(bytesMax: number): typeof fetch {
  return async (address, init) => {
    const response = await fetch(address, { ...init, redirect: 'manual' })
    const { status, statusText, headers, body } = response
    if (status >= 300 && status < 400) {
      await body?.cancel()
      const where = headers.get('location') ?? 'elsewhere'
      const detail = `The endpoint redirects to ${where.slice(0, 200)}, which is not followed. If it is right, set \`base_url\` to it.`
      throw TaskFault.of('configuration', detail)
    }
    return body === null
      ? response
      : new Response(body.pipeThrough(limited(bytesMax)), { status, statusText, headers })
  }
}

function limited(bytesMax: number): TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>> {
  let sizeBytes = 0
  return new TransformStream({
    transform(chunk, controller) {
      sizeBytes += chunk.length
      if (sizeBytes <= bytesMax) return controller.enqueue(chunk)
      const detail = `The endpoint answers with more than ${bytesMax / 1_048_576} MB (max_response_mb).`
      controller.error(TaskFault.of('communication', detail))
    },
  })
}
