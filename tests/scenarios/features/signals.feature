Feature: Events and signals reach runs
  What is published reaches the runs that listen by then. A signal is for one run alone, and is kept until that
  run listens for it.

  Scenario: An event that nobody listens for yet is lost
    Given a workflow
      """yaml
      document: { dsl: '1.0.3', namespace: scenarios, name: late, version: '1.0.0' }
      do:
        - dress: { listen: { to: { one: { with: { type: dressed } } } } }
        - bus: { listen: { to: { one: { with: { type: bus } } } } }
      """
    When it runs
    And the task "dress" waits
    And the event "bus" is published with the data the early one
    And the event "dressed" is published
    And the task "bus" waits
    And the event "bus" is published with the data the next one
    Then it completes with the output [ the next one ]

  Scenario: A signal that comes early is kept, also over a restart
    Given a workflow
      """yaml
      document: { dsl: '1.0.3', namespace: scenarios, name: early, version: '1.0.0' }
      do:
        - draft: { listen: { to: { one: { with: { type: drafted } } } } }
        - approval: { listen: { to: { one: { with: { type: approved } } } } }
        - publish: { set: { by: '${ .[0].by }' } }
      """
    When it runs
    And the task "draft" waits
    And the signal "approved" is sent to it with the data { by: Eve }
    And Nexus is restarted
    And the signal "drafted" is sent to it with the data {}
    Then it completes with the output { by: Eve }
    And the tasks ran in the order draft, approval, publish

  Scenario: What one branch emits another one hears
    Given a workflow
      """yaml
      document: { dsl: '1.0.3', namespace: scenarios, name: talk, version: '1.0.0' }
      do:
        - talk:
            fork:
              branches:
                - hear: { listen: { to: { one: { with: { type: word } } } } }
                - speak:
                    do:
                      - breathe: { listen: { to: { one: { with: { type: breath } } } } }
                      - say: { emit: { event: { with: { type: word, source: /me, data: { text: hello } } } } }
            output: { as: '${ .[0][0].text }' }
      """
    When it runs
    And the task "hear" waits
    And the task "breathe" waits
    And the event "breath" is published
    Then it completes with the output hello

  Scenario: A suspended run does nothing until it is resumed, and then takes what came in the meantime
    Given a workflow
      """yaml
      document: { dsl: '1.0.3', namespace: scenarios, name: held, version: '1.0.0' }
      do:
        - gate: { listen: { to: { one: { with: { type: open } } } } }
        - pass: { set: { passed: '${ .[0] }' } }
      """
    When it runs
    And the task "gate" waits
    And it is suspended
    And Nexus is restarted
    And the event "open" is published with the data 1
    Then its status is "suspended"
    When it is resumed
    Then it completes with the output { passed: 1 }
    And of the workflow was told: started, suspended, resumed, completed
    And of the task "gate" was told: created, started, suspended, resumed, completed

  Scenario: A run that is cancelled ends with all that it has under way
    Given a workflow
      """yaml
      document: { dsl: '1.0.3', namespace: scenarios, name: called-off, version: '1.0.0' }
      do:
        - both:
            fork:
              branches:
                - ear: { listen: { to: { one: { with: { type: never } } } } }
                - clock: { wait: { hours: 1 } }
        - after: { set: { reached: true } }
      """
    When it runs
    And the task "ear" waits
    And the task "clock" waits
    And it is cancelled
    Then it ends as cancelled
    And the task "ear" was cancelled
    And the task "clock" was cancelled
    And the task "after" did not run
    And of the workflow was told: started, cancelled
