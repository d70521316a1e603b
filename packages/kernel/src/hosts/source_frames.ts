/**
 * Makes the stack traces of built modules point to their sources, from the source map at the end of the artifact.
 * Done here and only when an error passes, since Node's own support is one switch for the whole process and keeps
 * every map that it has seen.
 */
import { SourceMap, type SourceMapPayload } from 'node:module'
import { join } from 'node:path'

const inlineMap = /\/\/# sourceMappingURL=data:application\/json;base64,([A-Za-z0-9+/=]+)\s*$/

/** Rewrites, in place, the frames of `filename` in an error's stack, to files below `folder`. */
export type FrameMapper = (error: unknown) => void

export function frameMapper(options: { code: string; filename: string; folder: string }): FrameMapper {
  let map: SourceMap | undefined
  return (error) => {
    if (!(error instanceof Error) || !error.stack?.includes(options.filename)) return
    map ??= readMap(options.code)
    if (map !== undefined) error.stack = mapStack(error.stack, map, options)
  }
}

function readMap(code: string): SourceMap | undefined {
  const encoded = inlineMap.exec(code)?.[1]
  if (encoded === undefined) return undefined
  return new SourceMap(JSON.parse(Buffer.from(encoded, 'base64').toString()) as SourceMapPayload)
}

function mapStack(
  stack: string,
  map: SourceMap,
  { filename, folder }: { filename: string; folder: string },
): string {
  return stack
    .split('\n')
    .map((frame) => {
      const at = frame.indexOf(filename)
      const place = at < 0 ? null : /^:(\d+):(\d+)/.exec(frame.slice(at + filename.length))
      if (place === null) return frame
      const entry = map.findEntry(Number(place[1]) - 1, Number(place[2]) - 1)
      if (!('originalSource' in entry)) return frame
      const source = `${join(folder, entry.originalSource)}:${entry.originalLine + 1}:${entry.originalColumn + 1}`
      return frame.slice(0, at) + source + frame.slice(at + filename.length + place[0].length)
    })
    .join('\n')
}
