// SPDX-License-Identifier: Apache-2.0

/// What a peer that answers says.
extension NetworkFault {
    private static func one(
        _ row: Int, _ what: String, _ steps: String..., expect: Expectation, settings: String = "", gap: Double = 0,
        warns: String? = nil
    ) -> NetworkFault {
        NetworkFault(row: row, what: what, steps: steps, settings: settings, expect: expect, gap: gap, warns: warns)
    }

    /// One more try with a new Request-Id, and no better.
    private static func unusable(_ row: Int, _ what: String, _ body: String, code: String) -> NetworkFault {
        one(row, what, "body:" + body, expect: .lasting(code, "AB"))
    }

    static let answers: [NetworkFault] =
        ["301", "302", "303", "307", "308"].map {
            one(39, "redirect \($0)", "redirect:\($0)", expect: .lasting("redirect-refused"))
        } + [
            one(41, "204", "no-content", expect: .lasting("answer-malformed", "AB")),
            one(41, "204, then well", "no-content", "ok", expect: .rotated("AB")),
            unusable(41, "200 without a body", "empty", code: "answer-malformed"),
            unusable(42, "a web page", "html", code: "answer-malformed"),
            one(42, "a web page, then well", "body:html", "ok", expect: .rotated("AB")),
            one(43, "text/html, but a token", "type:text/html", expect: .rotated(), warns: "answer-type"),
            unusable(44, "no JSON", "text", code: "answer-malformed"),
            unusable(44, "JSON that was cut", "cut", code: "answer-malformed"),
            unusable(44, "deep arrays", "deep", code: "answer-malformed"),
            unusable(44, "deep objects", "deep-object", code: "answer-malformed"),
            unusable(44, "two tokens", "twice", code: "answer-malformed"),
            unusable(44, "more behind the JSON", "behind", code: "answer-malformed"),
            unusable(44, "no UTF-8", "not-utf8", code: "answer-malformed"),
            unusable(44, "an array", "array", code: "answer-malformed"),
        ]

    static let tokens: [NetworkFault] =
        [
            unusable(45, "token missing", "missing", code: "token-invalid"),
            unusable(45, "token empty", "empty-token", code: "token-invalid"),
            unusable(45, "token null", "null", code: "token-invalid"),
            unusable(45, "token a number", "number", code: "answer-malformed"),
            unusable(45, "token with a line end", "control", code: "token-invalid"),
            unusable(45, "token with NUL", "nul", code: "token-invalid"),
            unusable(45, "token with a space", "space", code: "token-invalid"),
            unusable(45, "token of 20 KB", "long", code: "token-invalid"),
            one(45, "token of 1 MiB: above the limit of an answer", "body:huge", expect: .lasting("answer-too-large")),
            one(45, "token missing, then well", "body:missing", "ok", expect: .rotated("AB")),
            unusable(47, "token expired", "expired", code: "token-expired"),
            one(47, "token expired, then well", "body:expired", "ok", expect: .rotated("AB")),
            one(
                47, "token expired by the server's Date", "dated:200:7200:expired-there",
                expect: .lasting("token-expired", "AB")),
            // The time in an answer may be anybody's: a token is judged by its own.
            one(47, "a good token with a Date two hours ahead", "good-dated:7200", expect: .rotated("A")),
            one(47, "a good token with a Date two hours behind", "good-dated:-7200", expect: .rotated("A")),
            unusable(47, "token of another brand", "foreign", code: "token-foreign"),
            one(48, "token same as the current one", "current", expect: .rotated()),
            unusable(46, "exp 0", "exp-0", code: "token-expired"),
            unusable(46, "exp negative", "exp-negative", code: "token-expired"),
        ]
        // DOKU has no such field: the token's own end counts.
        + ["missing", "0", "negative", "text", "huge"].map {
            one(46, "expires_in \($0)", "body:expires-\($0)", expect: .rotated())
        }
        // Without an end that can be read, what was asked for counts (`valid_time`).
        + ["missing", "text", "huge"].map { one(46, "exp \($0)", "body:exp-\($0)", expect: .rotated()) }

