// SPDX-License-Identifier: Apache-2.0

package import Model

/// From when on a token's age is worth an alarm.
package struct CheckRule: Sendable {
    private let rule: RenewalPolicy
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
        rule = RenewalPolicy(configuration, force: false, now: now)
        self.warning = warning
        self.critical = critical
        self.now = now
    }

    /// Judges one brand by all places where its token is published.
    /// - Parameters:
    ///   - wrongAttributes: paths of shared files that have another mode or owner than is configured.
    ///   - isElsewhere: whether the token is published to stores too, which nothing here looks at.
    package func finding(
        on brand: Brand, outputs: [OutputSnapshot], wrongAttributes: [String] = [], isElsewhere: Bool = false
    ) -> TokenCheck.Finding {
        let critical = critical ?? Timestamp.clockTolerance
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
                note(.unknown, output.refusal?.message ?? "\(output.path) \(MissingTokenReason.closed.words)")
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
                let renewBefore = RenewalPolicy.renewBefore(of: token, brand: brand)
                let due = max(rule.needed, min(renewBefore, token.lifetime ?? renewBefore))
                if self.warning == nil { warning = max(critical, due - nextRun) }
                guard
                    let whole = RenewalPolicy.remaining(of: token, brand: brand, writtenAt: output.writtenAt, now: now)
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
        for path in wrongAttributes { note(.warning, "\(path) is not as configured: mode or owner") }
        if outputs.isEmpty {
            note(
                .unknown,
                isElsewhere
                    ? "its token is in Kubernetes Secrets alone, which are not looked at here: watch the runs' exit status "
                        + "or metrics" : "no output")
        }
        if texts.count > 1 { note(.warning, "the outputs hold different tokens") }
        var finding = TokenCheck.Finding(
            brand: brand.name, state: state, sentence: sentence, remaining: least, warning: warning, critical: critical)
        finding.outputs = outputs.map(\.path)
        return finding
    }
}
