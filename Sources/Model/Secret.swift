// SPDX-License-Identifier: Apache-2.0

internal import Digests

/// The key that one brand signs with. It prints as a mark, encodes to nothing,
/// and its bytes are wiped when the last reference goes.
package final class Secret: Sendable {
    private let bytes: WipedBytes

    /// Takes the bytes as they are: nothing is trimmed. The caller wipes its own copy.
    package init(_ bytes: borrowing [UInt8]) {
        self.bytes = WipedBytes(bytes)
    }

    package var isEmpty: Bool { bytes.count == 0 }

    /// The secret in the open, where something can only be used so: a URL. nil where it is not UTF-8.
    package var revealed: String? {
        bytes.withBytes { bytes in String(validating: bytes.indices.map { bytes[$0] }, as: UTF8.self) }
    }

    /// Lends the bytes to whoever must find them in something else.
    package func withBytes(_ body: (Span<UInt8>) -> Void) { bytes.withBytes(body) }

    /// HMAC-SHA256 of `message` under this secret: 32 bytes.
    package func authenticationCode(for message: [UInt8]) -> [UInt8] {
        bytes.withBytes { SHA256.authenticationCode(for: message, key: $0) }
    }
}

extension Secret: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    package var description: String { "‹secret›" }
    package var debugDescription: String { description }
    package var customMirror: Mirror { Mirror(self, children: []) }
}
