// SPDX-License-Identifier: Apache-2.0

internal import CLinux
internal import Synchronization

/// The kernel's random numbers, fetched many at a time: a run takes three for each brand, and a call for each of them
/// would cost more than what it is for. Safe to use from several threads; none is given out twice.
package struct RandomNumbers: RandomNumberGenerator, Sendable {
    /// As many as getrandom(2) gives whole whatever happens: 256 bytes.
    private static let batch = 32
    private static let stock = Mutex<[UInt64]>([])

    package init() {}

    package mutating func next() -> UInt64 {
        let number = Self.stock.withLock { stock -> UInt64? in
            if stock.isEmpty { stock = Self.fetch() }
            return stock.popLast()
        }
        guard let number else {
            var others = SystemRandomNumberGenerator()
            return others.next()
        }
        return number
    }

    /// None where the kernel has no such call.
    private static func fetch() -> [UInt64] {
        var numbers = [UInt64](repeating: 0, count: batch)
        let isFilled = unsafe numbers.withUnsafeMutableBytes { unsafe linux_random($0.baseAddress, $0.count) } == 0
        return isFilled ? numbers : []
    }
}
