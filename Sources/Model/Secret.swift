// SPDX-License-Identifier: Apache-2.0

internal import Crypto

/// The key that one brand signs with. Its description is a redaction mark, it cannot be encoded, and its bytes are
/// wiped when it is freed.
package final class Secret: Sendable {
    private let bytes: WipedBytes

    /// Copies the bytes unchanged. The caller wipes its own copy.
    package init(_ bytes: borrowing [UInt8]) {
        self.bytes = WipedBytes(bytes)
    }

    package var isEmpty: Bool { bytes.count == 0 }

    /// The secret as text, for a use that needs text, such as a URL; nil if it is not UTF-8.
    package var revealed: String? {
        bytes.withBytes { bytes in String(validating: bytes.indices.map { bytes[$0] }, as: UTF8.self) }
    }

    /// Lends the bytes, for example to redact them in a text.
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
