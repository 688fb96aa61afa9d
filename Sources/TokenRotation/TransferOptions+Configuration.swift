// SPDX-License-Identifier: Apache-2.0

internal import Curl

extension TransferOptions {
    /// What a configuration says about how its endpoint is reached.
    init(_ configuration: Configuration) {
        self.init(userAgent: "doku-token-rotator/\(ProgramVersion.text)")
        concurrency = configuration.concurrency
        connections = configuration.connections
        connectTimeout = configuration.connectTimeout
        requestTimeout = configuration.requestTimeout
        keptHeaders = TokenResponse.readHeaders
        proxy = configuration.proxy
        allowsPlainHTTP = configuration.endpoint.scheme == "http"
        if let file = configuration.tls.caFile {
            tls = .file(file)
        } else if let directory = configuration.tls.caDirectory {
            tls = .directory(directory)
        } else {
            tls = .system()
        }
    }
}
