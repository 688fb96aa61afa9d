// SPDX-License-Identifier: Apache-2.0

internal import DurableFiles
package import Model
internal import ProcessState
internal import Settings

/// The state of the published tokens, judged for a monitoring system: local files alone, no request and no secret.
package struct TokenCheck: Sendable {
    /// The four states of the Monitoring Plugins, by the exit status that stands for each.
    package enum State: Int32, Sendable, CaseIterable, Comparable {
        case ok = 0
        case warning = 1
        case critical = 2
        case unknown = 3

        package var name: String {
            switch self {
            case .ok: "OK"
            case .warning: "WARNING"
            case .critical: "CRITICAL"
            case .unknown: "UNKNOWN"
            }
        }

        /// What is known to be bad weighs more than what is not known.
        private var weight: Int {
            switch self {
            case .ok: 0
            case .unknown: 1
            case .warning: 2
            case .critical: 3
            }
        }

        package static func < (left: State, right: State) -> Bool { left.weight < right.weight }
    }

    /// What was found for one brand.
    package struct Finding: Sendable, Equatable {
        package let brand: String
        package let state: State
        /// Why the state is not OK.
        package let sentence: String
        /// What the token that ends first has left, negative past its end; nil where no token tells.
        package let remaining: Duration?
        /// Where the token is published.
        package let outputs: [String]
        /// Up to which remaining time the state is WARNING, and CRITICAL.
        package let warning: Duration
        package let critical: Duration

        package init(
            brand: String, state: State, sentence: String, remaining: Duration?, outputs: [String] = [],
            warning: Duration, critical: Duration
        ) {
            self.brand = brand
            self.state = state
            self.sentence = sentence
            self.remaining = remaining
            self.outputs = outputs
            self.warning = warning
            self.critical = critical
        }
    }

    /// In the order of the configuration.
    package let findings: [Finding]
    /// Why nothing could be checked.
    package let problem: String?
    /// What that is to those who have no UNKNOWN.
    package let exitStatus: ExitStatus

    package init(findings: [Finding]) {
        self.findings = findings
        problem = nil
        exitStatus = .success
    }

    /// Where nothing could be checked: UNKNOWN, which no monitor shows as green.
    package init(problem: String, exitStatus: ExitStatus = .configuration) {
        findings = []
        self.problem = problem
        self.exitStatus = exitStatus
    }

    package var state: State {
        guard problem == nil else { return .unknown }
        return findings.map(\.state).max() ?? .unknown
    }
}

