// SPDX-License-Identifier: Apache-2.0

internal import Synchronization

/// A destination that holds the tokens of many brands and is written in one step, such as a snippet file or a Secret.
/// Calls to one destination never overlap.
package protocol SharedDestination: AnyObject, Sendable {
    /// Names of the brands with an entry in it, in the order of the configuration.
    var brands: [String] { get }
    /// What it is, in words of the document of `doctor`, as in `kubernetes-secret`.
    var kind: String { get }
    /// Its name in messages and reports. For a file this is the path.
    var name: String { get }
    /// Why it was not read, or must not be written. Writing might then destroy its content.
    var failure: BrandFailure? { get }
    /// Whether its mode, owner or labels are as configured, so far as they are known.
    var isAsConfigured: Bool { get }
    /// How long a new token may wait for others before the destination is written.
    var interval: Duration { get }
    /// Whether each write replaces the entries of all brands, also of those without a new token.
    var isReplacedWhole: Bool { get }
    /// Whether the run must call ``probeWrite(for:)`` before it requests tokens.
    var probesWrites: Bool { get }

    /// Reads the content. Called once, before all other calls.
    func read()

    /// The content of the brand's entries.
    func snapshots(of brand: Brand) -> [OutputSnapshot]

    /// Checks whether new tokens for these brands could be written. Sets the refusals of the brands' snapshots.
    func probeWrite(for brands: Set<String>)

    /// Writes the new tokens, and keeps the last valid token of every other brand.
    ///
    /// - Parameters:
    ///   - tokens: all new tokens of the run so far, by brand name.
    ///   - isLast: whether a failure is final.
    ///   - barrier: passed before the first change.
    /// - Returns: nil if the write failed and must be retried.
    func write(_ tokens: [String: Token], isLast: Bool, barrier: WriteBarrier?) -> [PlaceOutcome]?

    /// The tokens that were read here or given to ``write(_:isLast:barrier:)``, if they are in no file of this host.
    /// Does not wait for a write in progress.
    var tokensNotInFiles: [Token] { get }
}

/// The defaults suit a file. The run checks its directory together with the directories of the brands' own files.
extension SharedDestination {
    package var isReplacedWhole: Bool { true }
    package var probesWrites: Bool { false }
    package func probeWrite(for brands: Set<String>) {}
    package var tokensNotInFiles: [Token] { [] }
}

/// The result of one brand's entry in a shared destination.
package struct PlaceOutcome: Sendable {
    package let brand: String
    package var output: OutputOutcome
    /// Whether the write counts as failed, but may have taken effect.
    package var mayHaveArrived = false

    package init(brand: String, output: OutputOutcome, mayHaveArrived: Bool = false) {
        self.brand = brand
        self.output = output
        self.mayHaveArrived = mayHaveArrived
    }
}

/// Creates those shared destinations of a configuration that are not files, for one run. The run ends at `end`, or when
/// it is cancelled.
package typealias DestinationMaker =
    @Sendable (_ configuration: Configuration, _ stop: Cancellation, _ end: ContinuousClock.Instant) ->
    [any SharedDestination]

/// Runs an action once, before the run changes its first file. Concurrent callers wait until it is done.
package final class WriteBarrier: Sendable {
    private let body: Mutex<(@Sendable () -> Void)?>

    package init(_ body: @escaping @Sendable () -> Void) {
        self.body = Mutex(body)
    }

    package func pass() {
        body.withLock { body in
            body?()
            body = nil
        }
    }
}
