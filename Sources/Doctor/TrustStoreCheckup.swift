// SPDX-License-Identifier: Apache-2.0

internal import Curl
internal import DurableFiles
internal import Model

/// Checks whether trusted CA certificates are available.
struct TrustStoreCheckup {
    private let configuration: Configuration

    init(_ configuration: Configuration) {
        self.configuration = configuration
    }

    /// In bytes. The bundles of distributions have a few hundred thousand.
    private static let largestBundle = 16 << 20

    func finding() -> HostFinding {
        func finding(_ subject: String, _ result: HostFinding.Result, _ message: String) -> HostFinding {
            HostFinding(.trustStore, subject, result, message)
        }
        if let file = configuration.tls.caFile {
            do throws(FileError) {
                let bytes = try InputFile(path: file).read(maximumSize: Self.largestBundle)
                guard Self.holdsCertificate(bytes) else {
                    return finding(file, .fail, "holds no certificate in PEM format; check tls.ca_file")
                }
                return finding(file, .ok, "can be read")
            } catch {
                return finding(file, .fail, "\(error); check tls.ca_file")
            }
        }
        if let directory = configuration.tls.caDirectory {
            return TrustStore.isHashed(directory)
                ? finding(directory, .ok, "can be read")
                : finding(
                    directory, .fail,
                    "cannot be read, or holds no certificate with a hash name; run openssl rehash")
        }
        if configuration.endpoint.scheme == "http" {
            return finding("the system's", .ok, "not used: http:// goes to loopback only")
        }
        switch TrustStore.system() {
        case .directory(let path): return finding(path, .ok, "the system's, can be read")
        case .file, .libraryDefault:
            return finding(
                "the system's", .ok,
                "libcurl's default; a hashed certificate directory would be faster")
        }
    }

    private static func holdsCertificate(_ bytes: [UInt8]) -> Bool {
        String(decoding: bytes, as: UTF8.self).contains("-----BEGIN ")
    }
}
