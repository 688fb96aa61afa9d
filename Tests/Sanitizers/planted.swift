// SPDX-License-Identifier: Apache-2.0

import Glibc
import Synchronization

/// What a sanitizer must see, and a mutex that is fought for, of which it must not complain: by the first argument.
@main
enum Planted {
    /// What two threads have in common.
    final class Shared: Sendable {
        nonisolated(unsafe) let number = UnsafeMutablePointer<Int>.allocate(capacity: 1)
        let mutex = Mutex(())
    }

    static let shared = Shared()

    static func main() {
        shared.number.initialize(to: 0)
        switch CommandLine.arguments.dropFirst().first {
        case "race":
            onTwoThreads { _ in
                for _ in 0..<10_000 { Planted.shared.number.pointee &+= 1 }
                return nil
            }
        case "mutex":
            onTwoThreads { _ in
                for _ in 0..<10_000 { Planted.shared.mutex.withLock { _ in Planted.shared.number.pointee &+= 1 } }
                return nil
            }
        default: shared.number.deallocate()
        }
        print(shared.number.pointee)
    }

    /// Threads of their own: on a busy machine a queue might do all of it on one.
    static func onTwoThreads(
        _ work: @convention(c) @escaping (UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer?
    ) {
        var threads = [pthread_t(), pthread_t()]
        for index in threads.indices { pthread_create(&threads[index], nil, work, nil) }
        for thread in threads { pthread_join(thread, nil) }
    }
}
