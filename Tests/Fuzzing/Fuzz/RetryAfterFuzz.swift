// SPDX-License-Identifier: Apache-2.0

internal import Curl
internal import Model

/// `Retry-After` and `Date`: two lines of any bytes, the wait they ask for is a sane one or none.
func fuzzRetryAfter(_ bytes: [UInt8]) {
    let lines = bytes.split(separator: 0x0a, maxSplits: 1, omittingEmptySubsequences: false)
    let value = String(decoding: lines[0], as: UTF8.self)
    let date = lines.count > 1 ? String(decoding: lines[1], as: UTF8.self) : nil
    guard let wait = RetryAfter.wait(value, date: date, now: 1_700_000_000) else { return }
    require(wait >= .zero, "a wait into the past")
    require(wait <= .seconds(1_000_000_000), "a wait without end")
    let isNumber = !value.isEmpty && value.utf8.allSatisfy { (0x30...0x39).contains($0) }
    if isNumber, let seconds = Int64(value), seconds < 1_000_000_000 {
        require(wait == .seconds(seconds), "another number of seconds than written")
    }
    let policy = RetryPolicy(attempts: 3)
    for random in [0, 0.5, 0.999] {
        let remaining = Duration.seconds(120)
        if let next = policy.next(
            after: 1, advice: .transient(.fresh, after: wait), remaining: remaining, random: random)
        {
            require(next.wait >= wait && next.wait < remaining, "a wait that does not fit")
        }
    }
}
