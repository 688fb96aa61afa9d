// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
import Glibc

/// Writes to the standard streams and the log. Standard output carries only the address of the server.
enum Output {
    static func complain(_ problem: String) {
        write("doku-sandbox: \(problem)\n", to: STDERR_FILENO)
    }

    /// Writes all of `text`, if possible in one call. Failures are not reported.
    static func write(_ text: String, to descriptor: Int32) {
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let written = unsafe rest.withUnsafeBytes { bytes in
                unsafe Glibc.write(descriptor, bytes.baseAddress, bytes.count)
            }
            if written < 0, errno == EINTR { continue }
            guard written > 0 else { return }
            rest = rest.dropFirst(written)
        }
    }
}

/// One JSON line for each request, written before the response. It contains no secret, signature or token.
struct RequestLog: Sendable {
    /// Open until the process exits.
    private let descriptor: Int32

    /// Appends to the file or creates it. Nil if the file cannot be opened.
    init?(path: String) {
        descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
        if descriptor < 0 { return nil }
    }

    /// Unknown values are written as null.
    func write(_ entry: KeyValuePairs<String, (any Encodable)?>) {
        let members = entry.map { key, value in
            "\"\(key)\":" + (value.map { String(decoding: JSON.bytes($0), as: UTF8.self) } ?? "null")
        }
        Output.write("{" + members.joined(separator: ",") + "}\n", to: descriptor)
    }
}

/// The sandbox writes JSON with sorted keys and unescaped slashes.
enum JSON {
    static func bytes(_ value: some Encodable) -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        // Strings and integers can always be encoded.
        return (try? encoder.encode(value)) ?? Data()
    }
}
