// SPDX-License-Identifier: Apache-2.0

package import Model
internal import Synchronization

/// The secrets that a run has read, for as long as something may print them.
package final class RedactionSet: Sendable {
    private let secrets = Mutex<[Secret]>([])

    package init() {}

    package func note(_ secret: Secret) { secrets.withLock { $0.append(secret) } }

    package var all: [Secret] { secrets.withLock { $0 } }
}
