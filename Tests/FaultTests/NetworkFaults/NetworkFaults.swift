// SPDX-License-Identifier: Apache-2.0

extension NetworkFault {
    /// N1 to N72, each with its variants.
    static let all: [NetworkFault] =
        names + connecting + ending + malformed + slow + large + answers + tokens + statuses + waits + tls + http2
        + proxies + deadline

    /// Whichever brand's, the first connection fails and the next one does not.
    private static let onceStruck = Company.firstConnection(.rotated("A", attempts: 2...2))

    // MARK: N1–N10, N61–N66: before an answer

    private static let names: [NetworkFault] = [
        NetworkFault(
            row: 1, what: "no such name", transport: .tls, host: "none-1.faults.test",
            expect: .passing("host-not-resolved", "", attempts: 3...3),
            company: .all(.passing("host-not-resolved", "", attempts: 1...3))),
        NetworkFault(
            row: 1, what: "no such name, as in the run before", transport: .tls, host: "none-1.faults.test",
            settings: "state_dir: state", expect: .passing("host-not-resolved", "", attempts: 3...3),
            company: .all(.passing("host-not-resolved", "", attempts: 1...3)), earlierRuns: 1),
        NetworkFault(
            row: 1, what: "no such name at first", transport: .tls, host: "later-KEY.faults.test",
            expect: .rotated("A", attempts: 2...2), company: .all(.rotated("A", attempts: 1...2))),
        NetworkFault(
            row: 2, what: "the name server fails", transport: .tls, host: "failing-1.faults.test",
            expect: .passing("host-not-resolved", "", attempts: 3...3),
            company: .all(.passing("host-not-resolved", "", attempts: 1...3))),
        NetworkFault(
            row: 2, what: "the name server fails, as in the run before", transport: .tls, host: "failing-1.faults.test",
            settings: "state_dir: state", expect: .passing("host-not-resolved", "", attempts: 3...3),
            company: .all(.passing("host-not-resolved", "", attempts: 1...3)), earlierRuns: 1),
        NetworkFault(
            row: 2, what: "the name server is dead", transport: .tls, host: "dead-1.faults.test", settings: limits,
            expect: .passing("timed-out", "", attempts: 3...3),
            company: .all(.passing("timed-out", "", attempts: 1...3))),
        NetworkFault(
            row: 2, what: "the name server is slow", transport: .tls, host: "slow-KEY.faults.test", expect: .rotated(),
            company: .all(.rotated())),
        NetworkFault(
            row: 5, what: "IPv6 leads nowhere, IPv4 is fine", transport: .tls, listens: "dual",
            host: "dual.faults.test",
            expect: .rotated(), company: .all(.rotated())),
    ]

    private static let connecting: [NetworkFault] = [
        NetworkFault(
            row: 3, what: "connection refused", listens: "refused",
            expect: .passing("not-connected", "", attempts: 3...3),
            company: .all(.passing("not-connected", "", attempts: 1...3))),
        NetworkFault(
            row: 4, what: "connect black hole", listens: "full", settings: limits,
            expect: .passing("timed-out", "", attempts: 3...3),
            company: .all(.passing("timed-out", "", attempts: 1...3))),
        NetworkFault(
            row: 6, what: "RST on accept", connections: ["reset"],
            // The reset may come before connect(2) has returned.
            expect: .passing("connection-lost", "", attempts: 3...3).or("not-connected"), company: onceStruck),
        NetworkFault(
            row: 7, what: "close on accept", connections: ["close"],
            expect: .passing("connection-lost", "", attempts: 3...3), company: onceStruck),
    ]

    private static func one(
        _ row: Int, _ what: String, _ steps: String..., expect: Expectation, settings: String = "", gap: Double = 0,
        warns: String? = nil
    ) -> NetworkFault {
        NetworkFault(row: row, what: what, steps: steps, settings: settings, expect: expect, gap: gap, warns: warns)
    }

    private static let lost = Expectation.passing("connection-lost")

