// SPDX-License-Identifier: Apache-2.0

internal import COpenSSL
internal import Synchronization

/// Bytes that are overwritten before their storage is freed.
package final class WipedBytes: Sendable {
    private let storage: Mutex<[UInt8]>
    package let count: Int

    /// Copies `bytes`. The caller wipes its own copy.
    package init(_ bytes: borrowing [UInt8]) {
        count = bytes.count
        // From a buffer, since a copy of an array shares its storage.
        storage = Mutex(unsafe bytes.withUnsafeBufferPointer { unsafe Array($0) })
    }

    deinit {
        storage.withLock { Self.wipe(&$0) }
    }

    package func withBytes<Result: Sendable>(_ body: (Span<UInt8>) -> Result) -> Result {
        storage.withLock { body($0.span) }
    }

    /// Overwrites an array in place and empties it. The array must not share its storage.
    package static func wipe(_ bytes: inout [UInt8]) {
        unsafe bytes.withUnsafeMutableBytes { unsafe OPENSSL_cleanse($0.baseAddress, $0.count) }
        bytes = []
    }
}
