// SPDX-License-Identifier: Apache-2.0

package import Curl
package import Model

extension HTTPOptions {
    /// The transfer settings of a configuration's endpoint.
    package init(_ configuration: Configuration) {
        self.init(userAgent: ProgramVersion.userAgent)
        concurrency = configuration.concurrency
        connections = configuration.connections
        connectTimeout = configuration.connectTimeout
        requestTimeout = configuration.requestTimeout
        keptHeaders = TokenClients.readHeaders
        proxy = configuration.proxy
        allowsPlainHTTP = configuration.endpoint.scheme == "http"
        tls = TrustStore(file: configuration.tls.caFile, directory: configuration.tls.caDirectory)
    }
}
