Feature: A task is tried again
  A "try" catches errors of its tasks. Its retry policy says which are tried again, how often, and after how
  long; what is left of an error then goes to its handler.

  Scenario: Attempts go on until one succeeds
    Given a workflow
      """yaml
      document: { dsl: '1.0.3', namespace: scenarios, name: third-time, version: '1.0.0' }
      do:
        - stubborn:
            try:
              - knock:
                  run:
                    shell:
                      command: echo x >> knocks; test $(wc -l < knocks) -ge 3 && cat knocks | tr -d "\n"
            catch:
              retry: { delay: { milliseconds: 5 }, limit: { attempt: { count: 5 } } }
      """
    When it runs
    Then it completes with the output xxx
    And the tasks ran in the order stubborn, knock, knock, knock
    And the tasks ended in the order knock, knock, knock, stubborn

  Scenario: When no attempt is left the handler gets the error
    Given a workflow
      """yaml
      document: { dsl: '1.0.3', namespace: scenarios, name: given-up, version: '1.0.0' }
      do:
        - stubborn:
            try:
              - fail: { raise: { error: { type: https://example.com/closed, status: 503, title: Closed } } }
            catch:
              as: why
              retry: { limit: { attempt: { count: 2 } } }
              do:
                - explain: { set: { because: '${ $why.title }', at: '${ $why.instance }' } }
      """
    When it runs
    Then it completes with the output { because: Closed, at: /do/0/stubborn/try/0/fail }
    And the tasks ran in the order stubborn, fail, fail, fail, explain

  Scenario: With nobody to handle it the error is the task's
    Given a workflow
      """yaml
      document: { dsl: '1.0.3', namespace: scenarios, name: let-through, version: '1.0.0' }
      do:
        - stubborn:
            try:
              - fail: { raise: { error: { type: https://example.com/closed, status: 503 } } }
            catch:
              retry: { limit: { attempt: { count: 1 } } }
        - after: { set: { reached: true } }
      """
    When it runs
    Then it faults with the error { status: 503, instance: /do/0/stubborn/try/0/fail }
    And the task "fail" ran 2 times
    And the task "stubborn" faulted
    And the task "after" did not run

  Scenario: An error of another kind is neither caught nor tried again
    Given a workflow
      """yaml
      document: { dsl: '1.0.3', namespace: scenarios, name: other-kind, version: '1.0.0' }
      do:
        - picky:
            try:
              - fail: { raise: { error: { type: https://example.com/gone, status: 410 } } }
            catch:
              errors: { with: { status: 503 } }
              retry: { limit: { attempt: { count: 3 } } }
              do:
                - never: { set: { caught: true } }
      """
    When it runs
    Then it faults with the error { status: 410 }
    And the tasks ran in the order picky, fail

  Scenario Outline: A policy says of which errors there is another attempt
    Given a workflow
      """yaml
      document: { dsl: '1.0.3', namespace: scenarios, name: choosy, version: '1.0.0' }
      do:
        - choosy:
            try:
              - fail: { raise: { error: { type: https://example.com/busy, status: 429 } } }
            catch:
              retry: { <condition>, limit: { attempt: { count: 2 } } }
              do:
                - give_up: { set: { status: '${ $error.status }' } }
      """
    When it runs
    Then it completes with the output { status: 429 }
    And the task "fail" ran <times> times

    Examples:
      | condition                               | times |
      | when: '${ $error.status == 429 }'       | 3     |
      | when: '${ $error.status == 500 }'       | 1     |
      | exceptWhen: '${ $error.status == 429 }' | 1     |
      | exceptWhen: '${ $error.status == 500 }' | 3     |

  Scenario Outline: The pauses between attempts grow as the policy says
    Given a workflow
      """yaml
      document: { dsl: '1.0.3', namespace: scenarios, name: pauses, version: '1.0.0' }
      use:
        retries:
          patient: { delay: { milliseconds: 20 }, backoff: { <backoff> }, limit: { attempt: { count: 3 } } }
      do:
        - patient:
            try:
              - fail: { raise: { error: { type: https://example.com/busy, status: 503 } } }
            catch: { retry: patient, do: [ { done: { set: { tried: enough } } } ] }
      """
    When it runs
    Then it completes with the output { tried: enough }
    And it took at least <pauses> ms
    And it took less than 5000 ms

    Examples:
      | backoff         | pauses |
      | constant: {}    | 60     |
      | linear: {}      | 120    |
      | exponential: {} | 140    |

  Scenario: An attempt that takes too long is broken off and counts as one that failed
    Given a workflow
      """yaml
      document: { dsl: '1.0.3', namespace: scenarios, name: too-slow, version: '1.0.0' }
      do:
        - hasty:
            try:
              - dawdle: { wait: { hours: 1 } }
            catch:
              retry: { limit: { attempt: { count: 1, duration: { milliseconds: 30 } } } }
              do:
                - note: { set: { status: '${ $error.status }' } }
      """
    When it runs
    Then it completes with the output { status: 408 }
    And the task "dawdle" ran 2 times
    And the task "dawdle" was cancelled

  Scenario: A pause between attempts outlives the process, and attempts that were made stay made
    Given a workflow
      """yaml
      document: { dsl: '1.0.3', namespace: scenarios, name: long-pause, version: '1.0.0' }
      do:
        - stubborn:
            try:
              - fail: { raise: { error: { type: https://example.com/night, status: 503 } } }
            catch:
              retry: { delay: { hours: 5 }, limit: { attempt: { count: 1 } } }
              do:
                - rest: { set: { given: up } }
      """
    When it runs
    And the task "stubborn" waits
    And Nexus is restarted 6 hours later
    Then it completes with the output { given: up }
    And the tasks ran in the order stubborn, fail, fail, rest
    And of the task "stubborn" was told: created, started, resumed, completed

  Scenario: A run that faulted is retried where it failed, and what completed stands
    Given a workflow
      """yaml
      document: { dsl: '1.0.3', namespace: scenarios, name: second-life, version: '1.0.0' }
      do:
        - once: { run: { shell: { command: 'echo x >> once' } } }
        - unsure: { run: { shell: { command: 'echo x >> tries; test $(wc -l < tries) -eq 2' } } }
        - count: { run: { shell: { command: 'cat once tries | tr -d "\n"' } } }
      """
    When it runs
    Then it faults with the error { type: runtime, instance: /do/1/unsure }
    When it is retried
    Then it completes with the output xxx
    And of the task "unsure" was told: created, started, faulted, retried, completed
    And of the workflow was told: started, faulted, resumed, completed
    And the task "once" ran 1 time
