// SPDX-License-Identifier: Apache-2.0

internal import Dispatch
internal import Glibc
internal import Model

/// Turns SIGTERM and SIGINT into a cancellation request until it is freed.
final class StopSignals {
    private let sources: [any DispatchSourceSignal]

    init(_ stop: Cancellation) {
        // The default action would end the process, and ignoring would lose signals that arrive before the sources
        // start. So the signals are blocked. New threads inherit the mask.
        var stops = sigset_t()
        unsafe sigemptyset(&stops)
        unsafe sigaddset(&stops, SIGTERM)
        unsafe sigaddset(&stops, SIGINT)
        unsafe pthread_sigmask(SIG_BLOCK, &stops, nil)
        let queue = DispatchQueue(label: "signals")
        sources = [(SIGTERM, Cancellation.Reason.terminated), (SIGINT, .interrupted)].map { number, reason in
            let source = DispatchSource.makeSignalSource(signal: number, queue: queue)
            source.setEventHandler { @Sendable in
                stop.stop(reason)
                // Exit in time even if a disk or a reader of the report hangs.
                queue.asyncAfter(deadline: .now() + .milliseconds(1950)) { @Sendable in
                    Console.leave((reason.exitStatus ?? .internal).rawValue)
                }
            }
            source.resume()
            return source
        }
    }
}
