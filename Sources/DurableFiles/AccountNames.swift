// SPDX-License-Identifier: Apache-2.0

internal import Glibc

/// A user or group that could not be resolved.
package struct AccountError: Error, Sendable, Equatable, CustomStringConvertible {
    package enum Kind: String, Sendable {
        case user, group
    }

    package let kind: Kind
    package let name: String
    /// 0 if no such account exists. Otherwise the error of the account database.
    package let errorNumber: Int32

    package var description: String {
        errorNumber == 0
            ? "no \(kind.rawValue) `\(name)` on this host"
            : "\(kind.rawValue) `\(name)` could not be looked up: \(systemErrorText(errorNumber))"
    }
}

/// Resolves users and groups of this host by name or number. Digits alone are a number, with or without an account.
/// A look-up may use the network (LDAP), so resolve once, before the work begins.
package enum AccountNames {
    package static func userIdentifier(of name: String) throws(AccountError) -> UInt32 {
        if let number = number(name) { return number }
        var entry = unsafe passwd()
        return unsafe try find(.user, name) { start, size, found in
            var result: UnsafeMutablePointer<passwd>?
            let number = unsafe getpwnam_r(name, &entry, start, size, &result)
            if let user = unsafe result { found = unsafe user.pointee.pw_uid }
            return number
        }
    }

    package static func groupIdentifier(of name: String) throws(AccountError) -> UInt32 {
        if let number = number(name) { return number }
        var entry = unsafe group()
        return unsafe try find(.group, name) { start, size, found in
            var result: UnsafeMutablePointer<group>?
            let number = unsafe getgrnam_r(name, &entry, start, size, &result)
            if let group = unsafe result { found = unsafe group.pointee.gr_gid }
            return number
        }
    }

    /// 4294967295 is −1, which `fchown` reads as "leave unchanged". No account has it.
    private static func number(_ text: String) -> UInt32? {
        guard !text.isEmpty, text.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }),
            let number = UInt32(text), number != .max
        else { return nil }
        return number
    }

    /// Retries with a larger buffer: the size of an entry has no upper bound (getpwnam(3)).
    private static func find(
        _ kind: AccountError.Kind, _ name: String,
        _ ask: (UnsafeMutablePointer<CChar>, Int, inout UInt32?) -> Int32
    ) throws(AccountError) -> UInt32 {
        guard !name.utf8.contains(0) else { throw AccountError(kind: kind, name: name, errorNumber: 0) }
        var size = 4096
        while true {
            var found: UInt32?
            let number = unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: size) { buffer in
                unsafe buffer.baseAddress.map { unsafe ask($0, buffer.count, &found) } ?? ENOMEM
            }
            switch number {
            case EINTR: continue
            case ERANGE where size < 16 << 20: size *= 4
            // The error numbers for "no such account" differ by library and database (getpwnam(3)).
            case 0, ENOENT, ESRCH, EBADF, EPERM:
                guard let found else { throw AccountError(kind: kind, name: name, errorNumber: 0) }
                return found
            default: throw AccountError(kind: kind, name: name, errorNumber: number)
            }
        }
    }
}
