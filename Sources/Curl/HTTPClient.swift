// SPDX-License-Identifier: Apache-2.0
// The module Curl: HTTP requests by libcurl, many at a time.

internal import CCurl
internal import Dispatch
internal import Glibc
internal import Synchronization

/// Sends many requests at a time over one libcurl multi handle. A poll loop runs it on a serial queue.
///
/// The multi handle shares connections, TLS sessions and the trust store. HTTP/2 carries all requests to one host
/// over one connection. The loop ends when there is nothing to do; only idle connections remain.
package final class HTTPClient: Sendable {
    package typealias Completion = @Sendable (Result<HTTPResponse, CurlError>) -> Void

    /// A request that is created when it can be sent, so that its timestamp is current.
    struct Submission: Sendable {
        /// Since the client was created; nil for at once. Not an instant, which is slow to copy.
        let notBefore: Duration?
        let goesFirst: Bool
        let makeRequest: @Sendable () -> HTTPRequest
        let completion: Completion
    }

    private struct Inbox: Sendable {
        var arrivals: [Submission] = []
        var isRunning = false
        var isCancelled = false
    }

    private let queue = DispatchQueue(label: "transfers")
    private let began: ContinuousClock.Instant
    private let inbox = Mutex(Inbox())
    /// Used by the loop only. The lock proves it to the compiler.
    private let loop: Mutex<HTTPClientLoop>
    private let wakeupFD: Int32
    /// Whether the loop was woken since the inbox was last emptied. Once is enough.
    private let isWoken = Atomic<Bool>(false)

    /// - Throws: ``CurlError`` of kind `internal` if libcurl cannot be initialized.
    package init(options: HTTPOptions) throws(CurlError) {
        guard Self.libraryIsReady else {
            throw CurlError(kind: .internal, message: "libcurl cannot be initialized")
        }
        wakeupFD = eventfd(0, Int32(EFD_NONBLOCK) | Int32(EFD_CLOEXEC))
        guard wakeupFD >= 0 else {
            throw CurlError(kind: .internal, message: "too many open files: raise the limit (ulimit -n, LimitNOFILE=)")
        }
        began = .now
        loop = Mutex(try HTTPClientLoop(options: options, wakeupFD: wakeupFD, since: began))
    }

    deinit { close(wakeupFD) }

    private static let libraryIsReady = curl_global_init_wiping() == CURLE_OK

    /// Sends a request when the number in progress allows it, and not before `notBefore`. Both closures are called on the
    /// thread of the loop and must be short. `completion` is called exactly once.
    /// - Parameter goesFirst: Whether the request goes before all waiting ones; `notBefore` is ignored then.
    package func submit(
        notBefore: ContinuousClock.Instant? = nil, goesFirst: Bool = false,
        makeRequest: @escaping @Sendable () -> HTTPRequest, completion: @escaping Completion
    ) {
        let submission = Submission(
            notBefore: notBefore.map { $0 - began }, goesFirst: goesFirst, makeRequest: makeRequest,
            completion: completion)
        let isRunning = inbox.withLock { inbox in
            inbox.arrivals.append(submission)
            defer { inbox.isRunning = true }
            return inbox.isRunning
        }
        if isRunning { wake() } else { queue.async { @Sendable [self] in run() } }
    }

    /// Sends a request, not before `notBefore`, and blocks until its result.
    package func result(
        of request: HTTPRequest, notBefore: ContinuousClock.Instant? = nil
    ) -> Result<HTTPResponse, CurlError> {
        let result = Mutex<Result<HTTPResponse, CurlError>?>(nil)
        let isThere = DispatchSemaphore(value: 0)
        submit(notBefore: notBefore) {
            request
        } completion: { given in
            result.withLock { $0 = given }
            isThere.signal()
        }
        isThere.wait()
        return result.withLock { $0 } ?? .failure(CurlError(kind: .internal, message: "no result"))
    }

    /// Cancels all requests without a response, and every later one. Thread-safe; may be called more than once.
    package func cancel() {
        inbox.withLock { $0.isCancelled = true }
        wake()
    }

    private func wake() {
        guard !isWoken.exchange(true, ordering: .acquiringAndReleasing) else { return }
        var one: UInt64 = 1
        // A full counter wakes the loop too.
        unsafe _ = write(wakeupFD, &one, 8)
    }

    private func run() {
        loop.withLock { loop in
            while true {
                isWoken.store(false, ordering: .releasing)
                let (arrivals, isCancelled, isDone) = inbox.withLock { inbox in
                    defer { inbox.arrivals = [] }
                    let isDone = inbox.arrivals.isEmpty && loop.isIdle
                    if isDone { inbox.isRunning = false }
                    return (inbox.arrivals, inbox.isCancelled, isDone)
                }
                if isDone { return }
                for arrival in arrivals { loop.add(arrival) }
                if isCancelled { loop.cancelAll() } else { loop.turn() }
            }
        }
    }
}