    static let statuses: [NetworkFault] =
        [
            one(49, "400", "status:400", expect: .lasting("request-refused")),
            one(49, "400 for the signature", "status:400:invalid_signature", expect: .lasting("credentials-rejected")),
            one(49, "400 for the client", "status:400:invalid_client_id", expect: .lasting("credentials-rejected")),
            one(50, "401", "status:401", expect: .lasting("credentials-rejected")),
            one(50, "403", "status:403", expect: .lasting("credentials-rejected")),
            one(
                50, "401 and another clock, then a web page, then well", "dated:401:7200:text", "body:html", "ok",
                expect: .rotated("ABC")),
            one(50, "401 and another clock, then well", "dated:401:7200:text", "ok", expect: .rotated("AB")),
            one(
                50, "401 and another clock, always", "dated:401:7200:text",
                expect: .lasting("credentials-rejected", "AB"), warns: "clock-skew"),
            NetworkFault(
                row: 50, what: "401 and another clock, one request at a time", steps: ["dated:401:7200:text"],
                settings: "concurrency: 1", expect: .lasting("credentials-rejected", "AB"), warns: "clock-skew"),
            one(53, "409 with the first answer", "issue-and-close", "replay", expect: .rotated("AA")),
            one(54, "409 without a token", "status:409", expect: .passing("request-id-spent", "AB")),
            one(54, "409 without a token, then well", "status:409", "ok", expect: .rotated("AB")),
        ]
        + ["404", "405", "410", "415", "422"].map {
            one(51, $0, "status:\($0)", expect: .lasting("request-refused"))
        }
        + ["408", "425"].flatMap {
            [
                one(52, $0, "status:\($0)", expect: .passing("server-error", "AAA")),
                one(52, "\($0), then well", "status:\($0)", "ok", expect: .rotated("AA")),
            ]
        }
        + ["413", "414", "431"].map { one(55, $0, "status:\($0)", expect: .lasting("request-refused")) }
        // A definite answer: the next attempt is another request (the protocol's text, which is newer than the table).
        + ["500", "502", "504", "522", "524"].map {
            one(58, $0, "status:\($0)", expect: .passing("server-error", "ABC"))
        }
        + [one(58, "500, then well", "status:500", "ok", expect: .rotated("AB"))]
        + ["501", "505", "511"].map { one(60, $0, "status:\($0)", expect: .lasting("request-refused")) }

    static let waits: [NetworkFault] = [
        one(56, "429 without Retry-After", "retry-after:429:none", expect: .passing("rate-limited", "ABC")),
        one(56, "429, Retry-After: 1", "retry-after:429:1", "ok", expect: .rotated("AB"), gap: 1),
        one(56, "429, Retry-After: 0", "retry-after:429:0", "ok", expect: .rotated("AB")),
        one(57, "Retry-After as RFC 1123 has it", "retry-after:429:date", "ok", expect: .rotated("AB"), gap: 2),
        one(57, "Retry-After as RFC 850 has it", "retry-after:429:rfc850", "ok", expect: .rotated("AB"), gap: 2),
        one(57, "Retry-After as asctime has it", "retry-after:429:asctime", "ok", expect: .rotated("AB"), gap: 2),
        one(57, "Retry-After by a clock an hour ahead", "retry-after:429:ahead", "ok", expect: .rotated("AB"), gap: 2),
        one(57, "Retry-After in the past", "retry-after:429:past", "ok", expect: .rotated("AB")),
        one(57, "Retry-After garbage", "retry-after:429:garbage", "ok", expect: .rotated("AB")),
        one(57, "Retry-After negative", "retry-after:429:-7", "ok", expect: .rotated("AB")),
        // What does not fit the deadline ends the brand at once.
        one(57, "Retry-After in the year 9999", "retry-after:429:absurd", expect: .passing("rate-limited", "A")),
        one(
            57, "Retry-After beyond all numbers", "retry-after:429:\(String(repeating: "9", count: 40))",
            expect: .passing("rate-limited", "A")),
        one(57, "Retry-After beyond the deadline", "retry-after:429:121", expect: .passing("rate-limited", "A")),
        one(59, "503 without Retry-After", "retry-after:503:none", expect: .passing("server-error", "ABC")),
        one(59, "503, Retry-After: 1", "retry-after:503:1", "ok", expect: .rotated("AB"), gap: 1),
    ]
}
