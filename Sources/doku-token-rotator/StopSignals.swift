// SPDX-License-Identifier: Apache-2.0

internal import Dispatch
internal import Glibc
internal import Model
internal import TokenRotation

/// Turns SIGTERM and SIGINT into a request to stop, as long as it lives.
final class StopSignals {
    private let sources: [any DispatchSourceSignal]

    init(_ stop: StopRequest) {
        // Blocked, since the default action would end the process before a source sees the signal; not ignored, since
        // that would throw away what comes before the sources are at work. Threads started later inherit it.
        var stops = sigset_t()
        unsafe sigemptyset(&stops)
        unsafe sigaddset(&stops, SIGTERM)
        unsafe sigaddset(&stops, SIGINT)
        unsafe pthread_sigmask(SIG_BLOCK, &stops, nil)
        let queue = DispatchQueue(label: "signals")
        sources = [(SIGTERM, StopRequest.Reason.terminated), (SIGINT, .interrupted)].map { number, reason in
            let source = DispatchSource.makeSignalSource(signal: number, queue: queue)
            source.setEventHandler { @Sendable in
                stop.stop(reason)
                // Whatever still hangs then, a disk or a reader of the report: the process does not.
                queue.asyncAfter(deadline: .now() + .milliseconds(1950)) { @Sendable in
                    Console.leave((reason == .terminated ? ExitStatus.terminated : .interrupted).rawValue)
                }
            }
            source.resume()
            return source
        }
    }
}
