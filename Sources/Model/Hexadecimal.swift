// SPDX-License-Identifier: Apache-2.0

/// Lowercase hexadecimal text.
package enum Hexadecimal {
    private static let digits = Array("0123456789abcdef".utf8)

    /// Two ASCII digits for each byte.
    package static func encode(_ bytes: some Collection<UInt8>) -> [UInt8] {
        bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }
    }
}
