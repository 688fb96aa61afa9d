// SPDX-License-Identifier: Apache-2.0

import Glibc

/// The place where the sandbox tells people what is wrong. Standard output carries its address and nothing else.
enum StandardError {
    static func write(_ line: String) {
        FileWriting.write(line + "\n", to: STDERR_FILENO)
    }
}

/// Whole writes to a descriptor.
enum FileWriting {
    /// Writes all of `text`, in one call as far as the kernel takes it; failures are not reported.
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
