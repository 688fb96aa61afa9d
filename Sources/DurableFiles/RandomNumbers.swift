// SPDX-License-Identifier: Apache-2.0

internal import CLinux
internal import Synchronization

/// The kernel's random numbers, fetched many at a time: a run takes three for each brand, and a call for each of them
/// would cost more than what it is for.
package enum RandomNumbers {
    /// As many as getrandom(2) gives whole whatever happens: 256 bytes.
    private static let batch = 32
    private static let stock = Mutex<[UInt64]>([])

    /// Safe to call from several threads; no number is given out twice.
    package static func next() -> UInt64 {
        let number = stock.withLock { stock -> UInt64? in
            if stock.isEmpty { stock = fetch() }
            return stock.popLast()
        }
        return number ?? .random(in: .min ... .max)
    }

    /// None where the kernel has no such call.
    private static func fetch() -> [UInt64] {
        var numbers = [UInt64](repeating: 0, count: batch)
        let isFilled = unsafe numbers.withUnsafeMutableBytes { unsafe linux_random($0.baseAddress, $0.count) } == 0
        return isFilled ? numbers : []
    }
}
