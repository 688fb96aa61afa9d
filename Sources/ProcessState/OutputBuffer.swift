// SPDX-License-Identifier: Apache-2.0

internal import Glibc

/// Storage for output that is allocated once, so that no copy of a secret stays behind in freed memory.
struct OutputBuffer {
    /// What is done with more output than there is room for.
    enum Overflow {
        case refused
        case dropsBeginning
    }

    let overflow: Overflow
    private let capacity: Int
    private var storage: [UInt8]
    private var filled = 0

    init(capacity: Int, overflow: Overflow) {
        self.capacity = capacity
        self.overflow = overflow
        // One byte more tells "as much as allowed" from "more"; as much again makes moving the end rare.
        storage = [UInt8](repeating: 0, count: overflow == .refused ? capacity + 1 : 2 * capacity + 1)
    }

    /// Whether there is more than can be held.
    var isOverfull: Bool { overflow == .refused && filled == storage.count }

    /// Reads once. nil, with `errno`, where that failed; 0 at the end.
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

    /// The output, in the storage that it was read into.
    consuming func takeBytes() -> [UInt8] {
        dropBeginning()
        storage.removeLast(storage.count - filled)
        return storage
    }

    /// Keeps the last bytes, as many as there may be.
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
