// SPDX-License-Identifier: Apache-2.0

internal import Model

extension URLText {
    /// The schemes of CURLOPT_PROXY that are offered here.
    static let proxySchemes = ["http", "https", "socks5", "socks5h"]

    /// Why a text is no proxy's URL, else nil. User information may stand in it and is never shown.
    static func proxyFault(_ text: String) -> Endpoint.Fault? {
        guard let scheme = proxySchemes.first(where: { text.hasPrefix($0 + "://") }) else {
            return Endpoint.Fault("`proxy` must begin with http://, https://, socks5:// or socks5h://")
        }
        guard text.utf8.count <= 2048, text.utf8.allSatisfy(isURLByte) else {
            return Endpoint.Fault("`proxy` is too long or holds a character that a URL cannot", "percent-encode it")
        }
        var rest = text.dropFirst(scheme.count + "://".count)
        if rest.hasSuffix("/") { rest = rest.dropLast() }
        if let at = rest.lastIndex(of: "@") {
            let userInformation = rest[..<at]
            if userInformation.contains(where: { "/?#@".contains($0) }) {
                return Endpoint.Fault(
                    "`proxy` has user information that is not percent-encoded", "write @ / ? # in it as %40 %2F %3F %23"
                )
            }
            rest = rest[rest.index(after: at)...]
        }
        if rest.contains(where: { "/?#".contains($0) }) {
            return Endpoint.Fault("`proxy` must end after the host and port")
        }
        return Authority(rest) == nil ? Endpoint.Fault("`proxy` has no valid host and port") : nil
    }
}
