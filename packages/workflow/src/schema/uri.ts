/**
 * What a URI may look like: RFC 3986 references and RFC 6570 templates, told apart from expressions by not beginning as one.
 */
export const uriTemplatePattern = {
  title: 'a URI or a URI template',
  pattern: String.raw`^(?!\$\{)\S+$`,
} as const
