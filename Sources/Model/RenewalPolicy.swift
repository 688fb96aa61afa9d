// SPDX-License-Identifier: Apache-2.0

/// Decides which brands need a new token, from the tokens that are already published.
package struct RenewalPolicy: Sendable {
    package enum Verdict: Sendable, Equatable {
        case fresh
        /// The token is valid, but a file is not as configured.
        case repair
        case request(RenewalReason)
        /// No output may be written.
        case impossible(BrandFailure)
    }

    /// The remaining time that a token needs to be still valid when the next run ends.
    package let needed: Duration
    /// Includes clock errors. A run must not delay if a token expires within this time.
    private let longestRun: Duration
    private let force: Bool
    private let now: Timestamp

    package init(runEvery: Duration, deadline: Duration, splay: Duration = .zero, force: Bool, now: Timestamp) {
        needed = NextRun(runEvery: runEvery, deadline: deadline, splay: splay).end
        longestRun = NextRun.margin(deadline: deadline, splay: splay)
        self.force = force
        self.now = now
    }

    /// Judges one brand by all its outputs.
    package func verdict(on brand: Brand, outputs: [OutputSnapshot]) -> Verdict {
        var token: Token?
        var isAsConfigured = true
        var writtenAt: Timestamp?
        var clockOffset = Duration.zero
        var refusal: BrandFailure?
        var absence: RenewalReason?
        var disagree = false
        // By index, because copying an output is slow and a run may examine 10,000.
        for index in outputs.indices {
            if let failure = outputs[index].refusal {
                refusal = refusal ?? failure
                continue
            }
            switch outputs[index].state {
            case .noToken(let why): absence = absence ?? .absent(output: Int32(clamping: index), why)
            case .token(let found):
                if let token, token.text != found.text { disagree = true }
                token = found
                isAsConfigured = isAsConfigured && outputs[index].isAsConfigured
                if let time = outputs[index].writtenAt { writtenAt = min(writtenAt ?? time, time) }
                clockOffset = max(clockOffset, outputs[index].clockOffset)
            }
        }
        if let refusal, token == nil, absence == nil { return .impossible(refusal) }
        if force { return .request(.forced) }
        if let absence { return .request(absence) }
        guard let token else { return .request(.noOutput) }
        if disagree { return .request(.outputsDisagree) }
        if let clientID = token.clientID, clientID != brand.clientID {
            return .request(.foreignToken)
        }
        if let issuedAt = token.issuedAt, issuedAt.since(now) - clockOffset > Timestamp.clockTolerance {
            return .request(.issuedInFuture)
        }
        // If the token has no times, only the file's time is known.
        if token.issuedAt == nil, token.expiresAt == nil, let writtenAt, writtenAt.since(now) > Timestamp.clockTolerance
        {
            return .request(.issuedInFuture)
        }
        guard let left = left(of: token, brand: brand, writtenAt: writtenAt, clockOffset: clockOffset) else {
            return .request(.expiryUnknown)
        }
        let threshold = max(needed, Self.renewBefore(of: token, brand: brand))
        if left <= threshold {
            return .request(
                left <= .zero
                    ? .ended
                    : .expiresSoon(
                        left: Int32(clamping: left.components.seconds),
                        threshold: Int32(clamping: threshold.components.seconds)))
        }
        guard !isAsConfigured else { return .fresh }
        // Publishing an opaque token again would make it look new.
        return token.expiresAt == nil ? .request(.notAsConfigured) : .repair
    }

    /// The token's remaining time; nil if it is unknown.
    package static func remaining(of token: Token, brand: Brand, writtenAt: Timestamp?, now: Timestamp) -> Duration? {
        if let expiresAt = token.expiresAt { return expiresAt.since(now) }
        guard let writtenAt, let validTime = brand.validTime else { return nil }
        return writtenAt.advanced(by: validTime).since(now)
    }

    /// The remaining time, corrected by the clock offset. Only this host's clock measures an opaque token's age.
    private func left(
        of token: Token, brand: Brand, writtenAt: Timestamp?, clockOffset: Duration
    ) -> Duration? {
        Self.remaining(of: token, brand: brand, writtenAt: writtenAt, now: now)
            .map { token.expiresAt == nil ? $0 : $0 - clockOffset }
    }

    /// How long before it expires a token is renewed: a third of its lifetime unless configured.
    package static func renewBefore(of token: Token, brand: Brand) -> Duration {
        switch brand.renewBefore {
        case .remaining(let duration): return duration
        case .percent(let percent): return (token.lifetime ?? brand.validTime ?? .zero) * percent / 100
        case nil: return (token.lifetime ?? brand.validTime ?? .zero) / 3
        }
    }

    package func health(of output: OutputSnapshot, brand: Brand) -> TokenHealth {
        guard case .token(let token) = output.state, token.clientID ?? brand.clientID == brand.clientID else {
            return .unusable
        }
        return health(of: token, brand: brand, writtenAt: output.writtenAt, clockOffset: output.clockOffset)
    }

    /// Whether the output has no valid token, or its token may expire before a delayed run ends.
    /// False for a refused output, because the run cannot write it.
    package func isUrgent(_ output: OutputSnapshot, brand: Brand) -> Bool {
        guard output.refusal == nil else { return false }
        guard case .token(let token) = output.state, token.clientID ?? brand.clientID == brand.clientID else {
            return true
        }
        let left = left(of: token, brand: brand, writtenAt: output.writtenAt, clockOffset: output.clockOffset)
        return left.map { $0 <= longestRun } ?? false
    }

    /// - Parameter clockOffset: the true time minus this host's time, if known.
    package func health(
        of token: Token, brand: Brand, writtenAt: Timestamp?, clockOffset: Duration = .zero
    ) -> TokenHealth {
        guard let left = left(of: token, brand: brand, writtenAt: writtenAt, clockOffset: clockOffset) else {
            // The remaining time is unknown. Assume that the token is valid.
            return .outlivesNextRun
        }
        return left <= .zero ? .unusable : left <= needed ? .expiresBeforeNextRun : .outlivesNextRun
    }
}