    private static let ending: [NetworkFault] = [
        one(8, "close after the request", "close", expect: lost),
        one(8, "close after the request, then well", "close", "ok", expect: .rotated("AA")),
        // libcurl sends it once more by itself, as nothing came back on a connection that had been used before;
        // unless the end of TLS looks like a failure, and the attempt is ours.
        one(
            8, "close of a kept connection", "status:503", "close", "ok", expect: .rotated("ABB", attempts: 2...3)),
        one(9, "RST after the request", "reset", expect: lost),
        one(9, "RST after the request, then well", "reset", "ok", expect: .rotated("AA")),
        one(10, "RST inside headers", "headers-reset", expect: lost),
        one(11, "close behind the status line", "status-close", expect: lost),
        one(11, "close between headers", "headers-close", expect: lost),
        one(11, "close inside a header", "header-close", expect: lost),
        one(11, "close inside headers, then well", "headers-close", "ok", expect: .rotated("AA")),
        one(12, "RST inside the body", "body-reset", expect: lost),
        one(13, "body shorter than its length", "shorter", expect: lost),
        one(14, "body longer than its length", "longer", expect: .rotated()),
        // libcurl drops what is too much; what is left is a JSON that was cut (N44).
        one(14, "body longer than a length that cuts it", "longer-cut", expect: .lasting("answer-malformed", "AB")),
        one(18, "no length, close", "no-length", expect: .rotated()),
        one(18, "no length, close inside the JSON", "no-length-cut", expect: .lasting("answer-malformed", "AB")),
        one(19, "no length, RST", "no-length-reset", expect: lost),
        one(20, "chunk cut", "chunk-cut", expect: lost),
        one(22, "last chunk missing", "last-chunk-missing", expect: lost),
    ]

    private static let never = Expectation.lasting("answer-malformed")

    private static let malformed: [NetworkFault] = [
        one(15, "two different lengths", "two-lengths", expect: never),
        one(16, "negative length", "length:-5", expect: never),
        one(17, "length beyond all numbers", "length:99999999999999999999", expect: never),
        one(17, "length that is none", "length:many", expect: never),
        one(21, "chunk size garbage", "chunk-garbage", expect: .lasting("answer-malformed", "AA")),
        one(21, "chunk size garbage, then well", "chunk-garbage", "ok", expect: .rotated("AA")),
        one(23, "unknown transfer coding", "unknown-coding", expect: never),
        one(24, "HTTP/0.9", "http-0.9", expect: .lasting("answer-malformed", "AA")),
        one(24, "random bytes", "random", expect: .lasting("answer-malformed", "AA")),
        one(24, "another protocol", "ssh", expect: .lasting("answer-malformed", "AA")),
        one(25, "bad status line", "status-line", expect: never),
        one(25, "HTTP/1.2", "version:1.2", expect: never),
        one(25, "HTTP/7.0", "version:7.0", expect: never),
        one(26, "status 999", "status-999", expect: never),
        one(27, "2 000 interim answers", "interim:2000", expect: .rotated()),
        one(30, "NUL in a header", "nul-in-header", expect: never),
        one(30, "a folded line for the first header", "folded-first", expect: never),
        one(40, "switching protocols", "upgrade", expect: never),
    ]

    // MARK: Time and size

    private static let slow: [NetworkFault] = [
        one(31, "accept, then silence", "silence", expect: .passing("timed-out"), settings: limits),
        one(31, "silence, then well", "silence", "ok", expect: .rotated("AA"), settings: limits),
        one(32, "headers, then silence", "headers-silence", expect: .passing("timed-out"), settings: limits),
        one(32, "part of the body, then silence", "body-silence", expect: .passing("timed-out"), settings: limits),
        one(33, "slow body", "slow-body", expect: .passing("timed-out"), settings: limits),
        one(34, "slow headers", "slow-headers", expect: .passing("timed-out"), settings: limits),
        one(34, "slow, but in time", "slow", expect: .rotated()),
    ]

    private static let tooLarge = Expectation.lasting("answer-too-large")

    private static let large: [NetworkFault] = [
        one(28, "one header of 400 KB", "one-header:400000", expect: tooLarge),
        one(29, "60 000 headers", "many-headers:60000", expect: tooLarge),
        one(35, "endless body", "endless", expect: tooLarge),
        one(35, "endless chunks", "endless-chunks", expect: tooLarge),
        // No coding is offered, so that none is undone, and what comes in one is not looked into.
        one(36, "gzip announced, not gzip", "gzip:fake", expect: .lasting("answer-malformed", "AB")),
        one(36, "gzip that nobody asked for", "gzip:real", expect: .lasting("answer-malformed", "AB")),
        one(37, "gzip bomb of 48 KB, never undone", "gzip:bomb", expect: .lasting("answer-malformed", "AB")),
        one(37, "gzip bomb of 80 KB, above the limit as it is", "gzip:large-bomb", expect: tooLarge),
        one(38, "gzip without its trailer", "gzip:no-trailer", expect: .lasting("answer-malformed", "AB")),
    ]

