// SPDX-License-Identifier: Apache-2.0

internal import Curl
internal import Model

extension AttemptTiming {
    init(_ timing: TransferTiming) {
        self.init(
            resolved: timing.resolved, connected: timing.connected, secured: timing.secured,
            firstByte: timing.firstByte, total: timing.total, httpVersion: timing.httpVersion)
    }
}
