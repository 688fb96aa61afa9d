// SPDX-License-Identifier: Apache-2.0

internal import Glibc

/// Storage for output. It is allocated once, so that freed memory holds no copy of a secret.
struct OutputBuffer {
    /// If the output exceeds the capacity, whether its end is kept. Otherwise the output is refused.
    let keepsEnd: Bool
    private let capacity: Int
    private var storage: [UInt8]
    private var filled = 0

    init(capacity: Int, keepsEnd: Bool) {
        self.capacity = capacity
        self.keepsEnd = keepsEnd
        // One byte more detects excess output. The double size makes moving the end rare.
        storage = [UInt8](repeating: 0, count: keepsEnd ? 2 * capacity + 1 : capacity + 1)
    }

    /// Whether the output exceeds the capacity and must not.
    var isOverfull: Bool { !keepsEnd && filled == storage.count }

    /// Reads once. Returns nil after an error, with `errno` set; 0 at the end.
    mutating func fill(from descriptor: Int32) -> Int? {
        if filled == storage.count { dropBeginning() }
        let offset = filled
        let count = unsafe storage.withUnsafeMutableBytes { bytes in
            guard let start = bytes.baseAddress else { return 0 }
            return unsafe read(descriptor, start + offset, bytes.count - offset)
        }
        guard count >= 0 else { return nil }
        filled += count
        return count
    }

    /// The output, without a copy.
    consuming func takeBytes() -> [UInt8] {
        dropBeginning()
        storage.removeLast(storage.count - filled)
        return storage
    }

    /// Keeps the last `capacity` bytes.
    private mutating func dropBeginning() {
        guard filled > capacity else { return }
        let excess = filled - capacity
        for index in 0..<capacity { storage[index] = storage[index + excess] }
        filled = capacity
    }

    mutating func wipe() {
        unsafe storage.withUnsafeMutableBytes { bytes in
            if let start = bytes.baseAddress { unsafe explicit_bzero(start, bytes.count) }
        }
        filled = 0
    }
}