    // MARK: N67–N72

    private static func stream(
        _ row: Int, _ what: String, _ steps: String..., expect: Expectation, company: Company = .oneByClient
    ) -> NetworkFault {
        NetworkFault(row: row, what: what, transport: .http2, steps: steps, expect: expect, company: company)
    }

    private static let http2: [NetworkFault] = [
        // The next attempt does not go over the connection that leads nowhere.
        NetworkFault(
            row: 31, what: "silence on the whole HTTP/2 connection, once", transport: .http2,
            steps: ["connection-silence", "ok"], settings: limits, expect: .rotated("AA"), company: .sharedConnection),
        NetworkFault(
            row: 31, what: "silence on one HTTP/2 stream", transport: .http2, steps: ["silence"], settings: limits,
            expect: .passing("timed-out")),
        // libcurl asks again at once by itself, with the same bytes: the server has promised not to have acted.
        stream(67, "REFUSED_STREAM once", "refused-stream", "ok", expect: .rotated("AA", attempts: 1...1)),
        stream(
            67, "REFUSED_STREAM always", "refused-stream", expect: .passing("connection-lost", nil, attempts: 3...3)),
        stream(67, "INTERNAL_ERROR", "internal", expect: lost),
        stream(67, "INTERNAL_ERROR inside the body", "internal-in-body", expect: lost),
        stream(67, "INTERNAL_ERROR once", "internal", "ok", expect: .rotated("AA")),
        stream(
            67, "GOAWAY before the stream, once", "go-away-before", "ok", expect: .rotated(nil, attempts: 1...2),
            company: .sharedConnection),
        stream(
            67, "GOAWAY after the stream", "go-away-after", "ok", expect: .rotated(), company: .sharedConnection),
        stream(
            67, "GOAWAY inside the answer, once", "go-away-error", "ok", expect: .rotated("AA"),
            company: .sharedConnection),
        stream(
            67, "close inside the answer, once", "cut", "ok", expect: .rotated("AA"), company: .sharedConnection),
        stream(
            67, "RST of the connection, once", "reset-connection", "ok", expect: .rotated("AA"),
            company: .sharedConnection),
        stream(68, "COMPRESSION_ERROR", "compression", expect: .lasting("answer-malformed", "AA")),
        stream(68, "FLOW_CONTROL_ERROR", "flow-control", expect: .lasting("answer-malformed", "AA")),
        stream(68, "PROTOCOL_ERROR", "protocol", expect: .lasting("answer-malformed", "AA")),
        stream(68, "COMPRESSION_ERROR once", "compression", "ok", expect: .rotated("AA")),
        // libcurl leaves the other brands' streams to their timeout.
        NetworkFault(
            row: 68, what: "headers that cannot be decoded, once", transport: .http2, steps: ["bad-hpack", "ok"],
            settings: limits, expect: .rotated("AA"), company: .sharedConnection),
        stream(
            68, "flood of SETTINGS, once", "settings-flood", "ok", expect: .rotated("AA"), company: .sharedConnection),
        stream(68, "flood of PINGs, once", "ping-flood", "ok", expect: .rotated("AA"), company: .sharedConnection),
    ]

    private static let deadline: [NetworkFault] = [
        NetworkFault(
            row: 72, what: "the brand is slow: run deadline", steps: ["silence"],
            settings: "deadline: 5s\nrequest_timeout: 5s\nattempts: 10",
            expect: Expectation(
                outcome: "unfinished", code: "deadline-exceeded", exit: 10, attempts: 1...1, requestIDs: "A"),
            longest: 6.5),
        NetworkFault(
            row: 72, what: "every brand is slow: run deadline", connections: ["silence"],
            settings: "deadline: 5s\nrequest_timeout: 5s\nattempts: 10",
            expect: Expectation(
                outcome: "unfinished", code: "deadline-exceeded", exit: 10, attempts: 1...1, requestIDs: ""),
            company: .all(
                Expectation(
                    outcome: "unfinished", code: "deadline-exceeded", exit: 10, attempts: 1...1, requestIDs: "")),
            longest: 6.5),
    ]
}
