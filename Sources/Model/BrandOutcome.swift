// SPDX-License-Identifier: Apache-2.0

/// The result of one brand in one run. Each brand of the run has exactly one.
package struct BrandOutcome: Sendable {
    package enum Kind: String, Sendable, CaseIterable {
        /// Not due: nothing was requested.
        case fresh
        /// Due, in a dry run.
        case due
        /// A new token was requested and published.
        case rotated
        /// The current token was published again, because a file's mode, owner or content was not as configured.
        case repaired
        /// A new token was published, but it expires before the next run can replace it.
        case shortLived = "short-lived"
        case failed
        /// The run was stopped or reached its deadline before the brand was finished.
        case unfinished
    }

    package let name: String
    package let clientID: String
    package var outputs: [OutputOutcome] = []
    package var failure: BrandFailure?
    package var duration: Duration = .zero
    /// Of the published token; the earliest if the outputs differ.
    package var issuedAt: Timestamp?
    package var expiresAt: Timestamp?
    /// Why the brand was due; nil if it was not.
    package var reason: RenewalReason?
    package var attempts: Int32 = 0
    package var kind: Kind
    package var health: TokenHealth
    /// Whether some outputs could not be read. ``health`` then assumes the worst for them.
    package var hasUnreadableOutputs = false

    package init(name: String, clientID: String, kind: Kind, health: TokenHealth) {
        self.name = name
        self.clientID = clientID
        self.kind = kind
        self.health = health
    }

    /// ``reason`` as a sentence; nil if the brand was not due.
    package var reasonWords: String? { reason?.words(outputs.lazy.map(\.path)) }
}

/// The result of one of a brand's outputs.
package struct OutputOutcome: Sendable {
    package enum Kind: String, Sendable, CaseIterable {
        /// Its bytes, mode and owner were right, or there was nothing new to write.
        case unchanged
        case written
        /// It would be written, in a dry run.
        case due
        /// Not touched, because the program must not replace what is at the path.
        case refused
        /// Writing failed; the old content is in place.
        case failed
        /// The new content is in place, but a power loss may undo it.
        case durabilityUnknown = "durability-unknown"
    }

    package let path: String
    /// What went wrong, and what to do.
    package var message: String?
    // The small fields come last: padding between them would cost 160 KB for 10,000 brands.
    package var kind: Kind
    /// The failure's code; nil for the default code of ``kind``.
    package var code: BrandFailure.Code?

    package init(path: String, kind: Kind, message: String? = nil, code: BrandFailure.Code? = nil) {
        self.path = path
        self.message = message
        self.kind = kind
        self.code = code
    }

    /// The brand's failure, if the output was not written.
    package var failure: BrandFailure? {
        switch kind {
        case .failed: BrandFailure(code ?? .outputNotWritten, message ?? "an output was not written")
        case .refused: BrandFailure(code ?? .outputRefused, message ?? "an output is refused")
        case .unchanged, .written, .due, .durabilityUnknown: nil
        }
    }
}
