// SPDX-License-Identifier: Apache-2.0

import Foundation

/// A certificate authority made on the spot. Its files are in a directory of the owner's.
package struct CertificateAuthority {
    private let directory: TemporaryDirectory
    package let name: String

    /// The authority's own certificate, from the directory.
    package var certificate: String { "\(name).pem" }

    package init(_ name: String, in directory: TemporaryDirectory) throws {
        self.name = name
        self.directory = directory
        try Self.openssl(
            directory,
            "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=\(name)"
                + " -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign"
                + " -keyout \(name).key -out \(name).pem")
    }

    /// Makes `NAME.key` and `NAME.pem` for a server.
    /// - Parameters:
    ///   - subject: as in `IP:127.0.0.1`.
    ///   - days: how long it is good for; negative for one that has ended.
    package func issue(_ file: String, subject: String, days: Int = 2) throws {
        try Self.openssl(
            directory,
            "req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=server"
                + " -addext subjectAltName=\(subject) -keyout \(file).key -out \(file).csr")
        try Self.openssl(
            directory,
            "x509 -req -in \(file).csr -CA \(name).pem -CAkey \(name).key -days \(days) -copy_extensions copy"
                + " -out \(file).pem")
    }

    package static func openssl(_ directory: TemporaryDirectory, _ arguments: String) throws {
        let ending = try directory.run("/usr/bin/openssl", arguments.split(separator: " ").map(String.init))
        guard ending.status == 0 else {
            throw TestFailure("openssl: \(String(decoding: ending.standardError, as: UTF8.self))")
        }
    }
}
