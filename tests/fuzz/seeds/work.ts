/** Seeds of the fuzz about work that modules and other runs do. Each is what stands below the head of a document. */
export const workSeeds: Readonly<Record<string, string>> = {
  'http-get': `do:
  - pets:
      call: http
      with:
        method: get
        endpoint: '{+base}/pets/{n}'
        headers: { accept: application/json, x-count: '\${ .n | tostring }' }
        query: { limit: 5, tag: '\${ .name }' }
        output: content
  - name: { set: { name: '\${ .name }' } }
`,
  'http-post': `use:
  secrets: [shop]
  authentications:
    shop: { basic: { use: shop } }
    token: { bearer: { token: '\${ $secrets.shop.password }' } }
do:
  - create:
      call: http
      with:
        method: post
        endpoint: { uri: '\${ $workflow.input.base + "/echo" }', authentication: { use: shop } }
        body: { name: '\${ .name }', tags: [a, b] }
        output: response
        redirect: true
      output: { as: .statusCode }
  - read:
      call: http
      with:
        method: get
        endpoint: { uri: '\${ $workflow.input.base + "/pets/1" }', authentication: { use: token } }
        output: raw
`,
  'http-that-fails': `do:
  - brittle:
      try:
        - broken: { call: http, with: { method: get, endpoint: '\${ .base + "/broken" }' } }
      catch:
        errors: { with: { status: 500 } }
        retry: { delay: { milliseconds: 1 }, limit: { attempt: { count: 2 } } }
        do: [{ instead: { set: { broken: true } } }]
  - silent:
      try:
        - never: { call: http, with: { method: get, endpoint: '\${ $workflow.input.base + "/silent" }' }, timeout: { after: { milliseconds: 60 } } }
      catch: { do: [{ given_up: { set: { silent: true } } }] }
`,
  'run-workflows': `do:
  - double: { run: { workflow: { namespace: fuzz, name: double, version: '1.0.0', input: { n: '\${ .n }' } } } }
  - outer: { run: { workflow: { namespace: fuzz, name: outer, version: latest }, await: true } }
  - caught:
      try: [{ fails: { run: { workflow: { namespace: fuzz, name: fails, version: latest } } } }]
      catch: { errors: { with: { status: 418 } }, do: [{ tea: { set: { tea: '\${ $error.detail }' } } }] }
  - apart: { run: { workflow: { namespace: fuzz, name: outer, version: latest, input: {} }, await: false } }
`,
  'run-a-script': `do:
  - script:
      run:
        script:
          language: js
          code: 'console.log(JSON.stringify({ sum: Number(process.argv[2]) + 1, word: process.env.WORD }))'
          arguments: ['\${ .n | tostring }']
          environment: { WORD: '\${ .name }' }
        return: all
  - read: { set: '\${ .stdout | fromjson }' }
`,
  'run-commands': `do:
  - echo: { run: { shell: { command: 'echo "$WORD $1"', arguments: [one], environment: { WORD: two } }, return: stdout } }
  - code: { run: { shell: { command: 'cat; exit 3', stdin: '\${ .. | strings }' }, return: code } }
`,
  'run-apart': `do:
  - apart: { run: { shell: { command: 'echo apart' }, await: false } }
  - next: { set: { next: true } }
`,
}
