// SPDX-License-Identifier: Apache-2.0

internal import Dispatch
internal import Glibc
internal import TokenRotation

/// Turns SIGTERM and SIGINT into a request to stop, as long as it lives.
final class StopSignals {
    private let sources: [any DispatchSourceSignal]

    init(_ stop: StopRequest) {
        let queue = DispatchQueue(label: "signals")
        sources = [(SIGTERM, StopRequest.Reason.terminated), (SIGINT, .interrupted)].map { number, reason in
            // The default action would end the process before the source sees the signal.
            _ = signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: queue)
            source.setEventHandler { @Sendable in stop.stop(reason) }
            source.resume()
            return source
        }
    }
}