extension RenewalPolicy {
    package init(_ configuration: Configuration, force: Bool, now: Timestamp) {
        self.init(
            runEvery: configuration.runEvery, deadline: configuration.deadline, splay: configuration.splay,
            force: force, now: now)
    }
}

extension RenewalPolicy.Verdict {
    /// Whether the run must write the brand's files.
    package var needsWork: Bool {
        switch self {
        case .repair, .request: true
        case .fresh, .impossible: false
        }
    }
}

/// Why a brand needs a new token. Its sentence is built only when it is printed: a run may have 10,000 of these.
package enum RenewalReason: Sendable, Equatable {
    case forced
    case noOutput
    /// The output with this index holds no readable token.
    case absent(output: Int32, MissingTokenReason)
    case outputsDisagree
    case foreignToken
    case issuedInFuture
    case expiryUnknown
    case ended
    /// In seconds: the token's remaining time, and the threshold below which a token is renewed.
    case expiresSoon(left: Int32, threshold: Int32)
    /// A file must be written again, which would make an opaque token look new.
    case notAsConfigured
}

package enum MissingTokenReason: Sendable {
    case missing, unreadable, truncated, unassigned, refused
    /// Another user owns the file and may have made the token up.
    case untrustedOwner
    /// The process may not read the file, or the disk failed.
    case inaccessible

    /// The end of a sentence that begins with the output's path.
    package var words: String {
        switch self {
        case .missing: "is missing"
        case .unreadable: "holds no readable token"
        case .truncated: "holds a truncated token"
        case .unassigned: "holds no token for the brand"
        case .refused: "is refused"
        case .untrustedOwner: "belongs to another user, so its token is not trusted"
        case .inaccessible: "cannot be read by this user"
        }
    }
}

extension RenewalReason {
    /// The reason as a sentence for people.
    /// - Parameter outputs: the paths of the brand's outputs.
    package func words(_ outputs: some Collection<String>) -> String {
        switch self {
        case .forced: "--force"
        case .noOutput: "no output"
        case .absent(let output, let absence): "\(outputs.dropFirst(Int(output)).first ?? "an output") \(absence.words)"
        case .outputsDisagree: "the outputs hold different tokens"
        case .foreignToken: "the token names another Client-Id"
        case .issuedInFuture: "the token was issued in the future"
        case .expiryUnknown: "the token has no expiry time"
        case .ended: "the token has expired"
        case .expiresSoon(let left, let threshold):
            "the token expires in \(DurationText.render(.seconds(left))); "
                + "renewal threshold is \(DurationText.render(.seconds(threshold)))"
        case .notAsConfigured: "a file is not as configured"
        }
    }
}