/// From when on a token's age is worth an alarm.
package struct CheckRule: Sendable {
    private let rule: DueRule
    /// From one run's start to the time when the next one, a late one that takes long, has its tokens in place.
    private let nextRun: Duration
    private let warning: Duration?
    private let critical: Duration?
    private let now: Timestamp

    /// - Parameters:
    ///   - warning: nil for when the last run should have renewed the token and has not.
    ///   - critical: nil for a minute: another host's clock may find such a token dead already.
    package init(_ configuration: Configuration, warning: Duration?, critical: Duration?, now: Timestamp) {
        // Half the time that a run may take is for schedulers that are late; a delay that is asked for is no fault.
        nextRun =
            configuration.runEvery + configuration.splay
            + NextRun.margin(deadline: configuration.deadline, splay: .zero) / 2
        rule = DueRule(configuration, force: false, now: now)
        self.warning = warning
        self.critical = critical
        self.now = now
    }

    /// Judges one brand by all places where its token is published.
    /// - Parameters:
    ///   - misfits: paths of shared files that have another mode or owner than is configured.
    ///   - isElsewhere: whether the token is published to stores too, which nothing here looks at.
    package func finding(
        on brand: Brand, outputs: [OutputSnapshot], misfits: [String] = [], isElsewhere: Bool = false
    ) -> TokenCheck.Finding {
        let critical = critical ?? Timestamp.clockDoubt
        var warning = warning ?? critical
        var state = TokenCheck.State.ok
        var sentence = ""
        var least: Duration?
        func note(_ new: TokenCheck.State, _ words: String) {
            guard new > state else { return }
            state = new
            sentence = words
        }
        var texts: Set<String> = []
        for output in outputs {
            switch output.state {
            case .noToken(.closed):
                note(.unknown, output.refusal?.message ?? "\(output.path) \(Absence.closed.words)")
            case .noToken(.refused): note(.critical, output.refusal?.message ?? "\(output.path) is refused")
            case .noToken(let absence): note(.critical, "\(output.path) \(absence.words)")
            case .token(let token):
                texts.insert(token.text)
                if let refusal = output.refusal { note(.warning, refusal.message) }
                if !output.isAsConfigured { note(.warning, "\(output.path) is not as configured: mode, owner or form") }
                if let clientID = token.clientID, clientID != brand.clientID {
                    note(.critical, "\(output.path) holds the token of another Client-Id")
                }
                // Just before a run a token may have less left than what makes it due, by the time between two runs.
                // One that is due all its life, since DOKU grants less than `renew_before`, is renewed by every run.
                let renewBefore = DueRule.renewBefore(of: token, brand: brand)
                let due = max(rule.needed, min(renewBefore, token.lifetime ?? renewBefore))
                if self.warning == nil { warning = max(critical, due - nextRun) }
                guard
                    let whole = DueRule.remaining(of: token, brand: brand, writtenAt: output.writtenAt, now: now)
                else {
                    note(.unknown, "\(output.path): the token does not tell its end, and valid_time is not set")
                    continue
                }
                let left = token.expiresAt == nil ? whole : whole - output.clockOffset
                least = min(least ?? left, left)
                if left <= .zero {
                    note(.critical, "\(output.path): the token ended \(DurationText.render(.zero - left)) ago")
                } else if left <= critical {
                    note(.critical, "\(output.path): the token ends in \(DurationText.render(left))")
                } else if left <= warning {
                    note(
                        .warning,
                        "\(output.path): the token ends in \(DurationText.render(left)) and was not renewed")
                }
            }
        }
        for path in misfits { note(.warning, "\(path) is not as configured: mode or owner") }
        if outputs.isEmpty {
            note(
                .unknown,
                isElsewhere
                    ? "its token is in Kubernetes Secrets alone, which are not looked at here: watch the runs' exit status "
                        + "or metrics" : "no output")
        }
        if texts.count > 1 { note(.warning, "the outputs hold different tokens") }
        return TokenCheck.Finding(
            brand: brand.name, state: state, sentence: sentence, remaining: least, outputs: outputs.map(\.path),
            warning: warning, critical: critical)
    }
}

extension TokenCheck {
    /// Reads the configuration and what its brands have published. Needs no right but to read.
    package static func run(
        configurationFile: String, brands: [String]?, shard: Shard?, warning: Duration?, critical: Duration?,
        now: Timestamp = .now
    ) -> TokenCheck {
        do {
            let configuration = try ConfigurationSource.read(configurationFile)
            let selection = try Selection(of: configuration, names: brands, shard: shard)
            // Those who run plugins wait for ten seconds, some of them.
            let pool = WorkerPool(width: 512)
            let directories = OutputDirectories(use: .reading, pool: pool, patience: .seconds(4))
            let chosen = selection.brands.map { configuration.brands[$0] }
            let published = PublishedState(
                of: configuration, chosen, publication: Publication(directories: directories, accounts: Accounts()),
                pool: pool)
            let rule = CheckRule(configuration, warning: warning, critical: critical, now: now)
            let elsewhere = Set(
                configuration.stores.lazy.flatMap { $0.entries.map { configuration.brands[$0.brand].name } })
            let findings = published.map(chosen) { brand, outputs in
                rule.finding(
                    on: brand, outputs: outputs, misfits: published.wrongAttributes(of: brand),
                    isElsewhere: elsewhere.contains(brand.name))
            }
            return TokenCheck(findings: findings.compactMap(\.self))
        } catch let error as InvalidConfiguration {
            let more = error.problems.count + error.omitted - 1
            return TokenCheck(
                problem: (error.lines.first ?? "the configuration is invalid") + (more > 0 ? ", and \(more) more" : ""))
        } catch let error as InvalidSelection {
            return TokenCheck(problem: error.message, exitStatus: .usage)
        } catch {
            return TokenCheck(problem: "configuration: \(error)")
        }
    }
}
