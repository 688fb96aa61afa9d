// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport

/// Sees whether a file is opened, by whomever: what a process has open, root alone may see.
final class OpenWatch {
    private let descriptor: Int32

    init(_ url: URL) throws {
        descriptor = inotify_init1(Int32(IN_NONBLOCK) | Int32(IN_CLOEXEC))
        guard descriptor >= 0, unsafe inotify_add_watch(descriptor, url.path, UInt32(IN_OPEN)) >= 0 else {
            close(descriptor)
            throw TestFailure("\(url.path) cannot be watched")
        }
    }

    deinit { close(descriptor) }

    /// Whether it was opened since the watch began, or since this was last asked.
    var hasSeen: Bool {
        var event = [UInt8](repeating: 0, count: 4096)
        return unsafe read(descriptor, &event, event.count) > 0
    }
}
