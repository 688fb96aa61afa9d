// SPDX-License-Identifier: Apache-2.0

internal import Glibc

/// What the system's name service says of a name. libcurl's one error for a name that is not resolved does not tell a
/// name that does not exist from name servers that are silent.
package enum NameLookup: Sendable {
    case found
    /// Those who would know it say that there is no such name, or no address for it.
    case unknown
    /// Nobody who could know it has answered.
    case unanswered

    /// Asks as libcurl does (getaddrinfo(3)), and waits as long as the name service takes: half a minute where its
    /// servers are dead.
    package static func of(_ host: String) -> NameLookup {
        var hints = unsafe addrinfo()
        unsafe hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var found: UnsafeMutablePointer<addrinfo>?
        let status = unsafe getaddrinfo(host, nil, &hints, &found)
        unsafe freeaddrinfo(found)
        // EAI_NODATA, which glibc's header shows to GNU programs only: the name is there, and has no address.
        let noData: Int32 = -5
        return switch status {
        case 0: .found
        case EAI_NONAME, noData: .unknown
        default: .unanswered
        }
    }
}
