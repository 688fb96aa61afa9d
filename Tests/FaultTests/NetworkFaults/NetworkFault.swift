// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport

/// Something that the network or a peer does, and what must come of it.
struct NetworkFault {
    /// What must come of one brand.
    struct Expectation {
        /// Of the report, such as `rotated`.
        var outcome: String
        var code: String?
        /// What the code may be instead, where the kernel's timing decides.
        var otherCode: String?
        var exit: Int32
        var attempts: ClosedRange<Int>
        /// One letter for each request that the server sees of the brand, the same letter for the same Request-Id; nil
        /// where how many are seen is libcurl's to decide.
        var requestIDs: String?

        var isRotated: Bool { outcome == "rotated" }

        /// It has a new token in the end.
        static func rotated(_ requestIDs: String? = "A", attempts: ClosedRange<Int>? = nil) -> Expectation {
            Expectation(
                outcome: "rotated", code: nil, exit: 0, attempts: attempts ?? Self.attempts(requestIDs),
                requestIDs: requestIDs)
        }

        /// It keeps its token; the next run may have more luck.
        static func passing(
            _ code: String, _ requestIDs: String? = "AAA", attempts: ClosedRange<Int>? = nil
        ) -> Expectation {
            Expectation(
                outcome: "failed", code: code, exit: 10, attempts: attempts ?? Self.attempts(requestIDs),
                requestIDs: requestIDs)
        }

        /// It keeps its token, and a person must act.
        static func lasting(
            _ code: String, _ requestIDs: String? = "A", attempts: ClosedRange<Int>? = nil
        ) -> Expectation {
            Expectation(
                outcome: "failed", code: code, exit: 20, attempts: attempts ?? Self.attempts(requestIDs),
                requestIDs: requestIDs)
        }

        func or(_ code: String) -> Expectation {
            var copy = self
            copy.otherCode = code
            return copy
        }

        private static func attempts(_ requestIDs: String?) -> ClosedRange<Int> {
            let count = requestIDs?.count ?? 1
            return count...count
        }
    }

    /// Whom it hits where three brands use the endpoint.
    enum Company {
        /// One brand, told by its Client-Id; the others must not notice.
        case oneByClient
        /// All: it comes before a request can be told from another. What must come of each.
        case all(Expectation)
        /// Whichever brand's connection is first, since none can be told from another yet; what must come of that one.
        /// The others must not notice.
        case firstConnection(Expectation)
        /// All that share the HTTP/2 connection which the one brand's first request ends: every brand rotates.
        case sharedConnection
    }

    enum Transport: String { case plain, tls, http2 }

    /// The number of the fault, 1 to 72; several cases may be of one.
    var row: Int
    var what: String
    var transport = Transport.plain
    var listens = "yes"
    /// A certificate that connections named `impostor` are shown.
    var impostor: String?
    /// What becomes of the first, second … connection; the last of all further ones.
    var connections = ["serve"]
    /// What the first, second … request of the faulty brand gets; the last of all further ones.
    var steps = ["ok"]
    /// A name for the endpoint's host, for our own resolver; otherwise the address.
    var host: String?
    /// Further lines of the configuration; `PORT` is the listener's.
    var settings = ""
    /// An endpoint that is not the listener, where that one is a proxy.
    var endpoint: String?
    /// The environment's proxy, as `settings`.
    var environmentProxy: String?
    var expect: Expectation
    var company = Company.oneByClient
    /// In seconds, between the first and the second request of the faulty brand, at least.
    var gap = 0.0
    /// In seconds, for the whole run.
    var longest = 30.0
    /// Runs before the one that is looked at.
    var earlierRuns = 0
    /// A word that the report's warnings must hold.
    var warns: String?

    var name: String { "N\(row) \(what)" }
    var needsResolver: Bool { host != nil || endpoint?.contains(".test") == true || settings.contains(".test") }

    /// Where time is what the fault takes: short limits, so that nobody waits.
    static let limits = "connect_timeout: 1s\nrequest_timeout: 1500ms"

    func over(_ transport: Transport) -> NetworkFault {
        var copy = self
        copy.transport = transport
        copy.what += ", over TLS"
        return copy
    }
}
