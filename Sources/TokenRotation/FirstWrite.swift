// SPDX-License-Identifier: Apache-2.0

internal import Synchronization

/// Does something once, before a run changes its first file; who comes meanwhile waits until it is done.
final class FirstWrite: Sendable {
    private let body: Mutex<(@Sendable () -> Void)?>

    init(_ body: @escaping @Sendable () -> Void) {
        self.body = Mutex(body)
    }

    func pass() {
        body.withLock { body in
            body?()
            body = nil
        }
    }
}
