// SPDX-License-Identifier: Apache-2.0

/// What became of one brand in one run. Each brand of the run has exactly one.
package struct BrandOutcome: Sendable {
    package enum Kind: String, Sendable, CaseIterable {
        /// Not due: nothing was requested.
        case fresh
        /// Due, in a run that only plans.
        case due
        /// A new token was requested and published.
        case rotated
        /// The token at hand was published again, since mode, owner or content of a file were not as configured.
        case repaired
        /// A new token was published that ends before the next run needs it to.
        case shortLived = "short-lived"
        case failed
        /// The run was stopped, or its deadline came, before the brand was done.
        case unfinished
    }

    package let name: String
    package let clientID: String
    package var outputs: [OutputOutcome] = []
    package var failure: BrandFailure?
    package var duration: Duration = .zero
    /// Of the token that is published now, the worst where they differ.
    package var issuedAt: Timestamp?
    package var expiresAt: Timestamp?
    /// Why the brand was due; nil where it was not.
    package var reason: DueReason?
    /// Requests sent.
    package var attempts: Int32 = 0
    package var kind: Kind
    package var health: TokenHealth
    /// Whether it is not known what stands at some of its places: the worst is taken for true there.
    package var isHidden = false

    package init(
        name: String, clientID: String, failure: BrandFailure? = nil, attempts: Int32 = 0, kind: Kind,
        health: TokenHealth
    ) {
        self.name = name
        self.clientID = clientID
        self.failure = failure
        self.attempts = attempts
        self.kind = kind
        self.health = health
    }

    /// Why the brand was due, in words; nil where it was not.
    package var reasonWords: String? { reason?.words(outputs.lazy.map(\.path)) }
}

/// What happened to one of a brand's files.
package struct OutputOutcome: Sendable {
    package enum Kind: String, Sendable, CaseIterable {
        /// Its bytes, mode and owner were right, or there was nothing new to write.
        case unchanged
        case written
        /// What it would be in a run that only plans.
        case due
        /// Never touched: what stands at the path is not ours to replace.
        case refused
        /// Writing failed; the old content is in place.
        case failed
        /// The new content is in place, but may not survive a loss of power.
        case durabilityUnknown = "durability-unknown"
    }

    package let path: String
    /// What was in the way, and what to do.
    package var message: String?
    // The small ones last: of ten thousand brands, the gap between would cost 160 KB.
    package var kind: Kind
    /// What kind of failure it is; nil for the one that goes with how it ended.
    package var code: BrandFailure.Code?

    package init(path: String, kind: Kind, message: String? = nil, code: BrandFailure.Code? = nil) {
        self.path = path
        self.message = message
        self.kind = kind
        self.code = code
    }

    /// What it is for the brand, where it was not written.
    package var failure: BrandFailure? {
        switch kind {
        case .failed: BrandFailure(code ?? .outputNotWritten, message ?? "an output was not written")
        case .refused: BrandFailure(code ?? .outputRefused, message ?? "an output is refused")
        case .unchanged, .written, .due, .durabilityUnknown: nil
        }
    }
}
