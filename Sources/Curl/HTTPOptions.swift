// SPDX-License-Identifier: Apache-2.0

internal import Glibc

package struct HTTPOptions: Sendable {
    package var userAgent: String
    /// The maximum of transfers in progress, at least 1.
    package var concurrency = 64
    /// The maximum of connections to one host. More than one is used only with HTTP/1.1.
    package var connections = 16
    package var connectTimeout: Duration = .seconds(5)
    /// For the whole transfer.
    package var requestTimeout: Duration = .seconds(15)
    /// In bytes. The limit of libcurl does not apply to a body without a length or to a compressed one.
    package var maximumBodySize = 64 * 1024
    /// Lower-case names of the headers that an ``HTTPResponse`` keeps.
    package var keptHeaders: Set<String> = []
    package var tls = TrustStore.libraryDefault
    /// A URL; nil for the proxy of the environment, an empty text for no proxy.
    package var proxy: String?
    /// Allows http too. The caller has checked that the host is loopback.
    package var allowsPlainHTTP = false
    package var measuresTime = false

    package init(userAgent: String) {
        self.userAgent = userAgent
    }
}

/// The store of trusted certificates.
package enum TrustStore: Sendable, Equatable {
    /// A PEM bundle. It is parsed in full at the first handshake.
    case file(String)
    /// A directory made by `openssl rehash`. Only the required certificates are read.
    case directory(String)
    case libraryDefault

    package init(file: String?, directory: String?) {
        self = file.map(TrustStore.file) ?? directory.map(TrustStore.directory) ?? .system()
    }

    /// The system store: its hashed directory if there is one. That takes 2 ms of CPU time, parsing the bundle 50 ms.
    package static func system(directories: [String] = ["/etc/ssl/certs", "/etc/pki/tls/certs"]) -> TrustStore {
        directories.first(where: isHashed).map(TrustStore.directory) ?? .libraryDefault
    }

    /// Whether `path` is a directory with a name like `5ed36f99.0`.
    package static func isHashed(_ path: String) -> Bool {
        guard let stream = unsafe opendir(path) else { return false }
        defer { unsafe _ = closedir(stream) }
        while let entry = unsafe readdir(stream) {
            let name = unsafe withUnsafeBytes(of: &entry.pointee.d_name) { unsafe Array($0.prefix(10)) }
            if name[8] == UInt8(ascii: "."), name[0..<8].allSatisfy("0123456789abcdef".utf8.contains),
                "0123456789".utf8.contains(name[9])
            {
                return true
            }
        }
        return false
    }
}
