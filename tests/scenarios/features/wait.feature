Feature: A task waits for a time
  A wait holds its list up for a duration, costs nothing while it lasts, and keeps the moment at which it ends
  over the end of the process.

  Scenario: What comes after a wait begins when the time is over
    Given a workflow
      """yaml
      document: { dsl: '1.0.3', namespace: scenarios, name: pause, version: '1.0.0' }
      do:
        - before: { set: { side: before } }
        - pause: { wait: { milliseconds: 40 } }
        - after: { set: '${ {was: .side} }' }
      """
    When it runs
    Then it completes with the output { was: before }
    And it took at least 40 ms
    And the tasks ran in the order before, pause, after
    And these lifecycle events were told
      | workflow started   | /            |
      | task created       | /do/0/before |
      | task started       | /do/0/before |
      | task completed     | /do/0/before |
      | task created       | /do/1/pause  |
      | task started       | /do/1/pause  |
      | task completed     | /do/1/pause  |
      | task created       | /do/2/after  |
      | task started       | /do/2/after  |
      | task completed     | /do/2/after  |
      | workflow completed | /            |

  Scenario: A wait gives what it was given
    Given a workflow
      """yaml
      document: { dsl: '1.0.3', namespace: scenarios, name: through, version: '1.0.0' }
      do:
        - rest: { wait: PT0.01S }
      """
    When it runs with the input { kept: [ 1, 2 ] }
    Then it completes with the output { kept: [ 1, 2 ] }
    And it took at least 10 ms

  Scenario: Waits in branches of a fork pass at the same time
    Given a workflow
      """yaml
      document: { dsl: '1.0.3', namespace: scenarios, name: side-by-side, version: '1.0.0' }
      do:
        - both:
            fork:
              branches:
                - slow: { wait: { milliseconds: 300 } }
                - quick: { wait: { milliseconds: 10 } }
      """
    When it runs with the input 7
    Then it completes with the output [ 7, 7 ]
    And the tasks ended in the order quick, slow, both
    And it took at least 300 ms

  Scenario: A restart waits only for what is left
    Given a workflow
      """yaml
      document: { dsl: '1.0.3', namespace: scenarios, name: long-pause, version: '1.0.0' }
      do:
        - night: { wait: { hours: 8 } }
        - morning: { set: { awake: true } }
      """
    When it runs
    And the task "night" waits
    And Nexus is restarted 9 hours later
    Then it completes with the output { awake: true }
    And of the task "night" was told: created, started, resumed, completed

  Scenario: A run that was killed in a wait goes on with the same wait
    Given a workflow
      """yaml
      document: { dsl: '1.0.3', namespace: scenarios, name: killed-pause, version: '1.0.0' }
      do:
        - first: { set: { n: 1 } }
        - nap: { wait: { milliseconds: 150 } }
        - last: { set: '${ {n: (.n + 1)} }' }
      """
    When it runs
    And the task "nap" waits
    And Nexus is killed and goes on
    Then it completes with the output { n: 2 }
    And it took at least 150 ms
    And the tasks ran in the order first, nap, last
    And the task "first" ran 1 time
