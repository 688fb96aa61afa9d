// SPDX-License-Identifier: Apache-2.0

internal import Glibc

/// What holds for all transfers of one ``Transfers``.
package struct TransferOptions: Sendable {
    package var userAgent: String
    /// Transfers under way at one time, at least 1.
    package var concurrency = 64
    /// Connections to one host; several are used only where it speaks HTTP/1.1.
    package var connections = 16
    package var connectTimeout: Duration = .seconds(5)
    /// From the start of one transfer to its end.
    package var requestTimeout: Duration = .seconds(15)
    /// In bytes. libcurl's own limit stops neither an endless body nor a compressed one.
    package var maximumBodySize = 64 * 1024
    /// In bytes, all lines of all interim answers together.
    package var maximumHeaderSize = 128 * 1024
    /// Lower-case names of the headers that an ``HTTPReply`` keeps.
    package var keptHeaders: Set<String> = []
    package var tls = TrustStore.libraryDefault
    /// A URL; nil leaves it to the environment, an empty text is none.
    package var proxy: String?
    /// http beside https. The caller has seen to it that the host is loopback.
    package var allowsPlainHTTP = false
    /// Whether answers and errors tell how long their parts took.
    package var measuresTime = false
    /// HEAD, whatever a request names: what it says, but for its body, and nothing but headers in return.
    package var asksForHeadersOnly = false

    package init(userAgent: String) {
        self.userAgent = userAgent
    }
}

/// Where the certificates of trusted authorities are read from.
package enum TrustStore: Sendable, Equatable {
    /// A PEM bundle, parsed whole at the first handshake.
    case file(String)
    /// A directory made by `openssl rehash`: only the certificates needed are read.
    case directory(String)
    /// What libcurl was built with.
    case libraryDefault

    /// The bundle or, without one, the directory; the system's store if both are nil.
    package init(file: String?, directory: String?) {
        if let file {
            self = .file(file)
        } else if let directory {
            self = .directory(directory)
        } else {
            self = .system()
        }
    }

    /// The system's store: its hashed directory where there is one, since parsing the bundle costs 50 ms of
    /// processor time and the directory 2 ms.
    package static func system(directories: [String] = ["/etc/ssl/certs", "/etc/pki/tls/certs"]) -> TrustStore {
        directories.first(where: isHashed).map(TrustStore.directory) ?? .libraryDefault
    }

    /// Whether `path` is a directory that holds a name like `5ed36f99.0`.
    package static func isHashed(_ path: String) -> Bool {
        guard let stream = unsafe opendir(path) else { return false }
        defer { unsafe _ = closedir(stream) }
        while let entry = unsafe readdir(stream) {
            let name = unsafe withUnsafeBytes(of: &entry.pointee.d_name) { unsafe Array($0.prefix(11)) }
            if name.count >= 10, name[8] == UInt8(ascii: "."), name[0..<8].allSatisfy(isHexadecimalDigit),
                (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(name[9])
            {
                return true
            }
        }
        return false
    }

    private static func isHexadecimalDigit(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte)
    }
}
