// SPDX-License-Identifier: Apache-2.0

package import Model

/// Decides the state of a brand from the remaining time of its token.
package struct CheckRule: Sendable {
    private let rule: RenewalPolicy
    /// From the start of one run until the next has published its tokens, even if it is late and slow.
    private let nextRun: Duration
    private let warning: Duration?
    private let critical: Duration?
    private let now: Timestamp

    /// - Parameters:
    ///   - warning: nil for the time by which the last run should have renewed the token.
    ///   - critical: nil for one minute, because the token may already be expired by another host's clock.
    package init(_ configuration: Configuration, warning: Duration?, critical: Duration?, now: Timestamp) {
        // Half of a run's maximum duration allows for late schedulers. A configured delay is not a fault.
        nextRun =
            configuration.runEvery + configuration.splay
            + NextRun.margin(deadline: configuration.deadline, splay: .zero) / 2
        rule = RenewalPolicy(configuration, force: false, now: now)
        self.warning = warning
        self.critical = critical
        self.now = now
    }

    /// Checks all places where a brand's token is published.
    /// - Parameters:
    ///   - wrongAttributes: paths of shared files with a mode or owner that differs from the configuration.
    ///   - unread: the name of a shared destination of the token that this check does not read.
    package func finding(
        on brand: Brand, outputs: [OutputSnapshot], wrongAttributes: [String] = [], unread: String? = nil
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
            case .noToken(.inaccessible):
                note(.unknown, output.refusal?.message ?? "\(output.path) \(MissingTokenReason.inaccessible.words)")
            case .noToken(.refused): note(.critical, output.refusal?.message ?? "\(output.path) is refused")
            case .noToken(let absence): note(.critical, "\(output.path) \(absence.words)")
            case .token(let token):
                texts.insert(token.text)
                if let refusal = output.refusal { note(.warning, refusal.message) }
                if !output.isAsConfigured {
                    note(.warning, "\(output.path) is not as configured: mode, owner or format")
                }
                if let clientID = token.clientID, clientID != brand.clientID {
                    note(.critical, "\(output.path) holds the token of another Client-Id")
                }
                // Just before a run, a token's remaining time may be below the renewal threshold by one run interval.
                // Every run renews a token with a lifetime below `renew_before`.
                let renewBefore = RenewalPolicy.renewBefore(of: token, brand: brand)
                let due = max(rule.needed, min(renewBefore, token.lifetime ?? renewBefore))
                if self.warning == nil { warning = max(critical, due - nextRun) }
                guard
                    let whole = RenewalPolicy.remaining(of: token, brand: brand, writtenAt: output.writtenAt, now: now)
                else {
                    note(.unknown, "\(output.path): the token has no expiry time, and valid_time is not set")
                    continue
                }
                let left = token.expiresAt == nil ? whole : whole - output.clockOffset
                least = min(least ?? left, left)
                if left <= .zero {
                    note(.critical, "\(output.path): the token expired \(DurationText.render(.zero - left)) ago")
                } else if left <= critical {
                    note(.critical, "\(output.path): the token expires in \(DurationText.render(left))")
                } else if left <= warning {
                    note(
                        .warning,
                        "\(output.path): the token expires in \(DurationText.render(left)) and was not renewed")
                }
            }
        }
        for path in wrongAttributes { note(.warning, "\(path) is not as configured: mode or owner") }
        if outputs.isEmpty {
            let missing = unread.map {
                "its token is only in \($0), which check does not read: monitor the exit status or metrics of the runs"
            }
            note(.unknown, missing ?? "no output")
        }
        if texts.count > 1 { note(.warning, "the outputs hold different tokens") }
        var finding = TokenCheck.Finding(
            brand: brand.name, state: state, sentence: sentence, remaining: least, warning: warning, critical: critical)
        finding.outputs = outputs.map(\.path)
        return finding
    }
}
