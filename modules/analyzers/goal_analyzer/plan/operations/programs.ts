/** Which programs a line of shell starts, as far as that can be seen without running it. */
export function programsOf(command: string): readonly string[] {
  const parts = command.split(/\|\||&&|[|;&\n]/)
  const words = parts.map(
    (part) =>
      part
        .trim()
        .replace(/^(?:[A-Za-z_]\w*=\S*\s+)*/, '')
        .split(/\s+/)[0] ?? '',
  )
  return [...new Set(words.filter((word) => word !== ''))]
}
