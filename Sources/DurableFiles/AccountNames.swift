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
            ? "no \(kind.rawValue) `\(name)` on this host; correct the name, or create it: \(kind.rawValue)add --system "
                + name
            : "\(kind.rawValue) `\(name)` could not be looked up: \(systemErrorText(errorNumber))"
    }
}

/// Resolves users and groups of this host by name or number. Digits alone are a number, with or without an account.
/// A look-up may use the network (LDAP), so resolve once, before the work begins.
package enum AccountNames {
    package static func userIdentifier(of name: String) throws(AccountError) -> UInt32 {
        var entry = unsafe passwd()
        return unsafe try identifier(of: name, .user) { start, size in
            var found: UnsafeMutablePointer<passwd>?
            let number = unsafe getpwnam_r(name, &entry, start, size, &found)
            return (number, unsafe found?.pointee.pw_uid)
        }
    }

    package static func groupIdentifier(of name: String) throws(AccountError) -> UInt32 {
        var entry = unsafe group()
        return unsafe try identifier(of: name, .group) { start, size in
            var found: UnsafeMutablePointer<group>?
            let number = unsafe getgrnam_r(name, &entry, start, size, &found)
            return (number, unsafe found?.pointee.gr_gid)
        }
    }

    /// A user's number, with the name if there is one: `65534 (nobody)`.
    static func text(of user: UInt32) -> String {
        var entry = unsafe passwd()
        var found: UnsafeMutablePointer<passwd>?
        return unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: 16 << 10) { buffer in
            guard let start = buffer.baseAddress, unsafe getpwuid_r(user, &entry, start, buffer.count, &found) == 0,
                let name = unsafe found?.pointee.pw_name
            else { return "\(user)" }
            return unsafe "\(user) (\(String(cString: name)))"
        }
    }

    /// Retries with a larger buffer: the size of an entry has no upper bound (getpwnam(3)).
    private static func identifier(
        of name: String, _ kind: AccountError.Kind,
        _ ask: (UnsafeMutablePointer<CChar>, Int) -> (errorNumber: Int32, found: UInt32?)
    ) throws(AccountError) -> UInt32 {
        // 4294967295 is −1, which `fchown` reads as "leave unchanged". No account has it.
        if name.utf8.allSatisfy({ 0x30...0x39 ~= $0 }), let number = UInt32(name), number != .max { return number }
        guard !name.hasZeroByte else { throw AccountError(kind: kind, name: name, errorNumber: 0) }
        var size = 4096
        while true {
            let (errorNumber, found) = unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: size) { buffer in
                unsafe buffer.baseAddress.map { unsafe ask($0, buffer.count) } ?? (ENOMEM, nil)
            }
            switch errorNumber {
            case EINTR: continue
            case ERANGE where size < 16 << 20: size *= 4
            // The error numbers for "no such account" differ by library and database (getpwnam(3)).
            // EAFNOSUPPORT: a sandbox without AF_UNIX, in which nss-systemd cannot ask, after all others said no.
            case 0, ENOENT, ESRCH, EBADF, EPERM, EAFNOSUPPORT:
                guard let found else { throw AccountError(kind: kind, name: name, errorNumber: 0) }
                return found
            default: throw AccountError(kind: kind, name: name, errorNumber: errorNumber)
            }
        }
    }
}
