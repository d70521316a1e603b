Feature: A task has only so long
  A task or a whole workflow that takes longer than its timeout faults; what it had under way is called off.

  Scenario: A task that is late faults, with all that it had begun
    Given a workflow
      """yaml
      document: { dsl: '1.0.3', namespace: scenarios, name: late, version: '1.0.0' }
      do:
        - group:
            timeout: { after: { milliseconds: 40 } }
            do:
              - quick: { set: { n: 1 } }
              - slow: { wait: { hours: 1 } }
        - after: { set: { reached: true } }
      """
    When it runs
    Then it faults with the error { type: timeout, status: 408, instance: /do/0/group }
    And the task "group" faulted
    And the task "quick" completed
    And the task "slow" was cancelled
    And the task "after" did not run
    And it took at least 40 ms

  Scenario: One that is in time never notices
    Given a workflow
      """yaml
      document: { dsl: '1.0.3', namespace: scenarios, name: in-time, version: '1.0.0' }
      do:
        - nap: { wait: { milliseconds: 20 }, timeout: { after: { minutes: 1 } } }
      """
    When it runs with the input { rested: true }
    Then it completes with the output { rested: true }
    And it took less than 5000 ms

  Scenario: A workflow that is late faults as a whole
    Given a workflow
      """yaml
      document: { dsl: '1.0.3', namespace: scenarios, name: whole, version: '1.0.0' }
      timeout: { after: PT0.05S }
      do:
        - first: { wait: { milliseconds: 5 } }
        - second: { listen: { to: { one: { with: { type: never } } } } }
      """
    When it runs
    Then it faults with the error { type: timeout, status: 408 }
    And the task "first" completed
    And the task "second" was cancelled
    And of the workflow was told: started, faulted

  Scenario: A timeout is caught like any other error
    Given a workflow
      """yaml
      document: { dsl: '1.0.3', namespace: scenarios, name: caught, version: '1.0.0' }
      use: { timeouts: { patience: { after: { milliseconds: 30 } } } }
      do:
        - ask:
            try:
              - answer: { listen: { to: { one: { with: { type: answer } } } }, timeout: patience }
            catch:
              errors: { with: { type: https://open-workflow-specification.org/spec/1.0.0/errors/timeout } }
              do:
                - assume: { set: { answer: 'no' } }
      """
    When it runs
    Then it completes with the output { answer: 'no' }
    And the task "answer" has the error { status: 408, instance: /do/0/ask/try/0/answer }

  Scenario: A command that is late is gone
    Given a workflow
      """yaml
      document: { dsl: '1.0.3', namespace: scenarios, name: killed-command, version: '1.0.0' }
      do:
        - sleep:
            try:
              - command: { run: { shell: { command: 'sleep 600' } }, timeout: { after: { milliseconds: 60 } } }
            catch: { do: [ { wake: { set: { woken: true } } } ] }
      """
    When it runs
    Then it completes with the output { woken: true }
    And it took less than 10000 ms

  Scenario: The time that passes while no Nexus is up counts
    Given a workflow
      """yaml
      document: { dsl: '1.0.3', namespace: scenarios, name: down-time, version: '1.0.0' }
      do:
        - ask: { listen: { to: { one: { with: { type: answer } } } }, timeout: { after: { hours: 2 } } }
      """
    When it runs
    And the task "ask" waits
    And Nexus is restarted 3 hours later
    Then it faults with the error { type: timeout, status: 408, instance: /do/0/ask }
