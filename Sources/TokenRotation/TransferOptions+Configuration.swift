// SPDX-License-Identifier: Apache-2.0

package import Curl
package import Model

extension TransferOptions {
    /// What a configuration says about how its endpoint is reached.
    init(_ configuration: Configuration) {
        self.init(userAgent: ProgramVersion.userAgent)
        concurrency = configuration.concurrency
        connections = configuration.connections
        connectTimeout = configuration.connectTimeout
        requestTimeout = configuration.requestTimeout
        keptHeaders = TokenResponse.readHeaders
        proxy = configuration.proxy
        allowsPlainHTTP = configuration.endpoint.scheme == "http"
        tls = TrustStore(configuration.tls)
    }
}

extension TrustStore {
    /// Whom a configuration says to trust.
    package init(_ trust: TLSTrust) {
        if let file = trust.caFile {
            self = .file(file)
        } else if let directory = trust.caDirectory {
            self = .directory(directory)
        } else {
            self = .system()
        }
    }
}
