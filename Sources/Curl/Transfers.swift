// SPDX-License-Identifier: Apache-2.0
// The module Curl: HTTP requests by libcurl, many at a time.

internal import CCurl
internal import Dispatch
internal import Glibc
internal import Synchronization

/// Many requests at a time over one libcurl *multi* handle, driven by one poll loop on a serial queue of its own.
///
/// One multi handle shares connections, TLS sessions and the trust store: HTTP/2 carries all requests to one host over
/// one connection. The loop runs while there is something to do; nothing stays behind afterwards but idle connections.
package final class Transfers: Sendable {
    package typealias Completion = @Sendable (Result<HTTPReply, CurlError>) -> Void

    /// Something to send at a given time. The request is made when a place is free, so that what it carries is fresh.
    private struct Submission: Sendable {
        /// Since the transfers were made. Not an instant: what holds one is slow to copy.
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
    /// Entered by the loop alone; the lock is how the compiler knows.
    private let loop: Mutex<TransferLoop>
    /// Wakes the loop out of its poll.
    private let bell: Int32
    /// Whether the bell has been rung since the inbox was last emptied: once is enough.
    private let isRung = Atomic<Bool>(false)

    /// - Throws: ``CurlError`` of kind `internal`, where libcurl cannot be started.
    package init(options: TransferOptions) throws(CurlError) {
        let global = Self.startLibrary
        guard global == 0 else {
            throw CurlError(kind: .internal, code: global, message: "libcurl cannot be started")
        }
        let bell = eventfd(0, Int32(EFD_NONBLOCK) | Int32(EFD_CLOEXEC))
        guard bell >= 0 else {
            throw CurlError(kind: .internal, message: "too many open files: raise the limit (ulimit -n, LimitNOFILE=)")
        }
        self.bell = bell
        began = .now
        loop = Mutex(try TransferLoop(options: options, bell: bell, since: began))
    }

    deinit { close(bell) }

    /// Once a process, whoever comes first.
    private static let startLibrary = Int32(bitPattern: curl_global_init_wiping().rawValue)

    /// Sends a request as soon as a place is free, not before `notBefore`.
    ///
    /// Both closures are called on the loop's thread and must be short; `completion` exactly once, whatever happens.
    ///
    /// - Parameter goesFirst: whether it takes the next free place, before all that wait for one; then `notBefore` is not
    ///   looked at.
    package func submit(
        notBefore: ContinuousClock.Instant? = nil, goesFirst: Bool = false,
        makeRequest: @escaping @Sendable () -> HTTPRequest,
        completion: @escaping Completion
    ) {
        let submission = Submission(
            notBefore: notBefore.map { $0 - began }, goesFirst: goesFirst, makeRequest: makeRequest,
            completion: completion)
        let (start, isCancelled) = inbox.withLock { inbox in
            if inbox.isCancelled { return (false, true) }
            inbox.arrivals.append(submission)
            defer { inbox.isRunning = true }
            return (!inbox.isRunning, false)
        }
        if isCancelled {
            queue.async { @Sendable in completion(.failure(.cancelled)) }
        } else if start {
            queue.async { @Sendable [self] in run() }
        } else {
            ring()
        }
    }

    /// Sends a request and waits for what becomes of it.
    package func result(of request: HTTPRequest) -> Result<HTTPReply, CurlError> {
        let result = Mutex<Result<HTTPReply, CurlError>?>(nil)
        let isThere = DispatchSemaphore(value: 0)
        submit {
            request
        } completion: { given in
            result.withLock { $0 = given }
            isThere.signal()
        }
        isThere.wait()
        return result.withLock { $0 } ?? .failure(CurlError(kind: .internal, message: "no result"))
    }

    /// Takes back everything that has no answer yet, and whatever is submitted from now on: each completes with
    /// ``CurlError/Kind/cancelled``. May be called from any thread, more than once.
    package func cancel() {
        inbox.withLock { $0.isCancelled = true }
        ring()
    }

    private func ring() {
        guard !isRung.exchange(true, ordering: .acquiringAndReleasing) else { return }
        var one: UInt64 = 1
        // A full counter wakes the loop just as well.
        unsafe _ = write(bell, &one, 8)
    }

    private func run() {
        loop.withLock { loop in
            while true {
                isRung.store(false, ordering: .releasing)
                let (arrivals, isCancelled, isDone) = inbox.withLock { inbox in
                    defer { inbox.arrivals = [] }
                    let isDone = inbox.arrivals.isEmpty && loop.isIdle
                    if isDone { inbox.isRunning = false }
                    return (inbox.arrivals, inbox.isCancelled, isDone)
                }
                if isDone { return }
                for arrival in arrivals {
                    loop.add(
                        notBefore: arrival.notBefore, goesFirst: arrival.goesFirst, makeRequest: arrival.makeRequest,
                        completion: arrival.completion)
                }
                if isCancelled { loop.cancelAll() } else { loop.turn() }
            }
        }
    }
}
