Feature: A workflow runs by itself
  A workflow that is deployed begins runs by its schedule for as long as Nexus is up, and goes on with its
  schedule after a restart.

  Scenario: It runs every so often
    Given a workflow
      """yaml
      document: { dsl: '1.0.3', namespace: scenarios, name: heartbeat, version: '1.0.0' }
      schedule: { every: { milliseconds: 30 } }
      do:
        - beat: { set: { beat: true } }
      """
    When it is deployed
    And 3 of its runs have completed
    And Nexus is restarted
    Then 5 of its runs have completed

  Scenario: One whose runs take longer than its interval runs beside itself
    Given a workflow
      """yaml
      document: { dsl: '1.0.3', namespace: scenarios, name: overlapping, version: '1.0.0' }
      schedule: { every: { milliseconds: 30 } }
      do:
        - long: { wait: { hours: 1 } }
      """
    When it is deployed
    Then the task "long" has started 3 times

  Scenario: It runs at the times of a cron expression
    Given a workflow
      """yaml
      document: { dsl: '1.0.3', namespace: scenarios, name: seconds, version: '1.0.0' }
      schedule: { cron: '* * * * * *' }
      do:
        - tick: { set: { tick: true } }
      """
    When it is deployed
    Then 1 of its runs has completed

  Scenario: It runs again so long after it has ended, never beside itself
    Given a workflow
      """yaml
      document: { dsl: '1.0.3', namespace: scenarios, name: in-turn, version: '1.0.0' }
      schedule: { after: { milliseconds: 30 } }
      do:
        - takes: { wait: { milliseconds: 20 } }
      """
    When it is deployed
    And 3 of its runs have completed
    Then each run began at least 30 ms after the one before had ended

  Scenario: One that no longer is deployed begins no more runs
    Given a workflow
      """yaml
      document: { dsl: '1.0.3', namespace: scenarios, name: removed, version: '1.0.0' }
      schedule: { after: { milliseconds: 10 } }
      do:
        - once: { listen: { to: { one: { with: { type: finish } } } } }
      """
    When it is deployed
    And the task "once" waits
    And it is removed
    And the event "finish" is published
    And 1 of its runs has completed
    And 60 ms pass
    Then there is 1 run in all

  Scenario: An event begins a run with what it carries
    Given a workflow
      """yaml
      document: { dsl: '1.0.3', namespace: scenarios, name: on-order, version: '1.0.0' }
      schedule: { on: { one: { with: { type: order, data: '${ .amount > 0 }' } } } }
      do:
        - take: { set: '${ {amounts: map(.amount)} }' }
      """
    When it is deployed
    And the event "order" is published with the data { amount: 1 }
    And the event "order" is published with the data { amount: 0 }
    And the event "order" is published with the data { amount: 2 }
    And 2 of its runs have completed
    Then its runs gave the outputs
      """yaml
      - amounts: [ 1 ]
      - amounts: [ 2 ]
      """

  Scenario: Events that belong together begin one run, also when Nexus is killed between them
    Given a workflow
      """yaml
      document: { dsl: '1.0.3', namespace: scenarios, name: matched, version: '1.0.0' }
      schedule:
        on:
          all:
            - { with: { type: paid }, correlate: { order: { from: '${ .data.order }' } } }
            - { with: { type: packed }, correlate: { order: { from: '${ .data.order }' } } }
      do:
        - send: { set: '${ map(.order) }' }
      """
    When it is deployed
    And the event "paid" is published with the data { order: 1 }
    And the event "packed" is published with the data { order: 2 }
    And Nexus is killed and goes on
    And the event "paid" is published with the data { order: 2 }
    And 1 of its runs has completed
    And the event "packed" is published with the data { order: 1 }
    And 2 of its runs have completed
    Then its runs gave the outputs
      """yaml
      - [ 2, 2 ]
      - [ 1, 1 ]
      """

  Scenario: One run makes up for all the times that passed while Nexus was down
    Given a workflow
      """yaml
      document: { dsl: '1.0.3', namespace: scenarios, name: hourly, version: '1.0.0' }
      schedule: { every: { hours: 1 } }
      do:
        - chime: { set: { chimed: true } }
      """
    When it is deployed
    And Nexus is restarted 5 hours later
    And 1 of its runs has completed
    And 60 ms pass
    Then there is 1 run in all

  Scenario: Asking how to read events is refused where no event begins a run
    Given a workflow
      """yaml
      document: { dsl: '1.0.3', namespace: scenarios, name: unread, version: '1.0.0' }
      schedule: { every: { hours: 1 }, read: envelope }
      do:
        - never: { set: { ran: true } }
      """
    Then it is refused with "read"
