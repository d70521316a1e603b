/** Whether a text looks like the path of a file: it ends as file names do, or it has folders, and no blanks. */

const pathLengthMax = 1024

export function looksLikePath(text: string): boolean {
  if (text.length > pathLengthMax || /[\s<>|*?"'`$;&(){}]/.test(text) || /^[a-z][a-z0-9+.-]*:/i.test(text))
    return false
  if (/(?:^|\/)[\w.@+-]*[A-Za-z_][\w@+-]*\.[A-Za-z][A-Za-z0-9]{0,9}$/.test(text)) return true
  return /^(?:\.{1,2}|~)?\/[^/]/.test(text)
}
