// SPDX-License-Identifier: Apache-2.0

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
