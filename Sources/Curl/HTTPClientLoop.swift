// SPDX-License-Identifier: Apache-2.0

internal import CCurl
internal import Glibc

/// The libcurl multi handle and its waiting requests. Confined to one queue.
@safe final class HTTPClientLoop {
    /// With at least this many transfers in progress, the loop waits to handle several events at once.
    private static let many = 16
    /// In microseconds: short compared with a network round trip.
    private static let gathering: UInt32 = 500

    private let options: HTTPOptions
    private let multi: UnsafeMutableRawPointer
    private let wakeupFD: Int32
    private let start: ContinuousClock.Instant
    /// The requests to send now; the next one is last.
    private var ready: [HTTPClient.Submission] = []
    /// The requests behind ``ready``, in their order.
    private var arrivals: [HTTPClient.Submission] = []
    /// Latest first, so that the next one due is last.
    private var later: [(notBefore: Duration, submission: HTTPClient.Submission)] = []
    private var idle: [EasyHandle] = []
    /// Each handle is at its ``EasyHandle/place``.
    private var active: [EasyHandle] = []
    /// The socket of the shared HTTP/2 connection, after its first response; -1 without one.
    private var sharedSocket: curl_socket_t = -1
    /// The maximum of requests in progress; reduced if the peer uses HTTP/1.1.
    private var limit: Int

    init(options: HTTPOptions, wakeupFD: Int32, since start: ContinuousClock.Instant) throws(CurlError) {
        guard let multi = unsafe curl_multi_init() else {
            throw CurlError(kind: .internal, message: "no memory for transfers")
        }
        unsafe self.multi = multi
        self.options = options
        self.wakeupFD = wakeupFD
        self.start = start
        // Without TLS, each connection carries one request. More requests would only wait for a connection.
        limit = options.allowsPlainHTTP ? min(options.concurrency, options.connections) : options.concurrency
        for (option, value) in [
            (CURLMOPT_MAX_HOST_CONNECTIONS, options.connections),
            (CURLMOPT_MAXCONNECTS, options.connections),
            (CURLMOPT_MAX_CONCURRENT_STREAMS, max(100, options.concurrency)),
        ] {
            let code = unsafe curl_multi_setopt_long(multi, option, value)
            guard code == CURLM_OK else {
                throw CurlError(kind: .internal, message: "libcurl rejected a connection limit")
            }
        }
    }

    deinit {
        for handle in active { unsafe curl_multi_remove_handle(multi, handle.handle) }
        active = []
        idle = []
        unsafe curl_multi_cleanup(multi)
    }

    var isIdle: Bool { active.isEmpty && ready.isEmpty && arrivals.isEmpty && later.isEmpty }

    func add(_ submission: HTTPClient.Submission) {
        if submission.goesFirst { return ready.append(submission) }
        guard let notBefore = submission.notBefore else { return arrivals.append(submission) }
        let place = later.firstIndex { $0.notBefore <= notBefore } ?? later.endIndex
        later.insert((notBefore, submission), at: place)
    }

    /// One turn of the loop: starts requests, moves transfers, completes the finished ones, waits for an event.
    func turn() {
        let now = ContinuousClock.now - start
        while let next = later.last, next.notBefore <= now {
            later.removeLast()
            arrivals.append(next.submission)
        }
        perform(sends: startReady() > 0)
        if completeEnded() > 0 {
            // New requests may start now, so this turn does not wait.
            return
        }
        guard !active.isEmpty || !later.isEmpty else { return }
        let untilNext = later.last.map { Int32(clamping: min($0.notBefore - now, .seconds(1)).milliseconds) } ?? 1000
        var extra = curl_waitfd(fd: wakeupFD, events: Int16(CURL_WAIT_POLLIN), revents: 0)
        unsafe _ = curl_multi_poll(multi, &extra, 1, untilNext, nil)
        // Each pass checks every transfer. With many, a short wait lets one pass handle several events.
        if active.count >= Self.many { usleep(Self.gathering) }
        if extra.revents != 0 {
            var count: UInt64 = 0
            unsafe _ = read(wakeupFD, &count, 8)
        }
    }

    /// Returns the number of started requests.
    private func startReady() -> Int {
        let before = active.count
        while active.count < limit, let next = nextReady() {
            do throws(CurlError) {
                let handle = if let free = idle.popLast() { free } else { try EasyHandle(options: options) }
                try handle.prepare(next.makeRequest())
                let code = unsafe curl_multi_add_handle(multi, handle.handle)
                guard code == CURLM_OK else {
                    throw CurlError(kind: .internal, message: "libcurl rejected a transfer")
                }
                handle.completion = next.completion
                handle.place = active.count
                active.append(handle)
            } catch {
                next.completion(.failure(error))
            }
        }
        return active.count - before
    }

    private func nextReady() -> HTTPClient.Submission? {
        if ready.isEmpty {
            ready = arrivals.reversed()
            arrivals = []
        }
        return ready.popLast()
    }

    /// Lets libcurl send and receive.
    /// - Parameter sends: Whether there are new requests. They are sent in full packets over a shared connection:
    ///   libcurl writes each frame separately, and each would be a packet.
    private func perform(sends: Bool) {
        let socket = sends ? sharedSocket : -1
        // A closed socket is replaced after the next response.
        if socket >= 0, curl_cork(socket, 1) != 0 { sharedSocket = -1 }
        var running: Int32 = 0
        unsafe _ = curl_multi_perform(multi, &running)
        if socket >= 0, curl_cork(socket, 0) != 0 { sharedSocket = -1 }
    }

    private func learn(from handle: EasyHandle) {
        if handle.httpVersion != "HTTP/2" {
            limit = min(limit, options.connections)
            sharedSocket = -1
        } else if sharedSocket < 0 {
            sharedSocket = handle.socket
        }
    }

    /// Completes the transfers that libcurl reports as finished. Returns their number.
    private func completeEnded() -> Int {
        var ended = 0
        var left: Int32 = 0
        while let message = unsafe curl_multi_info_read(multi, &left) {
            guard unsafe message.pointee.msg == CURLMSG_DONE else { continue }
            let code = unsafe curl_message_result(message)
            var context: UnsafeMutableRawPointer?
            unsafe _ = curl_getinfo_pointer(message.pointee.easy_handle, CURLINFO_PRIVATE, &context)
            guard let handle = unsafe EasyHandle.from(context) else { continue }
            let result = handle.result(code)
            if case .success = result { learn(from: handle) }
            ended += 1
            retire(handle, with: result)
        }
        return ended
    }

    private func retire(_ handle: EasyHandle, with result: Result<HTTPResponse, CurlError>) {
        unsafe _ = curl_multi_remove_handle(multi, handle.handle)
        let last = active.removeLast()
        if last !== handle {
            last.place = handle.place
            active[last.place] = last
        }
        let completion = handle.completion
        handle.completion = nil
        if handle.isReusable { idle.append(handle) }
        completion?(result)
    }

    /// Completes all transfers in progress and all waiting requests as cancelled.
    func cancelAll() {
        for handle in active { retire(handle, with: .failure(.cancelled)) }
        let waiting = ready.reversed() + arrivals + later.map(\.submission)
        ready = []
        arrivals = []
        later = []
        for submission in waiting { submission.completion(.failure(.cancelled)) }
    }
}
