// SPDX-License-Identifier: Apache-2.0

internal import COpenSSL
internal import Synchronization

/// Bytes in storage of their own that is overwritten before it is freed.
package final class WipedBytes: Sendable {
    private let storage: Mutex<[UInt8]>
    package let count: Int

    /// Copies `bytes`; the caller's copy stays the caller's to wipe.
    package init(_ bytes: borrowing [UInt8]) {
        count = bytes.count
        // From a buffer, since an array made of an array would share its storage.
        storage = Mutex(unsafe bytes.withUnsafeBufferPointer { unsafe Array($0) })
    }

    deinit {
        storage.withLock { Self.wipe(&$0) }
    }

    /// Lends the bytes for the length of `body`.
    package func withBytes<Result: Sendable>(_ body: (Span<UInt8>) -> Result) -> Result {
        storage.withLock { body($0.span) }
    }

    /// Overwrites an array in place, where nothing else shares its storage, and empties it.
    package static func wipe(_ bytes: inout [UInt8]) {
        unsafe bytes.withUnsafeMutableBytes { unsafe OPENSSL_cleanse($0.baseAddress, $0.count) }
        bytes = []
    }
}
