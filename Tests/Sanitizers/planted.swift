// SPDX-License-Identifier: Apache-2.0

import Dispatch
import Synchronization

/// What a sanitizer must see, and a mutex that is fought for, of which it must not complain: by the first argument.
@main
enum Planted {
    static func main() {
        let number = UnsafeMutablePointer<Int>.allocate(capacity: 1)
        number.initialize(to: 0)
        nonisolated(unsafe) let shared = number
        switch CommandLine.arguments.dropFirst().first {
        case "race":
            DispatchQueue.concurrentPerform(iterations: 8) { _ in
                for _ in 0..<10_000 { shared.pointee &+= 1 }
            }
        case "mutex":
            let mutex = Mutex(())
            DispatchQueue.concurrentPerform(iterations: 8) { _ in
                for _ in 0..<10_000 { mutex.withLock { _ in shared.pointee &+= 1 } }
            }
        default: number.deallocate()
        }
        print(number.pointee)
    }
}
