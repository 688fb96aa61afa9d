// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
import Glibc

/// One JSON line for each request, written before it is answered. Holds no secret, signature or token.
struct RequestLog: Sendable {
    /// A line of the log; what is not known is null.
    struct Entry: Sendable, Encodable {
        /// The server's time.
        var time: String
        /// The port of the client: one connection has one.
        var peerPort: Int?
        var method: String
        var path: String
        var clientID: String?
        var requestID: String?
        var requestTimestamp: String?
        /// The lifetime asked for, in minutes.
        var validMinutes: Int?
        /// The status answered; null where the connection is closed or left hanging.
        var status: Int?
        var fault: Fault?
        /// Whether an earlier answer was given again.
        var replay = false

        private enum CodingKeys: String, CodingKey {
            case time
            case peerPort = "peer_port"
            case method
            case path
            case clientID = "client_id"
            case requestID = "request_id"
            case requestTimestamp = "request_timestamp"
            case validMinutes = "valid_minutes"
            case status
            case fault
            case replay
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

    /// Open until the process ends.
    private let descriptor: Int32

    /// Appends to the file, which is made if it does not exist; nil if it cannot be opened.
    init?(path: String) {
        descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
        if descriptor < 0 { return nil }
    }

    func write(_ entry: Entry) {
        FileWriting.write(String(decoding: JSON.bytes(entry), as: UTF8.self) + "\n", to: descriptor)
    }
}
