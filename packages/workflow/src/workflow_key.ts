/** How a workflow is named in one text: `namespace/name:version`. */
export function workflowKey(workflow: {
  readonly namespace: string
  readonly name: string
  readonly version: string
}): string {
  const { namespace, name, version } = workflow
  return `${namespace}/${name}:${version}`
}
