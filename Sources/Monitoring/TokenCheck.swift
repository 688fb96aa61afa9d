// SPDX-License-Identifier: Apache-2.0
// The module Monitoring: it checks the published files for people and monitoring systems.

internal import DurableFiles
package import Model
internal import Processes
internal import Publishing
internal import Settings

/// The state of the published tokens for a monitoring system. It reads only local files: no request, no secret.
package struct TokenCheck: Sendable {
    /// The four states of the Monitoring Plugins, with their exit statuses.
    package enum State: Int32, Sendable, CaseIterable, Comparable {
        case ok = 0
        case warning = 1
        case critical = 2
        case unknown = 3

        package var name: String { "\(self)".uppercased() }

        /// A known problem weighs more than an unknown state.
        package static func < (left: State, right: State) -> Bool {
            let order = [State.ok, .unknown, .warning, .critical]
            return order.firstIndex(of: left) ?? 0 < order.firstIndex(of: right) ?? 0
        }
    }

    /// The result for one brand.
    package struct Finding: Sendable, Equatable {
        package let brand: String
        package let state: State
        /// Why the state is not OK.
        package let sentence: String
        /// The shortest remaining time of the tokens, negative after expiry; nil if it is unknown.
        package let remaining: Duration?
        /// Where the token is published.
        package var outputs: [String] = []
        /// The remaining times at or below which the state is WARNING or CRITICAL.
        package let warning: Duration
        package let critical: Duration

        package init(
            brand: String, state: State, sentence: String, remaining: Duration?, warning: Duration,
            critical: Duration
        ) {
            self.brand = brand
            self.state = state
            self.sentence = sentence
            self.remaining = remaining
            self.warning = warning
            self.critical = critical
        }
    }

    /// In the order of the configuration.
    package let findings: [Finding]
    /// Why nothing could be checked.
    package let problem: String?
    /// The exit status for commands without the state UNKNOWN.
    package let exitStatus: ExitStatus
    /// What was checked, and each problem of ``problem``.
    package private(set) var head = DocumentHead("check")
    /// Whether the exit status is the number of the state, as for monitoring systems.
    var isPlugin: Bool { head.command == "check" }

    package init(findings: [Finding]) {
        self.findings = findings
        problem = nil
        exitStatus = .success
    }

    /// A check that could not run. Its state is UNKNOWN, which no monitoring system shows as green.
    package init(problem: String, all: [Problem]? = nil, exitStatus: ExitStatus = .configuration) {
        findings = []
        self.problem = problem
        self.exitStatus = exitStatus
        head.problems = all ?? [Problem(problem)]
    }

    package var state: State {
        guard problem == nil else { return .unknown }
        return findings.map(\.state).max() ?? .unknown
    }
}

extension TokenCheck {
    /// Reads the configuration and the published files of its brands. Needs only read permission.
    /// - Parameter command: `check` or `status`.
    package static func run(
        as command: String, configurationFile: String, brands: [String]?, shard: Shard?, warning: Duration? = nil,
        critical: Duration? = nil, now: Timestamp
    ) -> TokenCheck {
        var head = DocumentHead(command, configuration: configurationFile, shard: shard)
        var check = result(
            &head, configurationFile: configurationFile, brands: brands, shard: shard, warning: warning,
            critical: critical, now: now)
        head.problems = check.head.problems
        check.head = head
        return check
    }

    private static func result(
        _ head: inout DocumentHead, configurationFile: String, brands: [String]?, shard: Shard?, warning: Duration?,
        critical: Duration?, now: Timestamp
    ) -> TokenCheck {
        do {
            let configuration = try ConfigurationSource.read(configurationFile)
            head.endpoint = configuration.endpoint.url
            let selection = try Selection(of: configuration, names: brands, shard: shard)
            // Some monitoring systems stop a plugin after ten seconds.
            let pool = WorkerPool(width: 512)
            let directories = OutputDirectories(use: .reading, pool: pool, patience: .seconds(4))
            let published = PublishedState(of: configuration, selection.brands, in: directories)
            let rule = CheckRule(configuration, warning: warning, critical: critical, now: now)
            var unread: [String: String] = [:]
            for destination in configuration.destinations {
                for entry in destination.entries { unread[entry.brand] = destination.name }
            }
            let findings = published.map(selection.brands) { [unread] brand, outputs in
                rule.finding(
                    on: brand, outputs: outputs,
                    wrongAttributes: published.destinations(of: brand).filter { !$0.isAsConfigured }.map(\.name),
                    unread: unread[brand.name])
            }
            return TokenCheck(findings: findings.compactMap(\.self))
        } catch let error as InvalidConfiguration {
            let more = error.problems.count + error.omitted - 1
            return TokenCheck(
                problem: (error.lines.first ?? "the configuration is invalid") + (more > 0 ? ", and \(more) more" : ""),
                all: error.listed)
        } catch let error as InvalidSelection {
            return TokenCheck(problem: error.message, exitStatus: .usage)
        } catch {
            let problems = ConfigurationSource.problems(error, in: configurationFile)
            return TokenCheck(problem: problems[0].text, all: problems)
        }
    }
}
