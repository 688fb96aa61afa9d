// SPDX-License-Identifier: Apache-2.0

internal import Synchronization

/// A place that holds the tokens of many brands and is written in one step, such as a snippet file or a Kubernetes
/// Secret. It keeps what it read and wrote to itself; calls of one destination never overlap.
package protocol SharedDestination: AnyObject, Sendable {
    /// Names of the brands with a place in it, in the order of the configuration.
    var brands: [String] { get }

    /// What messages and reports call it.
    var name: String { get }

    /// Why it could not be read: nothing is written over what is not known.
    var failure: BrandFailure? { get }

    /// How long a new token may wait for others before the destination is written.
    var interval: Duration { get }

    /// Whether a run must ask beforehand, once for all brands, whether new tokens could be written.
    var probesWrites: Bool { get }

    /// Reads what is there. Called once, before anything else.
    func read()

    /// What was read at the brand's places.
    func snapshots(of brand: Brand) -> [OutputSnapshot]

    /// Asks whether new tokens could be written for these brands, so that none is requested in vain. The brands'
    /// snapshots have the refusals afterwards.
    func probeWrite(for brands: Set<String>)

    /// Writes the new tokens, and keeps the last good token of every other brand.
    ///
    /// - Parameters:
    ///   - tokens: new ones by name of the brand: all of the run so far.
    ///   - isLast: whether no more come: what fails then has failed, and is not tried again.
    ///   - barrier: passed before anything changes.
    /// - Returns: nil if the write failed and is to be tried again.
    func write(_ tokens: [String: Token], isLast: Bool, barrier: WriteBarrier?) -> [PlaceOutcome]?

    /// Tokens that were read and that no file holds.
    var hiddenTokens: [Token] { get }
}

/// What happened at one brand's place in a shared destination.
package struct PlaceOutcome: Sendable {
    package let brand: String
    package var output: OutputOutcome
    /// Whether the write may have taken effect although it counts as failed.
    package var mayHaveArrived = false

    package init(brand: String, output: OutputOutcome, mayHaveArrived: Bool = false) {
        self.brand = brand
        self.output = output
        self.mayHaveArrived = mayHaveArrived
    }
}

/// Makes the shared destinations of a configuration that are not files, for one run. The run ends at the instant given,
/// or when it is stopped.
package typealias DestinationMaker =
    @Sendable (_ configuration: Configuration, _ stop: Cancellation, _ end: ContinuousClock.Instant) ->
    [any SharedDestination]

/// Does something once, before a run changes its first file; callers that come meanwhile wait until it is done.
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
