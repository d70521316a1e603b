Feature: A task runs a command
  A command is run by the system's shell. Its arguments are values, never parts of its text.

  Scenario: A command gets arguments, variables and standard input
    Given a workflow
      """yaml
      document: { dsl: '1.0.3', namespace: scenarios, name: given, version: '1.0.0' }
      do:
        - tell:
            run:
              shell:
                command: printf '%s %s %s' "$1" "$COLOUR" "$(cat)"
                arguments: [ '${ .what }' ]
                environment: { COLOUR: red }
                stdin: ${ .input }
      """
    When it runs with the input { what: '$(echo apple); "', input: ripe }
    Then it completes with the output '$(echo apple); " red ripe'

  Scenario: A command that fails is the fault of its task
    Given a workflow
      """yaml
      document: { dsl: '1.0.3', namespace: scenarios, name: failing, version: '1.0.0' }
      do:
        - fail: { run: { shell: { command: 'exit 7' } } }
      """
    When it runs
    Then it faults with the error { type: runtime, status: 500, instance: /do/0/fail }

  Scenario: A command that fails gives its code where that is what is wanted
    Given a workflow
      """yaml
      document: { dsl: '1.0.3', namespace: scenarios, name: codes, version: '1.0.0' }
      do:
        - check: { run: { shell: { command: 'echo no; echo why >&2; exit 7' }, return: all } }
        - decide:
            switch:
              - fine: { when: '${ .code == 0 }', then: good }
              - otherwise: { then: bad }
        - good: { set: { ok: true }, then: end }
        - bad: { set: { ok: false, said: '${ .stdout }', why: '${ .stderr }' } }
      """
    When it runs
    Then it completes with the output { ok: false, said: "no\n", why: "why\n" }
    And the task "good" did not run

  Scenario: What a command writes about its work is no part of what it gives
    Given a workflow
      """yaml
      document: { dsl: '1.0.3', namespace: scenarios, name: quiet, version: '1.0.0' }
      do:
        - work: { run: { shell: { command: 'echo working >&2; echo done' } } }
      """
    When it runs
    Then it completes with the output "done\n"

  Scenario: A command that is not waited for goes on beside its workflow
    Given a workflow
      """yaml
      document: { dsl: '1.0.3', namespace: scenarios, name: beside, version: '1.0.0' }
      do:
        - begin: { run: { shell: { command: 'echo "for $1"', arguments: [ '${ .who }' ] }, await: false } }
        - go_on: { set: '${ . + {went: "on"} }' }
      """
    When it runs with the input { who: Gus }
    Then it completes with the output { who: Gus, went: on }
    And the task "begin" gave { who: Gus }
    And the run that "begin" began completes with the output "for Gus\n"

  Scenario: A command that was interrupted is run again, one that had ended is not
    Given a workflow
      """yaml
      document: { dsl: '1.0.3', namespace: scenarios, name: interrupted, version: '1.0.0' }
      do:
        - ended: { run: { shell: { command: 'echo x >> ended' } } }
        - under_way:
            run: { shell: { command: 'echo y >> begun; test $(wc -l < begun) -eq 2 || sleep 600' } }
        - count: { run: { shell: { command: 'cat ended begun | tr -d "\n"' } } }
      """
    When it runs
    And a command has written the file "begun"
    And Nexus is killed and goes on
    Then it completes with the output xyy
    And the task "ended" ran 1 time
    And the task "under_way" ran 2 times
    And of the task "under_way" was told: created, started, resumed, completed
