// SPDX-License-Identifier: Apache-2.0

package import Model
internal import Synchronization

/// The secrets that a run has read, kept for the redaction of output.
package final class RedactionSet: Sendable {
    private let secrets = Mutex<[Secret]>([])

    package init() {}

    package func note(_ secret: Secret) { secrets.withLock { $0.append(secret) } }

    package var all: [Secret] { secrets.withLock { $0 } }
}
