// SPDX-License-Identifier: Apache-2.0

internal import CLinux
internal import Synchronization

/// Random numbers of the kernel, fetched in batches. A run needs three for each brand, and one call for each would
/// cost more than their use.
package enum RandomNumbers {
    /// getrandom(2) returns up to 256 bytes in full, without interruption.
    private static let batch = 32
    private static let stock = Mutex<[UInt64]>([])

    /// Thread-safe. Never returns the same number to two callers.
    package static func next() -> UInt64 {
        stock.withLock { stock in
            if stock.isEmpty { stock = fetch() }
            // Empty if the kernel has no such call.
            return stock.popLast() ?? .random(in: .min ... .max)
        }
    }

    private static func fetch() -> [UInt64] {
        var numbers = [UInt64](repeating: 0, count: batch)
        let isFilled = unsafe numbers.withUnsafeMutableBytes { unsafe linux_random($0.baseAddress, $0.count) } == 0
        return isFilled ? numbers : []
    }
}
