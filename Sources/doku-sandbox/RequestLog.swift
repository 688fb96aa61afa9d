// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
import Glibc

/// One JSON line for each request, written before the response. It contains no secret, signature or token.
struct RequestLog: Sendable {
    /// A line of the log. Unknown values are null. Keys are written in snake case.
    struct Entry: Sendable, Encodable {
        /// The time of the server.
        var time: String
        /// The port of the client identifies its connection.
        var peerPort: Int?
        var method: String
        var path: String
        var clientID: String?
        var requestID: String?
        var requestTimestamp: String?
        /// The requested lifetime, in minutes.
        var validMinutes: Int?
        /// Nil if there is no response.
        var status: Int?
        var fault: Fault?
        /// Whether an earlier response was sent again.
        var replay = false

        private enum CodingKeys: CodingKey {
            case time, peerPort, method, path, clientID, requestID, requestTimestamp, validMinutes, status, fault,
                replay
        }

        func encode(to encoder: any Encoder) throws {
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encode(time, forKey: .time)
            try container.encode(peerPort, forKey: .peerPort)
            try container.encode(method, forKey: .method)
            try container.encode(path, forKey: .path)
            try container.encode(clientID, forKey: .clientID)
            try container.encode(requestID, forKey: .requestID)
            try container.encode(requestTimestamp, forKey: .requestTimestamp)
            try container.encode(validMinutes, forKey: .validMinutes)
            try container.encode(status, forKey: .status)
            try container.encode(fault, forKey: .fault)
            try container.encode(replay, forKey: .replay)
        }
    }

    /// Open until the process exits.
    private let descriptor: Int32

    /// Appends to the file or creates it. Nil if the file cannot be opened.
    init?(path: String) {
        descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
        if descriptor < 0 { return nil }
    }

    func write(_ entry: Entry) {
        Output.write(
            String(decoding: JSON.bytes(entry, keys: .convertToSnakeCase), as: UTF8.self) + "\n", to: descriptor)
    }
}
