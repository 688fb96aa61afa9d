// SPDX-License-Identifier: Apache-2.0

internal import Synchronization

/// Does something once, before a run changes its first file; callers that come meanwhile wait until it is done.
package final class WriteBarrier: Sendable {
    private let body: Mutex<(@Sendable () -> Void)?>

    package init(_ body: @escaping @Sendable () -> Void) {
        self.body = Mutex(body)
    }

    package func pass() {
        body.withLock { body in
            body?()
            body = nil
        }
    }
}
