// SPDX-License-Identifier: Apache-2.0

import ArgumentParser

/// An address of the loopback interface. Other addresses are invalid.
struct ListenAddress: Sendable, Equatable, ExpressibleByArgument {
    /// An IPv4 address in 127.0.0.0/8.
    let host: String
    /// 0 means any free port.
    let port: UInt16

    /// `HOST:PORT`. `localhost` means 127.0.0.1.
    init?(argument: String) {
        guard let colon = argument.lastIndex(of: ":"), let port = UInt16(argument[argument.index(after: colon)...])
        else { return nil }
        let host = argument[..<colon] == "localhost" ? "127.0.0.1" : String(argument[..<colon])
        let parts = host.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 4, parts[0] == "127", parts.allSatisfy({ UInt8($0).map(String.init) == String($0) })
        else { return nil }
        self.host = host
        self.port = port
    }

    var defaultValueDescription: String { "\(host):\(port)" }

    static let anyPort = ListenAddress(host: "127.0.0.1", port: 0)

    private init(host: String, port: UInt16) {
        self.host = host
        self.port = port
    }
}
