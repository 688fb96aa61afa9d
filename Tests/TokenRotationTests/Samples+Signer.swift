// SPDX-License-Identifier: Apache-2.0

import Model
import TestSupport
import TokenRotation

extension Sample {
    static func signer(secret: String = "not-a-secret", validTime: Duration? = .seconds(21_600)) -> RequestSigner {
        RequestSigner(
            endpoint: endpoint, clientID: clientID, secret: Secret(Array(secret.utf8)), validTime: validTime)
    }
}
